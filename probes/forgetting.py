"""Put a process that has run one job back to where it was before; Python 3.6 to 3.13.

Frameworks say some things once per process and remember names, classes and settings. Nothing here
imports a module or runs an operation: only what is loaded already is touched.
"""

import _collections_abc
import collections
import logging
import sys
import warnings

# Last part of a module's name, since packages move (tensorflow_core.python.x, tensorflow.python.x,
# keras.src.x) -> attributes behind "say this once". A dict is emptied, the rest set as given.
ONCE = {
    "deprecation": {"_PRINTED_WARNING": {}},
    "tf_logging": {"_log_counter_per_token": {}},
    "logging": {
        "_log_counter_per_token": {},
        "_log_timer_per_token": {},
        "_warn_preinit_stderr": True,
    },
    "call_trees": {"set_trace_warned": False},
    "device_compatibility_check": {"_logged_compatibility_check": False},
}
# Objects that count how often a function is traced and warn at the fifth time; their counters.
TRACING = {
    "_frequent_tracing_detector": "_counters",  # in TensorFlow 2.4
    "_frequent_tracing_detector_manager": "_detectors",  # later
}
TRACERS = ("def_function", "polymorphic_function")  # the modules that hold one
# Modules of TensorFlow 1.14 and 1.15 say once of each name that it is deprecated, and note it here.
WRAPPED = (
    "_tfmw_warning_count",
    "_tfmw_deprecated_checked",
    "_tfmw_attr_map",
    "_dw_warning_count",
    "_dw_deprecated_printed",
)


_known = {}  # module's path -> (module, its names, what of it is remembered)


def _modules():
    """Return (names, leaf of the path) of every module that is loaded, each looked at once.

    Not by getattr: a lazily loaded module would load.
    """
    for path, module in list(sys.modules.items()):
        if path in _known and _known[path][0] is module:
            continue
        try:
            names = object.__getattribute__(module, "__dict__")
        except AttributeError:
            names = {}
        _known[path] = (module, names, path.rpartition(".")[2])
    return list(_known.values())


def forget_what_was_said():
    """Make everything that is said once per process be said again."""
    getattr(warnings, "onceregistry", {}).clear()
    if hasattr(collections, "__getattr__"):  # 3.7 to 3.9 warn once of each class that moved
        for name in _collections_abc.__all__:
            vars(collections).pop(name, None)
    for _, names, leaf in _modules():
        if names.get("__warningregistry__"):
            names["__warningregistry__"].clear()
        if leaf in ONCE:
            _restart(names, ONCE[leaf])
        if leaf in TRACERS:
            for name, counters in TRACING.items():
                getattr(names.get(name), counters, {}).clear()


def _restart(names, fresh):
    for name, value in fresh.items():
        if name not in names:
            continue
        if isinstance(names[name], dict):
            names[name].clear()
        else:
            names[name] = value


def let_go(keras):
    """Drop the graph of TensorFlow 1, which keeps a model alive when nothing else does.

    Checkpoints complain of what they could not restore only when their objects die.
    """
    executing_eagerly = getattr(sys.modules.get("tensorflow"), "executing_eagerly", None)
    if executing_eagerly is not None and not executing_eagerly():
        _clear_session(keras)


def use_up_what_is_said_once():
    """Have C++ say, before any job, what it says once per process and cannot be made to say again.

    Runs no operation; to be heard, and set aside, with what the runtime says when it starts.
    """
    nest = getattr(sys.modules.get("tensorflow"), "nest", None)
    if nest is not None:
        nest.flatten({1})  # until 2.4: "Sets are not currently considered sequences"


def remember_keras(keras):
    """Return what a job may leave changed in Keras, for ``reset_keras``; runs no operation."""
    objects, names = _registries(keras)
    return {
        "objects": dict(objects),
        "names": None if names is None else dict(names),
        "settings": [(read, write, read()) for read, write in _settings(keras)],
        "wrapped": list(_wrapped()),
        "filters": list(warnings.filters),
        "loggers": [(logger, logger.level, logger.disabled) for logger in _loggers()],
        "disabled": logging.root.manager.disable,
    }


def reset_keras(keras, remembered):
    """Put back registered classes, global settings, name counters and the graph of TensorFlow 1."""
    objects, names = _registries(keras)
    _refill(objects, remembered["objects"])
    if names is not None:
        _refill(names, remembered["names"])
    _forget_safe_mode()
    _clear_session(keras)
    for read, write, value in remembered["settings"]:
        if _name(read()) != _name(value):
            write(value)
    for names, name, value in remembered["wrapped"]:
        if isinstance(value, int):
            names[name] = value
        else:
            _refill(names[name], value)  # in place: such a module holds it in two places
    _let_speak(remembered)


def _wrapped():
    """Yield (module's names, name, copy of its value) of what modules remember to have said."""
    for _, names, _leaf in _modules():
        for name in WRAPPED:
            if name in names:
                value = names[name]
                yield names, name, value if isinstance(value, int) else value.copy()


def _let_speak(remembered):
    """Undo what a job did to be left in peace: else the next one's warnings would go unheard."""
    for item in list(warnings.filters):  # only these: whoever listens has filters of its own
        if item[0] == "ignore" and item not in remembered["filters"]:
            warnings.filters.remove(item)
    logging.disable(remembered["disabled"])
    for logger, level, disabled in remembered["loggers"]:
        if logger.level != level:
            logger.setLevel(level)
        logger.disabled = disabled


def _loggers():
    found = logging.root.manager.loggerDict.values()
    return [logging.root, *(one for one in found if isinstance(one, logging.Logger))]


def _clear_session(keras):
    if not hasattr(keras.backend, "clear_session"):  # on Theano there is no session
        keras.backend.reset_uids()
        return
    try:
        keras.backend.clear_session(free_memory=False)  # Keras 3 would collect garbage: 0.1 s
    except TypeError:
        keras.backend.clear_session()


def _registries(keras):
    """Return what was registered: classes by name and, except in old versions, names by class."""
    find = keras.utils.get_custom_objects
    module = sys.modules[find.__module__]
    for name in ("GLOBAL_CUSTOM_NAMES", "_GLOBAL_CUSTOM_NAMES"):
        if hasattr(module, name):
            return find(), getattr(module, name)
    return find(), None


def _refill(target, content):
    target.clear()
    target.update(content)


def _settings(keras):
    """Return (read, write) functions for each global setting that this version has."""
    backend = keras.backend
    found = [
        (backend.floatx, backend.set_floatx),
        (backend.epsilon, backend.set_epsilon),
        (backend.image_data_format, backend.set_image_data_format),
    ]
    mixed = getattr(keras, "mixed_precision", None)
    for place, read, write in (
        (getattr(keras, "config", None), "dtype_policy", "set_dtype_policy"),  # Keras 3
        (mixed, "global_policy", "set_global_policy"),  # from TensorFlow 2.4
        (getattr(mixed, "experimental", None), "global_policy", "set_policy"),
    ):
        if hasattr(place, read) and hasattr(place, write):
            return [*found, (getattr(place, read), getattr(place, write))]
    return found


def _name(value):
    return getattr(value, "name", value)


def _forget_safe_mode():
    """Take back ``enable_unsafe_deserialization`` in TensorFlow 2.12 to 2.15."""
    for _, names, leaf in _modules():
        if leaf == "serialization_lib" and "SAFE_MODE" in names:
            vars(names["SAFE_MODE"]).clear()
