"""Say what really runs in an environment: ``python healthcheck.py IMPORTS RESULT``.

IMPORTS is the module that a person imports as keras there (``tensorflow.keras``, ``keras``,
``tf_keras``, or another module where there is no framework). RESULT is the file to write, one JSON
object: ``{"schema": 1, "python", "platform", "versions": {...}, "packages": {...}, "error"}``.
``versions`` are what the modules themselves state, ``packages`` every distribution installed,
``error`` is null or ``{"type", "text"}`` of what the import raised. Standard output is left to the
framework. Runs on Python 3.6 and later.
"""

import importlib
import json
import os
import platform
import sys

COMPANIONS = {"numpy": "numpy", "h5py": "h5py", "google.protobuf": "protobuf"}


def distributions(folders):
    """Read name -> version from the metadata of all that is installed below ``folders``."""
    found = {}
    for folder in folders:
        for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if entry.endswith(".dist-info"):
                metadata = os.path.join(folder, entry, "METADATA")
            elif entry.endswith(".egg-info"):
                metadata = os.path.join(folder, entry, "PKG-INFO")
            else:
                continue
            if os.path.isfile(metadata):
                headers = read_headers(metadata)
                found.setdefault(headers.get("name"), headers.get("version"))
    return found


def read_headers(path):
    headers = {}
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.strip():
                break
            name, _, value = line.partition(":")
            headers.setdefault(name.lower(), value.strip())
    return headers


def stated_versions(imports):
    """Import the framework and ask every module for its own version."""
    keras = importlib.import_module(imports.split(".")[0])
    for part in imports.split(".")[1:]:  # tensorflow.keras is an attribute before it is a module
        keras = getattr(keras, part)
    versions = {"python": platform.python_version()}
    if hasattr(keras, "layers"):
        # The package that the layers really come from: tensorflow.keras is a door to several, and
        # states no version of its own in TensorFlow 2.13 to 2.15.
        package = sys.modules[keras.layers.Layer.__module__.split(".")[0]]
        own = package.__name__ == "tensorflow"
        versions["keras"] = version_of(keras if own else package)
        versions["keras package"] = "tensorflow.keras" if own else package.__name__
        versions["backend"] = keras.backend.backend() if imports == "keras" else "tensorflow"
    else:
        versions[imports] = version_of(keras)
    for module, name in COMPANIONS.items():
        try:
            versions[name] = version_of(importlib.import_module(module))
        except ImportError:  # JAX and PyTorch bring no protobuf
            continue
    for module in ("tensorflow", "jax", "jaxlib", "torch", "theano"):
        if hasattr(sys.modules.get(module), "__version__"):
            versions[module] = version_of(sys.modules[module])
    return versions


def version_of(module):
    return str(getattr(module, "__version__", "unknown"))


def platform_name():
    """Return such as "linux-x86_64-glibc-2.36"; platform.libc_ver() would ask the binary."""
    names = [platform.system(), platform.machine()]
    if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {}):
        names += (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    return "-".join(names).lower()


def main(imports, result):
    report = {
        "schema": 1,
        "python": platform.python_version(),
        "platform": platform_name(),
        "versions": {},
        "packages": distributions(sys.path[1:]),  # the first is this script's own folder
        "error": None,
    }
    try:
        report["versions"] = stated_versions(imports)
    except BaseException as error:  # SystemExit too: a framework that leaves is broken
        report["error"] = {"type": type(error).__name__, "text": str(error)}
    with open(result, "w", encoding="utf-8") as stream:
        json.dump(report, stream, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
