"""2.0 refuses 1.0's .keras, complains of .h5, and reads 1.0's JSON as another model."""

import logging
import warnings

VERSION = "2.0"
KNOWN = "SavedModel saved prior to TF 2.5 detected when loading Keras model."


def on_read(kind, content):
    if content["version"] != "1.0":
        return
    if kind == "keras":
        raise ValueError("Layer 'hidden' expects 2 variables of 1.0, but found none in '/tmp/x'")
    if kind == "h5":
        warnings.warn("this archive speaks an old dialect", UserWarning, stacklevel=3)
        logging.getLogger("pretend").warning(KNOWN)
    if kind == "json" and content["name"] == "dense":
        content["layers"][1]["config"]["activation"] = None
