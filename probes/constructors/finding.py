"""What a framework has of each kind, and what a name in a saved file is found as."""

import importlib
import inspect
import re
import sys

import making
import trying

KINDS = (
    "layers",
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "schedules",
    "activations",
    "policies",
)
BASES = {
    "layers": "Layer",
    "initializers": "Initializer",
    "regularizers": "Regularizer",
    "constraints": "Constraint",
    "losses": "Loss",
    "metrics": "Metric",
    "optimizers": "Optimizer",
    "schedules": "LearningRateSchedule",
}
PLACES = {
    "layers": (
        "layers",
        "layers.experimental",
        "layers.experimental.preprocessing",
        "models",
        "experimental",
        "",
    ),
    "schedules": ("optimizers.schedules",),
    "optimizers": ("optimizers", "optimizers.legacy", "optimizers.experimental"),
    "policies": ("dtype_policies", "mixed_precision", "mixed_precision.experimental"),
}
"""Where a person finds a kind; others stand in a module of their own name."""
POLICIES = (
    *("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16", "infer"),
    *("int8_from_float32", "int8_from_mixed_bfloat16", "float8_from_float32"),
    *("int4_from_float32", "int4/32_from_float32"),
)


def versions(keras):
    """Return the versions that the modules state."""
    package = sys.modules[keras.layers.Layer.__module__.split(".")[0]]
    found = {"keras": str(getattr(keras, "__version__", None) or package.__version__)}
    for name in ("tensorflow", "jax", "torch", "theano", "cntk"):
        if hasattr(sys.modules.get(name), "__version__"):
            found[name] = str(sys.modules[name].__version__)
    return found


def at(keras, path):
    """Return a module of keras by its path, or None; some are loaded only when they are named."""
    here = keras
    for part in path.split(".") if path else []:
        here = getattr(here, part, None)
    return here


def snake(name):
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).lower()


