"""Make an instance, and ask with it: does from_config take this name?

What it is asked with is its own configuration and one name more. Each answer is one of ``ANSWERS``.
"""

import copy
import inspect
import json
import re
import signal
import sys

from making import MODELS, attempts, cleaned, models, parameters

KEPT, TAKEN, REFUSED, UNKNOWN = 2, 1, 0, None
"""``KEPT``: taken, and get_config states it again; ``TAKEN``: taken, and perhaps without effect;
``REFUSED``: the framework says so and names it; ``UNKNOWN``: could not be tried, or it failed for
another reason."""
SECONDS_FOR_A_CLASS = 30
INVENTED = "caniload_invented"

REFUSALS = re.compile(
    r"unexpected (keyword|argument)|unrecognized|not understood|invalid (keyword|argument)|"
    r"not recognized|not a valid|no longer|deprecated|multiple values for|does not support|"
    r"not supported|unsupported|unknown (keyword )?argument|got an unexpected|not allowed",
    re.IGNORECASE,
)
EMPTY = re.compile(r"takes no (arguments|parameters)")
VALUES = {
    "input_shape": [[1], [4, 4, 1]],
    "batch_input_shape": [[None, 1], [None, 4, 4, 1]],
    "batch_shape": [[None, 1], [None, 4, 4, 1]],
    "shape": [[1]],
    "dynamic": [False],
    "trainable": [True],
    "dtype": ["float32"],
    "name": ["made"],
    "ragged": [False],
    "sparse": [False],
    "weights": [None],
}
"""What a file has under a name; None, the default, is not good for all."""


def arguments_of(function):
    """Return {"arguments": [[name] or [name, default]], "more": ["*args", "**kwargs"]}."""
    arguments, more = [], []
    for name, parameter in parameters(function):
        if parameter.kind in (2, 4):
            more.append(("*" if parameter.kind == 2 else "**") + name)
        elif parameter.default is parameter.empty:
            arguments.append([name])
        else:
            arguments.append([name, plain(parameter.default)])
    return {"arguments": arguments, "more": more}


def plain(value):
    """Return a value as JSON has it, else what it prints as, between < and >."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        name = getattr(value, "__name__", None)
        return "<%s>" % (name or cleaned(repr(value)))
    return json.loads(text)


def is_plain(value):
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def name_of(target):
    if target is None or target == "?":
        return target
    return target.__name__


def config_of(instance):
    try:
        return instance.get_config()
    except Exception:
        return None


def copied(config):
    try:
        return copy.deepcopy(config)
    except Exception:
        return dict(config)


def read_class(keras, cls, wanted, forms):
    """Return all that is asked of one class; what takes too long stays unknown.

    Where ``wanted`` is None nothing is tried.
    """
    forget(keras)
    found = {
        "module": cls.__module__,
        "from_config": owner(cls, "from_config"),
        "written": None,
        "writes": None,
        "takes": {},
        "refusals": {},
        "legacy": {},
        "found_as": [],
        "untried": None,
    }
    found.update(arguments_of(cls.__init__))

    def late(*_):
        raise RuntimeError("took more than %d s" % SECONDS_FOR_A_CLASS)

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS_FOR_A_CLASS)
    try:
        ask(keras, cls, wanted, forms, found)
    except Exception as error:
        found["untried"] = cleaned("%s: %s" % (type(error).__name__, error))
    finally:
        signal.alarm(0)
    return found


def forget(keras):
    """Begin with an empty graph: in TensorFlow 1 every optimizer and metric stays in it."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and tensorflow.__version__.startswith("1."):
        keras.backend.clear_session()


def owner(cls, method):
    """Return the class in which a method is written."""
    return next((one.__name__ for one in cls.__mro__ if method in vars(one)), None)


def ask(keras, cls, wanted, forms, found):
    build = getattr(cls, "from_config", None) or (lambda given: cls(**given))
    instance, config, found["untried"] = whole(keras, cls, build)
    if config is None:
        return
    found["written"] = dict(plain_items(config))
    found["writes"] = written_form(keras, instance)
    names = dict.fromkeys([name for name, _ in parameters(cls.__init__)])
    for name in [*names_in_code(cls), *(wanted or ()), *config, INVENTED]:
        names.setdefault(name)
    names = [one for one in names if isinstance(one, str) and one not in ("args", "kwargs")]
    found["takes"] = dict.fromkeys(names)
    if wanted is None:
        return
    found["found_as"] = [form for form in forms if is_found(keras, form, cls, config)]
    defaults = {one[0]: one[1:] for one in found["arguments"]}
    legacy = legacy_loader(cls)
    for name in names:
        values = [config[name]] if name in config else []
        values += VALUES.get(name, []) + wanted.get(name, []) + defaults.get(name, []) + [None, 1]
        values = [one for one in values if not str(one).startswith("<")]
        answer, text = tried(build, config, name, values)
        found["takes"][name] = answer
        if text is not None:
            found["refusals"][name] = text
        if legacy is not None and not answer:
            other, _ = tried(lambda given: legacy(cls.__name__, given), config, name, values)
            if other:
                found["legacy"][name] = other


def whole(keras, cls, build):
    """Return (instance, configuration, None) where its own configuration makes it again.

    Else (None, None, why not): then nothing can be asked of it.
    """
    instances = [models(keras)[cls]] if cls.__name__ in MODELS and cls in models(keras) else []
    why = None
    for arguments in [None] * len(instances) or attempts(keras, cls):
        try:
            instance = instances[0] if instances else cls(**arguments)
            # Keras 2.1 makes what states no configuration of its arguments.
            states = hasattr(instance, "get_config")
            config = instance.get_config() if states else dict(arguments)
            build(copied(config))
            return instance, config, None
        except Exception as error:
            why = why or cleaned("%s: %s" % (type(error).__name__, error))
    return None, None, why or "nothing is known to make it with"


def plain_items(config):
    return [(name, value) for name, value in sorted(config.items(), key=str) if is_plain(value)]


def tried(build, config, name, values):
    """Return (answer, text): whether ``build`` takes a configuration that has this name, too."""
    last = None
    for value in values:
        answer, text = once(build, dict(copied(config), **{name: value}), name)
        if answer is None or answer == REFUSED:
            # A second name for something that the configuration has (lr beside learning_rate).
            for other in [one for one in config if one != name and named_in(one, text)]:
                fewer = {key: one for key, one in copied(config).items() if key != other}
                second, _ = once(build, dict(fewer, **{name: value}), name)
                if second:
                    answer, text = second, None
                    break
        if answer:
            return answer, None
        if answer == REFUSED:
            return answer, text
        last = text
    return UNKNOWN, last


def once(build, config, name):
    try:
        made = build(config)
    except Exception as error:
        text = reason(str(error))
        if EMPTY.search(text) or (named_in(name, text) and REFUSALS.search(text)):
            return REFUSED, cleaned(text)
        return UNKNOWN, cleaned("%s: %s" % (type(error).__name__, text))
    return (KEPT if name in (config_of(made) or {}) else TAKEN), None


def reason(text):
    """Return what went wrong, without the configuration that Keras 3 prints before it."""
    for mark in ("Exception encountered: ", "exception was raised: "):
        text = text.rsplit(mark, 1)[-1]
    return text


def named_in(name, text):
    return bool(re.search(r"(?<![A-Za-z0-9_])%s(?![A-Za-z0-9_])" % re.escape(name), text or ""))


def names_in_code(cls):
    """Return the names that constructors look for in what they are given, to be tried."""
    return [name for one in cls.__mro__ if one is not object for name in names_of_one(one)]


SEEN = {}


def names_of_one(one):
    if one not in SEEN:
        SEEN[one] = read_names(one)
    return SEEN[one]


def read_names(one):
    names = []
    for method in ("__init__", "from_config", "__new__", "_process_kwargs"):
        function = vars(one).get(method)
        function = getattr(function, "__func__", function)
        if function is None:
            continue
        if method == "__init__":
            names += [name for name, _ in parameters(function)]
        try:
            names += names_in_text(inspect.getsource(function))
        except Exception:
            continue
    return names


def names_in_text(text):
    """Return the names that a function takes out of a dictionary of arguments."""
    found = re.findall(r"(?:kwargs|config)(?:\.pop|\.get|\[)\(?\s*['\"](\w+)", text)
    found += re.findall(r"['\"](\w+)['\"]\s+(?:not\s+)?in\s+(?:kwargs|config)", text)
    for listed in re.findall(r"allowed_k?w?args\s*=\s*[{(\[]([^})\]]*)", text):
        found += re.findall(r"['\"](\w+)['\"]", listed)
    return found


def is_keras_3(keras):
    return hasattr(keras, "ops")


def legacy_loader(cls):
    """Return what Keras 3 loads a layer with that was written without its module (HDF5)."""
    module = sys.modules.get("keras.src.legacy.saving.saving_utils")
    loader = getattr(module, "model_from_config", None)
    if loader is None or not cls.__module__.startswith("keras.src.layers"):
        return None
    return lambda name, config: loader({"class_name": name, "config": config})


def saving(keras):
    """Return what reads and writes .keras files; tensorflow.keras 2.16 does not name it."""
    package = sys.modules[keras.layers.Layer.__module__.split(".")[0]]
    return getattr(keras, "saving", None) or getattr(package, "saving", None)


def written_form(keras, instance):
    """Return [module, class_name, registered_name] as a .keras file names it, or None."""
    serialize = getattr(saving(keras), "serialize_keras_object", None)
    try:
        stated = serialize(instance)
        return [stated["module"], stated["class_name"], stated["registered_name"]]
    except Exception:
        return None


def is_found(keras, form, cls, config):
    """Whether a .keras file that names the class so gets it here."""
    load = getattr(saving(keras), "deserialize_keras_object", None)
    if load is None:
        return False
    module, name, registered = form
    stated = {
        "module": module,
        "class_name": name,
        "config": copied(config),
        "registered_name": registered,
    }
    try:
        return type(load(stated)) is cls
    except Exception:
        return False
