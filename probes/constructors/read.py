"""Ask a framework what its constructors take: ``python read.py IMPORTS RESULT [CANDIDATES]``.

IMPORTS is the module that a person imports as keras there, RESULT the file to write: one JSON
object ``{"schema", "python", "versions", "kinds", "error"}``, with ``{"classes", "names",
"functions"}`` for each kind of ``finding.KINDS``. ``classes`` holds by name what
``trying.read_class`` found, ``names`` says what each name that stands in a file is found as (null:
not found; "?": found, but not as what), ``functions`` the arguments of each function.

Without CANDIDATES nothing is tried: what there is, is described. CANDIDATES is a file ``{kind:
{"names": [...], "arguments": {class: {name: [value]}}, "forms": {class: [[module, class_name,
registered_name]]}}}``: what other environments have, to be tried here. Nothing is guessed: an
argument is taken where from_config took it. Runs on Python 3.6 to 3.13.
"""

import importlib
import json
import platform
import sys

import finding
import making
import trying


def find(imports):
    keras = importlib.import_module(imports.split(".")[0])
    for part in imports.split(".")[1:]:  # tensorflow.keras is an attribute before it is a module
        keras = getattr(keras, part)
    getattr(keras, "layers", None)  # TensorFlow 1.15 and later load it lazily; load it now
    return keras


def read_kind(keras, kind, candidates):
    """Return all that is known of one kind here; where ``candidates`` is None, untried."""
    trying_too = candidates is not None
    candidates = candidates or {}
    found = finding.Finder(keras, kind)
    known = set(found.objects) | set(candidates.get("names", []))
    targets = {name: found.resolve(name) for name in sorted(known)}
    classes = among(found, targets)
    keys = {cls: key for key, cls in classes.items()}
    names = {name: keys.get(one) or trying.name_of(one) for name, one in targets.items()}
    read = {
        key: trying.read_class(
            keras,
            cls,
            candidates.get("arguments", {}).get(cls.__name__, {}) if trying_too else None,
            candidates.get("forms", {}).get(cls.__name__, []),
        )
        for key, cls in sorted(classes.items())
    }
    functions = {name: trying.arguments_of(one) for name, one in sorted(found.functions.items())}
    return {"classes": read, "names": names, "functions": functions}


def among(found, targets):
    """Return classes by name; of two with one name, the second by its module, too.

    The first is the one that the framework itself finds under that name.
    """
    classes = {
        name: one for name, one in targets.items() if isinstance(one, type) and one.__name__ == name
    }
    others = [one for one in targets.values() if isinstance(one, type)]
    for one in [*others, *found.every]:
        if classes.setdefault(one.__name__, one) is not one:
            classes["%s.%s" % (one.__module__, one.__name__)] = one
    return classes


def main(imports, result, candidates=None):
    wanted = None
    if candidates is not None:
        with open(candidates, encoding="utf-8") as stream:
            wanted = json.load(stream)
    report = {"schema": 1, "python": platform.python_version(), "kinds": {}, "error": None}
    try:
        keras = find(imports)
        report["versions"] = finding.versions(keras)
        for kind in finding.KINDS:
            report["kinds"][kind] = read_kind(
                keras, kind, None if wanted is None else wanted.get(kind, {})
            )
    except Exception as error:
        report["error"] = {"type": type(error).__name__, "text": making.cleaned(str(error))}
    with open(result, "w", encoding="utf-8") as stream:
        json.dump(report, stream, sort_keys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
