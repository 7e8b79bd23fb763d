"""Load what was delivered as a person would, in a fresh process, and compare it with the original.

Job: ``imports``, ``model``, ``format``, ``custom``, ``folder``, ``arrays`` (npz of the reader),
``outputs`` [names], ``inputs_count``, ``inputs_by_name``; of a graph its ``endpoint``, with
``tags`` and ``stated`` where it is called without Keras (format "called"); with ``sight`` (see
seeing.py) also ``sets``, ``taps`` and ``trained``, as extract.py noted them. Facts: ``compared``
[one for each output, as in compare.py], ``structure``, ``optimizer``.

With ``sight``: ``sets`` [{"why", "noise", "compared"}] of the others, with ``raised`` where the
result does not take them, ``inside`` [{"layer", "plain", "why", "noise", "compared"}], ``trained``
[{"path", "name", "compared"}], and, if all of that is as near as allowed, ``changed``: {"how",
"weights" [[path, name, by how many times what is allowed something moved, whether the original
holds the same numbers]], "left" [[path, name]] of those that no time was for, "seconds"}.
``unlooked`` says what was raised, if anything was.
"""

import time

import crossing


def main(job, facts):
    keras = crossing.framework_of(job)
    import framework
    import numpy as np

    facts["versions"] = framework.versions(keras)
    facts["phase"] = "load"
    arrays = np.load(job["arrays"])
    fed = crossing.feed(job, arrays)
    if job["format"] == "graph":
        layer = keras.layers.TFSMLayer(job["model"], call_endpoint=job["endpoint"])
        facts["phase"] = "predict"
        structure, outputs = framework.outputs(layer(fed))
        outputs = [(name, crossing.as_stored(array)) for name, array in outputs]
        structure, outputs = ("array", outputs) if len(outputs) == 1 else (structure, outputs)
        facts["structure"] = structure
        _compare(job, facts, arrays, outputs)
        _look(keras, job, facts, Served(layer), dict(arrays), layer)
        return
    if job["format"] == "called":
        import called

        one = called.Called(job["model"], job["endpoint"], job["tags"], job["stated"])
        facts["phase"] = "predict"
        facts["structure"], outputs = called.outputs(one.call(fed))
        _compare(job, facts, arrays, outputs)
        _look(keras, job, facts, one, dict(arrays), one.call)
        return
    model = crossing.load(keras, job, compiled=job.get("compiled", True))
    facts["phase"] = "predict"
    structure, outputs = crossing.predict(model, fed)
    facts["structure"] = structure
    _compare(job, facts, arrays, outputs)
    facts["optimizer"] = framework.optimizer(keras, model)
    facts["compiled"] = framework.is_compiled(model)
    facts["parameters"] = int(model.count_params())
    _look(keras, job, facts, model, dict(arrays))


class Served(object):
    """A graph that is called, seen as a model of one layer."""

    def __init__(self, layer):
        self.layers, self.weights = [layer], layer.weights


def _compare(job, facts, arrays, outputs):
    import compare

    facts["phase"] = "compare"
    expected = [(name, arrays["out_%d" % index]) for index, name in enumerate(job["outputs"])]
    facts["count"] = [len(expected), len(outputs)]
    facts["compared"] = [
        compare.arrays(left, right) for (_, left), (_, right) in zip(expected, outputs)
    ]


def _look(keras, job, facts, model, arrays, call=None):
    """Compare what else the reader noted, then change the weights and see whether that is seen."""
    if not job.get("sight") or not job["sets"]:
        return
    try:
        _look_on(keras, job, facts, model, arrays, call)
    except Exception as error:  # what was compared until then counts
        facts["unlooked"] = "%s: %s" % (type(error).__name__, str(error)[:300])


def _look_on(keras, job, facts, model, arrays, call):
    import disturbing
    import looking
    import seeing

    allowed = seeing.Allowed(job["sight"], model)
    names = job.get("inputs_by_name")
    sight = seeing.Sight(looking.Look(keras, model, names, call), job["sight"]["seconds"])
    sight.sets = [_set(number, one, allowed, arrays) for number, one in enumerate(job["sets"])]
    first = sight.sets[0]
    weights = disturbing.weights(keras, model)
    sight.look.settle(
        first.arrays,
        first.outputs,
        len(weights),
        lambda was, now: seeing.times(was, now, first.bounds) <= 1,
    )
    near = _compare_sets(facts, sight.sets, sight.look)
    near = _compare_inside(keras, job, facts, sight) and near
    facts["trained"] = _compare_trained(keras, job, model, arrays)
    if near:
        facts["changed"] = _change(weights, sight, crossing.taken("w", arrays))


