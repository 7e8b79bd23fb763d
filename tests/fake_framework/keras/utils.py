"""Custom objects by name."""

_GLOBAL_CUSTOM_OBJECTS = {}


def get_custom_objects():
    return _GLOBAL_CUSTOM_OBJECTS