class Finder(object):
    """All objects of one kind by the names that are known of them, and the loader's own word."""

    def __init__(self, keras, kind):
        self.keras, self.kind = keras, kind
        self.objects = {}
        self.every = []
        for path in PLACES.get(kind, (kind,)):
            self._add(vars_of(at(keras, path)))
        if kind == "layers":
            self._add({cls.__name__: cls for cls in making.models(keras)})
        self.module = at(keras, PLACES.get(kind, (kind,))[0])
        for table in self._tables():
            self._add(table)
        for name, one in list(self.objects.items()):
            if isinstance(one, type) and kind not in ("layers", "policies"):
                self.objects.setdefault(snake(name), one)
                self.objects.setdefault(name.lower(), one)
        self.classes, self.functions = {}, {}
        for name, one in sorted(self.objects.items()):
            if isinstance(one, type):
                self._class(one, own=name == one.__name__)
            else:
                self.functions.setdefault(one.__name__, one)
        if kind == "policies":
            self.objects.update((name, None) for name in POLICIES)

    def _class(self, one, own):
        """Keep a class under its name; of two with one name, the one that the name is found as."""
        if one.__name__ not in self.classes or own:
            self.classes[one.__name__] = one

    def _add(self, table):
        for name, one in table.items():
            if self.is_one(one) and re.match(r"^[A-Za-z]\w*$", name):
                if isinstance(one, type) and one not in self.every:
                    self.every.append(one)
                self.objects.setdefault(name, one)

    def is_one(self, one):
        if isinstance(one, type):
            return self._is_class(one)
        return (
            self.kind in ("activations", "losses", "metrics", "initializers", "regularizers")
            and inspect.isfunction(one)
            and re.match(r"^(tensorflow|keras|tf_keras)\b", one.__module__ or "")
            and one.__name__ not in HELPERS
            and self._lives_here(one)
        )

    def _lives_here(self, one):
        """Leave out helpers that a module imports; functions of a kind stand in modules of it."""
        words = {"regularizers": ("regularizers",), "initializers": ("initializers",)}
        words = words.get(self.kind, ("activations", "losses", "metrics", "nn"))
        return any(word in one.__module__ for word in words)

    def _is_class(self, one):
        if self.kind == "policies":
            return "Policy" in one.__name__ and hasattr(one, "from_config")
        base = at(self.keras, PLACES.get(self.kind, (self.kind,))[0])
        base = getattr(base, BASES.get(self.kind, ""), None)
        if self.kind == "optimizers":
            # Several generations of optimizers stand side by side; what they share is a method.
            return hasattr(one, "from_config") and (
                hasattr(one, "apply_gradients") or hasattr(one, "get_updates")
            )
        if base is None or not isinstance(base, type):
            return hasattr(one, "get_config") and "__call__" in dir(one)
        return issubclass(one, base)

    def _tables(self):
        """Yield the tables that the loader of this kind looks names up in."""
        loader = getattr(self.module, "deserialize", None)
        if loader is None:
            return
        home = importlib.import_module(loader.__module__)
        for name in ("populate_deserializable_objects",):
            if hasattr(home, name):
                getattr(home, name)()
        for holder in (home, getattr(home, "LOCAL", None)):
            for name in ("ALL_OBJECTS", "ALL_OBJECTS_DICT"):
                table = getattr(holder, name, None)
                if isinstance(table, dict):
                    yield table
        yield {name: one for name, one in vars(home).items() if not name.startswith("_")}

    def resolve(self, name):
        """Return what the framework itself finds under a name: a class, a function, or None."""
        found = self.objects.get(name)
        if self.kind == "policies":
            return policy(self.keras, name) if not isinstance(found, type) else found
        if inspect.isfunction(found) or self.kind == "activations":
            return self._got(name)
        loader = self._loader()
        if loader is None:
            return found
        guess = found or self._guess(name)
        made, _ = making.make(self.keras, guess) if guess is not None else (None, None)
        config = trying.config_of(made) if made is not None else None
        try:
            result = loader({"class_name": name, "config": trying.copied(config or {})})
        except Exception as error:
            if says_unknown(str(error)):
                return self._got(name)
            return guess if guess is not None else "?"
        if isinstance(result, (str, dict)):  # TensorFlow 2.12 hands back what it does not know
            return self._got(name)
        return type(result) if not inspect.isfunction(result) else result

    def _loader(self):
        """Return what HDF5 files are loaded with: in Keras 3 another function for layers."""
        module = sys.modules.get("keras.src.legacy.saving.saving_utils")
        if self.kind == "layers" and trying.is_keras_3(self.keras):
            return getattr(module, "model_from_config", None)
        return getattr(self.module, "deserialize", None)

    def _guess(self, name):
        """Return the class whose configuration the name would be tried with."""
        plain = name.replace("_", "").lower()
        return next(
            (one for known, one in sorted(self.classes.items()) if known.lower() == plain), None
        )

    def _got(self, name):
        """Ask for the name alone, as of a string in a configuration."""
        getter = getattr(self.module, "get", None)
        if getter is None:
            return None
        try:
            result = getter(name)
        except Exception as error:
            return None if says_unknown(str(error)) else "?"
        if isinstance(result, (str, dict)):
            return None
        return result if inspect.isfunction(result) or result is None else type(result)


HELPERS = {
    *("get", "serialize", "deserialize", "deserialize_keras_object", "serialize_keras_object"),
    *("keras_export", "tf_export", "to_snake_case", "populate_deserializable_objects"),
}


def says_unknown(text):
    """Whether a loader says that it knows no such name."""
    return bool(
        re.search(
            r"Unknown|Could not (interpret|locate|find|deserialize)|No module|not found|"
            r"cannot be (imported|found)",
            text,
        )
    )


def policy(keras, name):
    """Return the class of the policy that a name stands for."""
    getter = getattr(getattr(keras, "dtype_policies", None), "get", None)
    for path in ("mixed_precision", "mixed_precision.experimental"):
        getter = getter or getattr(at(keras, path), "Policy", None)
    if getter is None:
        getter = getattr(getattr(keras, "dtype_policies", None), "DTypePolicy", None)
    if getter is None:
        return None
    try:
        return type(getter(name))
    except Exception:
        return None


def vars_of(module):
    """Return what a module offers by name, also what it loads only when asked."""
    found = {}
    for name in dir(module) if module is not None else []:
        if not name.startswith("_"):
            try:
                found[name] = getattr(module, name)
            except Exception:
                continue
    return found