def _set(number, stated, allowed, arrays):
    import seeing

    stem = "s%d_" % number if number else ""
    outputs = crossing.taken(stem + "out", arrays)
    bounds = [allowed.bound(one, stated["noise"]) for one in outputs]
    given = crossing.taken(stem + "in", arrays)
    one = seeing.Set(stated["why"], given, outputs, stated["noise"], bounds)
    one.inside = crossing.taken("s%d_tap" % number, arrays)
    one.inside_noise = stated["inside"]
    one.inside_bounds = list(map(allowed.bound, one.inside, one.inside_noise))
    return one


def _compare_sets(facts, sets, look):
    """Note what the other inputs give; return whether all is as near as allowed."""
    import compare
    import seeing

    facts["sets"], near = [], True
    for one in sets[1:]:
        found = {"why": one.why, "noise": one.noise, "compared": []}
        facts["sets"].append(found)
        try:
            got = look.ask(one.arrays)
        except Exception as error:  # the original takes them
            found["raised"] = "%s: %s" % (type(error).__name__, str(error)[:300])
            near = False
            continue
        found["compared"] = list(map(compare.arrays, one.outputs, got))
        near = near and seeing.times(one.outputs, got, one.bounds) <= 1
    return near and all(
        float(one["max_abs"] or 0) <= bound for one, bound in zip(facts["compared"], sets[0].bounds)
    )


def _compare_inside(keras, job, facts, sight):
    """Note what layers give that the reader looked at, of those that are here; as above."""
    import compare
    import looking
    import seeing

    facts["inside"] = []
    try:
        inner = looking.Inner(keras, sight.look, job["taps"])
    except Exception:  # it may be no graph here
        inner = None
    here = [one for one in job["taps"] if inner is not None and one in inner.taps]
    if not here:
        return True
    order = [job["taps"].index(tap) for tap in inner.taps]
    near = True
    for one in sight.sets:
        for name in ("inside", "inside_noise", "inside_bounds"):
            setattr(one, name, [getattr(one, name)[place] for place in order])
        got = inner.ask(one.arrays)
        compared = map(compare.arrays, one.inside, got)
        facts["inside"] += [
            dict(tap, why=one.why, noise=noise, compared=each)
            for tap, noise, each in zip(inner.taps, one.inside_noise, compared)
        ]
        near = near and seeing.times(one.inside, got, one.inside_bounds) <= 1
    sight.inner = inner
    return near


def _compare_trained(keras, job, model, arrays):
    """Note what layers do in training beside what the reader saw, by path, or by their order."""
    import compare
    import stepping

    here = stepping.trained(keras, model)
    by_path = {one["path"]: one["numbers"] for one in here}
    listed = job["trained"] if len(job["trained"]) == len(here) else []
    by_order = {path: one["numbers"] for (path, _, _), one in zip(listed, here)}
    found = []
    for number, (path, _, names) in enumerate(job["trained"]):
        numbers = by_path.get(path) or by_order.get(path) or {}
        for name, was in zip(names, crossing.taken("t%d" % number, arrays)):
            if name in numbers:
                compared = compare.arrays(was, numbers[name])
                found.append({"path": path, "name": name, "compared": compared})
    return found


def _change(weights, sight, held):
    import compare
    from digests import digest

    sight.begin()
    started = time.process_time()
    known = set(map(digest, held))
    for weight, size in sight.change(weights):
        weight.size = size
    return {
        "how": sight.look.how,
        "weights": [
            [one.path, one.name, compare.number(one.size), one.digest in known]
            for one in weights
            if one.size is not None
        ],
        "left": [[one.path, one.name] for one in weights if one.size is None],
        "seconds": round(time.process_time() - started, 3),
    }


if __name__ == "__main__":
    crossing.run(main)
