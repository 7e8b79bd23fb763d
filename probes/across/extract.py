"""Read a model in a version that can: its configuration, weights, and outputs for fixed inputs.

Job: ``imports``, ``model``, ``format``, ``weights`` (beside a JSON), ``custom`` [paths],
``trusted``, ``given`` (npz of inputs, or null), ``seed``, ``folder``; ``resave`` and ``export`` are
paths to write it to anew, as HDF5 and as a graph; ``sight`` (or none) is as in seeing.py. Facts:
``compiled`` (loaded with its training), ``config``, ``inputs``, ``outputs``, ``weights`` [[path,
index, name]], ``training``, ``vocabularies``, ``lambdas``, ``noise``, ``cpu`` (seconds after the
import); arrays in_N, out_N, w_N.

With ``sight``: ``sets`` of inputs, the first among them [{"why", "rows", "noise", "inside" (noise
there)}], with arrays sK_in_N, sK_out_N and, of the places inside that ``taps`` names, sK_tap_N; and
``trained`` [[path, kind, [names]]] with arrays tK_N, of stepping.py.
"""

import json
import os
import time

import crossing


def main(job, facts):
    keras = crossing.framework_of(job)
    import framework
    import numpy as np
    import served

    facts["versions"] = framework.versions(keras)
    facts["phase"] = "load"
    started = time.process_time()
    model = _loaded(keras, job, facts)
    facts["class"] = type(model).__name__
    if not hasattr(model, "predict"):
        raise TypeError("what is in the file is no model of Keras: it has no `predict`")

    facts["phase"] = "config"
    facts["config"], facts["config_error"] = _config(model)
    facts["vocabularies"] = _vocabularies(model)
    lambdas = [one for one in crossing.all_layers(model) if type(one[1]).__name__ == "Lambda"]
    facts["lambdas"] = [path for path, _ in lambdas]
    facts["lambdas_in_training"] = [
        path for path, layer in lambdas if _knows_training(layer.function)
    ]

    facts["phase"] = "predict"
    specs, names, arrays, (structure, outputs) = _predicted(job, model, facts)
    if job["format"] == "savedmodel":
        facts["phase"] = "graph"
        predicted = (structure, outputs)
        structure, outputs = served.held(job, model, facts, names, arrays, predicted)
        facts["config"], facts["config_error"] = _config(model)  # it may have lost its salt
    facts["structure"] = structure
    facts["outputs"] = [name for name, _ in outputs]
    facts["alike"] = [_alike(array) for _, array in outputs]
    facts["nan"] = [_share_of_nan(array) for _, array in outputs]
    facts["noise"] = _noise(model, facts["inputs"], names, arrays, outputs)

    facts["phase"] = "weights"
    binning = {
        path
        for path, layer in crossing.all_layers(model)
        if type(layer).__name__ == "Discretization"
    }
    # What these hold are bounds, which their configuration has from here on.
    found = [
        entry
        for entry in crossing.weights(keras, model)
        if entry[0] not in binning and not _merged(entry)
    ]
    facts["weights"] = [entry[:3] for entry in found]
    facts["training"] = _training(keras, model) if facts["compiled"] else None
    kept = crossing.numbered("in", arrays)
    kept.update(crossing.numbered("out", [array for _, array in outputs]))
    kept.update(crossing.numbered("w", [entry[3] for entry in found]))
    facts["cpu"] = time.process_time() - started
    if job.get("sight"):
        facts["phase"] = "sight"
        first = arrays, [array for _, array in outputs]
        kept.update(_sight(keras, job, model, specs, names, first, facts))
    np.savez(os.path.join(job["folder"], "arrays.npz"), **kept)
    np.savez(os.path.join(job["folder"], "inputs.npz"), **crossing.numbered("in", arrays))
    if job.get("resave"):
        facts["phase"] = "save"
        model.save(job["resave"], include_optimizer=False)
    if job.get("export"):
        facts["phase"] = "export"
        facts["endpoint"] = _export(model, job["export"])


def _merged(entry):
    """Say whether a weight is of an adapter (LoRA) that is part of the other weights by now.

    Keras saves both together, and loads the adapter as zeros.
    """
    return entry[2].startswith("lora_") and not entry[3].any()


