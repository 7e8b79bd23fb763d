"""Which classes and functions Keras and TensorFlow bring; whatever is not here is somebody's own.

``known_names.json`` has the public names of 43 environments, TensorFlow 1.12 to 2.21, tf-keras,
Keras 2.2 and 2.3 on Theano, Keras 3.0 to 3.14, as each lists them itself, and by hand the layers of
Keras 0.3 to 1.2 that were gone by then. Files before Keras 2.13 state no modules: there a class of
somebody's own that has the name of one of these cannot be told from it.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

from caniload.runner.forensics.facts import Custom

_ROOTS = frozenset({"keras", "tf_keras", "tensorflow", "keras_core"})
_SELF = "Custom"
"""The package of names registered without one; Keras 2.11 to 2.15 wrote it before its own, too."""


@functools.cache
def known() -> dict[str, frozenset[str]]:
    """Return the names of ``layers``, of other ``classes``, and of ``functions``."""
    text = Path(__file__).with_name("known_names.json").read_text("utf-8")
    return {kind: frozenset(names) for kind, names in json.loads(text).items()}


def of_keras(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in _ROOTS


def custom_class(
    name: str, *, module: str | None, registered: str | None, layer: bool
) -> Custom | None:
    """Return the class as one that must be brought along; None if Keras has it."""
    if of_keras(module):
        return None
    package, _, bare = name.rpartition(">")
    if registered and ">" in registered:
        package, _, bare = registered.rpartition(">")
    names = known()["layers"] if layer else known()["classes"] | known()["layers"]
    if package == _SELF and not layer and bare in names:
        return None
    if not package and module is None and bare in names:
        return None
    if not package and module == "builtins" and registered in (None, bare) and bare in names:
        return None
    return Custom(
        name=bare,
        package=package or None,
        module=None if module == "builtins" else module,
        role="layer" if layer else "class",
    )


def custom_function(name: str, *, module: str | None = None) -> Custom | None:
    """Return the function as one that must be brought along; None if Keras has it."""
    if of_keras(module):
        return None
    package, _, bare = name.rpartition(">")
    keras_has = bare in known()["functions"] or bare in known()["classes"]
    if not package and keras_has and module in (None, "", "builtins"):
        return None
    return Custom(
        name=bare,
        package=package or None,
        module=None if module == "builtins" else module,
        role="function",
    )
