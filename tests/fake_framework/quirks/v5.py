"""5.0 hangs on 1.0's JSON of the trained model, and forgets 1.0's learning rate without a word."""

import time

VERSION = "5.0"


def on_read(kind, content):
    if content["version"] != "1.0" or content["name"] != "dense":
        return
    if kind == "json":
        time.sleep(3600)
    if kind == "h5":
        content["training"]["learning_rate"] = 0.001