def _loaded(keras, job, facts):
    """Load the model, with what it lacks if that is known; without how it was compiled if need be.

    Then ``first_error`` says why.
    """
    import framework

    known = {}
    # A graph with an optimizer in it is loaded by no later version; a SavedModel is not without.
    compiled = not job.get("export") or job["format"] == "savedmodel"
    if job.get("build"):
        model = crossing.load(keras, job, facts=facts)
        facts["compiled"] = False  # what a function compiles is not what was saved
        return model
    try:
        try:
            model = crossing.load(keras, job, compiled=compiled)
        except Exception as error:
            known = crossing.missing(keras, error) or {}
            known.update(crossing.operations(keras, job))
            if not known:
                raise
            model = crossing.load(keras, job, compiled=compiled, known=known)
        facts["compiled"] = framework.is_compiled(model)
    except Exception as error:
        facts["first_error"] = "%s: %s" % (type(error).__name__, str(error)[:300])
        facts["compiled"] = False
        model = crossing.load(keras, job, compiled=False, known=known)
    if job["format"] == "h5" and hasattr(keras, "ops"):
        for _, layer in crossing.all_layers(model):
            if type(layer).__name__ == "Normalization":
                # Its loader of HDF5 goes on with the mean and variance that were there before.
                layer.finalize_state()
    return model


def _export(model, folder):
    """Write what computes the outputs and no more; return the name under which it is called."""
    if hasattr(model, "export"):
        model.export(folder)
        return "serve"
    import tensorflow as tf

    tf.saved_model.save(model, folder)
    return "serving_default"


def _config(model):
    """Return the model's configuration as data, or why it has none."""
    try:
        return json.loads(model.to_json()), None
    except Exception as error:
        told = ": ".join(filter(None, [type(error).__name__, str(error)[:300]]))
    silent = ["the layer %s (%s)" % one for one in _silent(model)]
    if not silent:
        silent = ["the model's class %s" % type(model).__name__]
    more = " and %d more" % (len(silent) - 3) if len(silent) > 3 else ""
    return None, "%s%s does not say how it is made (%s)" % (", ".join(silent[:3]), more, told)


def _silent(model):
    """Yield (path, class) of the layers, but for models, that have no configuration."""
    for path, layer in crossing.all_layers(model):
        if hasattr(layer, "layers"):
            continue
        try:
            layer.get_config()
        except Exception:
            yield path, type(layer).__name__


def _knows_training(function):
    """Say whether the code of a Lambda may do otherwise in training than in inference."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] + code.co_names if code is not None else ()
    return bool({"training", "in_train_phase", "in_test_phase", "learning_phase"} & set(names))


def _vocabularies(model):
    """Return {path: words or bounds} of what layers learnt by adapting: no configuration has it."""
    found = {}
    for path, layer in crossing.all_layers(model):
        if type(layer).__name__ == "Discretization":
            bounds = _boundaries(layer)
            if bounds is not None:
                found[path] = bounds
        get = getattr(layer, "get_vocabulary", None)
        if get is None:
            continue
        try:
            words = get(include_special_tokens=False)
        except TypeError:
            words = get()
        except Exception:
            continue
        found[path] = [_word(word) for word in words]
    return found


def _boundaries(layer):
    """Return the bounds of an adapted Discretization, of which a file holds a summary; or None.

    That of `.keras` is left as it is by the loader of Keras 2, and the layer then has one bin only
    (keras 2.15, saving_lib.py; load_model of HDF5 files calls finalize_state). In TensorFlow 2.5
    they are a variable, with infinity behind.
    """
    import numpy as np

    if not getattr(layer, "num_bins", None):
        return None
    try:
        bounds = layer.bin_boundaries
        if hasattr(layer, "bins"):
            bounds = np.ravel(layer.bins)
        elif not len(bounds or ()):
            layer.finalize_state()
            bounds = layer.bin_boundaries
        return [float(bound) for bound in bounds if np.isfinite(bound)]
    except Exception:
        return None


def _word(word):
    if isinstance(word, bytes):
        return word.decode("utf-8", "replace")
    return word if isinstance(word, str) else int(word)


def _predicted(job, model, facts):
    """Return the names if predict is given inputs by name, the arrays in order, what it gives."""
    import drawing
    import framework
    import numpy as np

    specs = drawing.specs(model, facts["config"])
    names = None
    if specs and specs[0].get("key") is not None:
        names = [spec["key"] for spec in specs]
    facts["by_name"] = names

    def predict(arrays):
        fed = framework.fed([crossing.as_fed(array) for array in arrays], names)
        return crossing.predict(model, fed)

    if job.get("given"):
        facts["phase"] = "inputs"
        with np.load(job["given"]) as given:
            arrays = drawing.arranged(specs, {name: given[name] for name in given.files})
        facts["phase"] = "predict"
        found = predict(arrays)
    elif specs is None:
        raise ValueError("the model does not say what its inputs are; give some with --inputs")
    else:
        specs, arrays, found = drawing.suited(specs, job["seed"], predict)
    facts["inputs"] = [
        {
            "name": specs[index]["name"] if specs else str(index),
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "drawn": None if job.get("given") else specs[index]["drawn"],
        }
        for index, array in enumerate(arrays)
    ]
    return specs, names, arrays, found


def _noise(model, stated, names, arrays, outputs):
    """Return how far outputs move, of their largest value, if inputs move by a millionth.

    0 for models without numbers to move, and those that remember.
    """
    import framework
    import roughness

    remembers = any(getattr(layer, "stateful", False) for _, layer in crossing.all_layers(model))
    moved = roughness.moved(stated, arrays)
    if remembers or moved is None:
        return 0.0
    fed = framework.fed([crossing.as_fed(array) for array in moved], names)
    try:
        _, others = crossing.predict(model, fed)
    except Exception:
        return 0.0  # this was our wish, not a person's: the usual bounds hold
    return max([0.0] + [roughness.share(was, now) for (_, was), (_, now) in zip(outputs, others)])


def _sight(keras, job, model, specs, names, first, facts):
    """Note how a change of the model would be seen; return the arrays that it is to be held to."""
    import seeing
    import stepping

    kept = {}
    try:
        sight, facts["sight"] = seeing.choose(keras, job, model, names, specs, first, facts)
    except Exception as error:  # the first inputs are there, and are what is compared
        facts["sight"] = {"problem": "%s: %s" % (type(error).__name__, str(error)[:300])}
        return kept
    facts["sets"] = [
        {"why": one.why, "rows": len(one.arrays[0]), "noise": one.noise, "inside": one.inside_noise}
        for one in sight.sets
    ]
    facts["taps"] = sight.inner.taps if sight.inner is not None else []
    for number, one in enumerate(sight.sets):
        for stem, arrays in (("in", one.arrays), ("out", one.outputs), ("tap", one.inside)):
            if number or stem == "tap":  # the first are kept as such
                kept.update(crossing.numbered("s%d_%s" % (number, stem), arrays))
    trained = stepping.trained(keras, model)
    facts["trained"] = [[one["path"], one["kind"], sorted(one["numbers"])] for one in trained]
    for number, one in enumerate(trained):
        arrays = [one["numbers"][name] for name in sorted(one["numbers"])]
        kept.update(crossing.numbered("t%d" % number, arrays))
    return kept


def _share_of_nan(array):
    """Return which share of an output is no number; of an empty one all is."""
    import numpy as np

    if not array.size:
        return 1.0
    return float(np.isnan(array).mean()) if array.dtype.kind == "f" else 0.0


def _alike(array):
    """Say whether all rows are the same, so that equal outputs prove little."""
    return bool(len(array) > 1 and (array == array[:1]).all())


def _training(keras, model):
    """Return how the model was compiled, as plain data; what is no data is left out."""
    import framework

    found = {"optimizer": framework.optimizer(keras, model)}
    inside = model.optimizer
    while getattr(inside, "inner_optimizer", None) is not None:  # what mixed precision wraps
        inside = inside.inner_optimizer
    config = inside.get_config()
    found["optimizer"]["class"] = type(inside).__name__
    found["optimizer"]["config"] = {key: _plain(value) for key, value in config.items()}
    for key in ("loss", "loss_weights"):
        found[key] = _plain(getattr(model, key, None))
    for key in ("metrics", "weighted_metrics"):
        found[key] = _plain(_given(model, key))
    return found


def _given(model, key):
    """Return metrics as they were given, wherever Keras 3, 2.4 and later, and older keep them."""
    for holder in ("_compile_metrics", "compiled_metrics"):
        held = getattr(model, holder, None)
        if hasattr(held, "_user_" + key):
            return getattr(held, "_user_" + key)
    return getattr(model, "_compile_" + key, None)


def _plain(value):
    """Return plain data; objects become {"$class": name, "config": ...}, functions their name."""
    import numpy as np

    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    wrapped = getattr(value, "_fn", getattr(value, "fn", None))
    if type(value).__name__.endswith(("MetricWrapper", "FunctionWrapper")) and wrapped is not None:
        # Keras wraps functions in these; "accuracy" stays what it was asked for by.
        name = getattr(value, "name", None)
        return name if name in ("accuracy", "acc") else {"$function": wrapped.__name__}
    if hasattr(value, "get_config"):
        try:
            return {"$class": type(value).__name__, "config": _plain(value.get_config())}
        except Exception:
            return {"$class": type(value).__name__, "config": None}
    if hasattr(value, "__name__"):
        return {"$function": value.__name__}
    if hasattr(value, "numpy"):
        return _plain(value.numpy())
    return {"$class": type(value).__name__, "config": None}


if __name__ == "__main__":
    crossing.run(main)
