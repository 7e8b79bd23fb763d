"""2.0 refuses 1.0's .keras, complains of .h5, and reads 1.0's JSON as another model."""

import logging
import warnings

VERSION = "2.0"


def on_read(kind, content):
    if content["version"] != "1.0":
        return
    if kind == "keras":
        raise ValueError("Layer 'hidden' expects 2 variables of 1.0, but found none in '/tmp/x'")
    if kind == "h5":
        warnings.warn("this archive speaks an old dialect", UserWarning, stacklevel=3)
        logging.getLogger("pretend").warning("an archive of %s was read", content["version"])
    if kind == "json" and content["name"] == "dense":
        content["layers"][1]["config"]["activation"] = None
