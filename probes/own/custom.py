"""A person's own layers and functions, from their file or module, as load_model takes them.

Python 3.6 to 3.13; the code runs in the environment's interpreter, as it would for its author.
"""

import importlib
import importlib.util
import inspect
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = {HERE, os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "across")}


def objects(keras, wanted):
    """Return custom_objects, or ``None`` where none are given.

    ``wanted`` lists {"file": path or None, "module": name, "search": folder, "factory": name or
    None}. Without a factory it is every public class and function that the module defines itself; a
    factory is called, with keras if it takes an argument, and returns a dict.
    """
    if not wanted:
        return None
    found = {}
    for one in wanted:
        module = _module(one)
        if one["factory"] is None:
            found.update(_defined_in(module))
            continue
        factory = getattr(module, one["factory"])
        takes = len(inspect.signature(factory).parameters)
        given = factory(keras) if takes else factory()
        if not isinstance(given, dict):
            raise TypeError("%s returned no dict of custom objects" % one["factory"])
        found.update(given)
    return found


def built(keras, one):
    """Return what the function of a person's own gives that builds the model.

    It is called without arguments, or with the framework where it has one called ``keras``.
    """
    function = getattr(_module(one), one["factory"])
    named = "keras" in inspect.signature(function).parameters
    return function(keras=keras) if named else function()


def _module(one):
    """Return the module that is named; it is run once, for a class cannot be registered twice."""
    place = one["file"] or one["module"]
    if place not in _RUN:
        _RUN[place] = _first(one)
    return _RUN[place]


_RUN = {}


def _first(one):
    # Behind everything else: a folder of theirs may hold a file called keras.py.
    if one["search"] not in sys.path:
        sys.path.append(one["search"])
    path, ours = list(sys.path), _ours()
    # But a custom.py of theirs is not ours: they know nothing of these modules.
    sys.path[:] = [entry for entry in path if os.path.abspath(entry) not in FOLDERS]
    for name in ours:
        del sys.modules[name]
    try:
        return _imported(one)
    finally:
        sys.path[:] = path
        sys.modules.update(ours)


def _ours():
    """Return the modules of these probes that are loaded, by name."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name != "__main__" and os.path.dirname(str(getattr(module, "__file__", ""))) in FOLDERS
    }


def _imported(one):
    if one["file"] is None:
        return importlib.import_module(one["module"])
    spec = importlib.util.spec_from_file_location(one["module"], one["file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(one["module"], module)
    spec.loader.exec_module(module)
    return module


def _defined_in(module):
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }
