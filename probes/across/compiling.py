"""Compile a rebuilt model as the original was, where that can be said."""

_SPEED = ("jit_compile", "is_legacy_optimizer", "name")
"""What an optimizer's settings hold that changes no number."""
_MADE = ("loss", "metrics", "weighted_metrics")


def compiled(keras, model, job, objects):
    """Compile as the original was, where that can be said; return (whether, why not)."""
    training = job.get("training")
    if not training:
        return False, None
    try:
        stated = training["optimizer"]
        kind = getattr(keras.optimizers, stated["class"], None)
        if kind is None:
            return False, "there is no optimizer %s" % stated["class"]
        optimizer, left = _optimizer(kind, stated["config"])
        made = {key: _plain(keras, training.get(key), objects) for key in _MADE}
        more = {key: value for key, value in made.items() if value is not None}
        if training.get("loss_weights") is not None:
            more["loss_weights"] = training["loss_weights"]
        model.compile(optimizer=optimizer, **more)
        if hasattr(keras, "ops") and model.trainable_variables:
            # Keras 3 saves what state there is, and warns of a part when it loads the file.
            model.optimizer.build(model.trainable_variables)
        return True, "without " + ", ".join(left) if left else None
    except Exception as error:
        return False, "%s: %s" % (type(error).__name__, str(error)[:300])


def with_plain_metrics(keras, model):
    """Write the metrics of a loaded model as Keras 3 takes them; return why not, if it cannot be.

    Keras 2 saved those of one output in a list of their own, and functions by their names alone.
    Keras 3 loads both, and raises at the first step of training or testing: "Expected all entries
    in the `metrics` list to be metric objects", and "'str' object is not callable".
    """
    held = getattr(model, "_compile_metrics", None)
    if not hasattr(keras, "ops") or held is None:
        return None
    try:
        _make_plain(keras, model, held)
    except Exception as error:  # a function of somebody's own, named alone
        return "whose metrics raise at the first step (%s)" % str(error)[:200]
    return None


def _make_plain(keras, model, held):
    alone = len(getattr(model, "outputs", None) or ()) == 1
    stated, made = {}, {}
    for key in ("metrics", "weighted_metrics"):
        stated[key] = getattr(held, "_user_" + key, None)
        made[key] = _callable_metrics(keras, stated[key])
        if alone and _in_a_list(made[key]):
            made[key] = made[key][0]
    if all(made[key] is stated[key] for key in stated):
        return
    config = model.get_compile_config() or {}
    kept = ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile")
    more = {key: config[key] for key in kept if config.get(key) is not None}
    model.compile(optimizer=model.optimizer, loss=model.loss, **made, **more)


def _callable_metrics(keras, stated):
    """Return metrics with each of them callable; the very same where all of them are."""
    if isinstance(stated, dict):
        made = {key: _callable_metrics(keras, one) for key, one in stated.items()}
        return stated if all(made[key] is stated[key] for key in made) else made
    if isinstance(stated, (list, tuple)):
        made = [_callable_metrics(keras, one) for one in stated]
        return stated if all(one is other for one, other in zip(made, stated)) else made
    name = getattr(stated, "_fn", None)
    if not isinstance(name, str):
        return stated
    found = keras.metrics.get(name)
    if isinstance(found, keras.metrics.Metric):
        return type(found)(name=stated.name, dtype=stated.dtype)
    return keras.metrics.MeanMetricWrapper(fn=found, name=stated.name, dtype=stated.dtype)


def _in_a_list(metrics):
    return isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list)


def set_as_before(keras, model, training):
    """Say whether the loaded model's optimizer is what the reader found."""
    import framework

    now, was = framework.optimizer(keras, model), training["optimizer"]
    if now is None or now["class"] != was["class"]:
        return False
    shared = [key for key in was["settings"] if key in now["settings"] and key not in _SPEED]
    return all(_alike(now["settings"][key], was["settings"][key]) for key in shared)


def _alike(one, other):
    """Compare settings, which some versions state as they were given and some as a float32."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
    return one == other


def _optimizer(kind, config):
    """Return the optimizer with the settings that its class knows, and those that it does not."""
    import inspect

    config = dict(config)
    if "lr" in config:
        config.setdefault("learning_rate", config.pop("lr"))
    known = set()
    for one in kind.__mro__:
        if "__init__" in vars(one):
            known |= set(inspect.signature(one.__init__).parameters)
    if isinstance(config.get("learning_rate"), dict):
        schedule = config["learning_rate"]
        name = schedule.get("$class", schedule.get("class_name"))
        if name is not None and not schedule.get("registered_name"):
            config["learning_rate"] = {
                "class_name": name,
                "config": schedule["config"],
                "module": "keras.optimizers.schedules",  # without it Keras 3 finds none
                "registered_name": None,
            }
    kept = {key: value for key, value in config.items() if key in known and value is not None}
    left = [
        "%s=%s" % (key, value)
        for key, value in config.items()
        if key not in known and key not in _SPEED and value not in (None, 0, 0.0, False)
    ]
    kept.pop("name", None)
    return kind.from_config(kept), left


def _plain(keras, value, objects):
    if isinstance(value, list):
        return [_plain(keras, one, objects) for one in value]
    if not isinstance(value, dict):
        return value
    if "$function" in value:
        return objects.get(value["$function"], value["$function"])
    if "$class" in value:
        name = value["$class"]
        kind = objects.get(name) or getattr(keras.losses, name, None)
        kind = kind or getattr(keras.metrics, name, None)
        if kind is None or value["config"] is None:
            raise ValueError("there is no %s" % name)
        config = dict(value["config"])
        if config.get("reduction") == "auto":
            config["reduction"] = "sum_over_batch_size"
        config.pop("fn", None)
        return kind.from_config(config)
    return {key: _plain(keras, one, objects) for key, one in value.items()}
