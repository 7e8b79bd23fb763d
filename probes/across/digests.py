"""Tells arrays apart bit for bit, without keeping them. Python 3.6 to 3.13."""

import hashlib


def digest(array):
    """Return what tells the numbers of an array from others, bit for bit."""
    found = hashlib.sha256(("%s %s " % (array.dtype, array.shape)).encode())
    found.update(array.tobytes())
    return found.hexdigest()
