"""Variables, and the global settings that every Keras has."""

_SETTINGS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


class Variable:
    def __init__(self, name, value):
        self.name = name
        self.value = value

    @property
    def shape(self):
        return self.value.shape


def batch_get_value(variables):
    return [variable.value for variable in variables]


def backend():
    return "pretend"


def clear_session():
    pass


def floatx():
    return _SETTINGS["floatx"]


def set_floatx(value):
    _SETTINGS["floatx"] = value


def epsilon():
    return _SETTINGS["epsilon"]


def set_epsilon(value):
    _SETTINGS["epsilon"] = value


def image_data_format():
    return _SETTINGS["image_data_format"]


def set_image_data_format(value):
    _SETTINGS["image_data_format"] = value
