"""3.0 is killed by a signal when it reads another version's .keras of the trained model."""

import os
import signal

VERSION = "3.0"


def on_read(kind, content):
    if kind == "keras" and content["version"] != VERSION and content["name"] == "dense":
        os.kill(os.getpid(), signal.SIGSEGV)
