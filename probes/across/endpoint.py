"""Call a SavedModel by one of its endpoints, and note what it gives: the original of a proof.

Job: ``imports``, ``model``, ``endpoint``, ``tags``, ``stated`` (the endpoint's inputs as the file
states them, [[name, shape, dtype]]), ``given`` (npz of inputs, or null), ``seed``, ``folder``,
``sight``. Facts and arrays are those of extract.py, as far as a graph has such. Python 3.6 to 3.13.
"""

import os
import time

import called
import crossing
import roughness


def main(job, facts):
    keras = crossing.framework_of(job)
    import framework
    import numpy as np

    facts["versions"] = framework.versions(keras)
    facts["phase"] = "load"
    started = time.process_time()
    one = called.Called(job["model"], job["endpoint"], job["tags"], job["stated"])
    names = [name for name, _, _ in job["stated"]]

    def call(arrays):
        return called.outputs(one.call(dict(zip(names, arrays))))

    specs, arrays, (structure, outputs) = _called(job, facts, one, call)
    facts["phase"] = "predict"
    if not _same(outputs, call(arrays)[1]):
        raise ValueError("it gives something else each time that it is called")
    facts["by_name"] = names
    facts["inputs"] = [
        {
            "name": spec["name"],
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "drawn": None if job.get("given") else spec["drawn"],
        }
        for spec, array in zip(specs, arrays)
    ]
    facts["structure"] = structure
    facts["outputs"] = [name for name, _ in outputs]
    facts["alike"] = [bool(len(one) > 1 and (one == one[:1]).all()) for _, one in _ranked(outputs)]
    facts["nan"] = [_share_of_nan(array) for _, array in outputs]
    facts["noise"] = _noise(call, facts["inputs"], arrays, outputs)
    facts.update(config=None, weights=[], taps=[], trained=[], training=None, sets=[])
    facts["cpu"] = time.process_time() - started
    kept = crossing.numbered("in", arrays)
    kept.update(crossing.numbered("out", [array for _, array in outputs]))
    facts["sets"] = [{"why": "the first", "rows": 0, "noise": facts["noise"], "inside": []}]
    for number, (why, given, found, noise) in enumerate(_further(job, facts, specs, arrays, call)):
        facts["sets"].append({"why": why, "rows": 0, "noise": noise, "inside": []})
        kept.update(crossing.numbered("s%d_in" % (number + 1), given))
        kept.update(crossing.numbered("s%d_out" % (number + 1), found))
    np.savez(os.path.join(job["folder"], "arrays.npz"), **kept)


def _called(job, facts, one, call):
    """Return (specs, arrays, what the endpoint gave), of inputs that are given, or suit it."""
    import drawing
    import endpointinputs
    import numpy as np

    listed = endpointinputs.specs(job["stated"], one.operations())
    if job.get("given"):
        facts["phase"] = "inputs"
        with np.load(job["given"]) as given:
            arrays = drawing.arranged(listed[0], {name: given[name] for name in given.files})
        facts["phase"] = "predict"
        return listed[0], arrays, call(arrays)
    facts["phase"] = "predict"
    refused = None
    for specs in listed:
        try:
            return endpointinputs.suited(specs, job["seed"], call)
        except Exception as error:
            refused = refused or error
    raise refused


def _further(job, facts, specs, arrays, call):
    """Yield (why, inputs, outputs, noise) of other inputs, where the endpoint takes them."""
    import variants

    if job.get("given"):
        return
    moving = [dict(one, drawn=one["drawn"] or ["given"]) for one in specs]
    if any(array.ndim == 0 for array in arrays):
        return
    for why, given in variants.always(moving, arrays):
        try:
            found = [array for _, array in call(given)[1]]
            noise = _noise(call, facts["inputs"], given, list(enumerate(found)))
        except Exception:  # these were our wish, not a person's
            continue
        if all(array.size and not _share_of_nan(array) for array in found):
            yield why, given, found, noise


def _noise(call, stated, arrays, outputs):
    """Return how far outputs move, of their largest value, if inputs move by a millionth."""
    moved = roughness.moved(stated, arrays)
    if moved is None:
        return 0.0
    try:
        others = call(moved)[1]
    except Exception:
        return 0.0
    return max([0.0] + [roughness.share(was, now) for (_, was), (_, now) in zip(outputs, others)])


def _same(outputs, again):
    import numpy as np

    return all(
        np.allclose(one, other, 1e-4, 1e-6, equal_nan=True)
        if one.dtype.kind == "f"
        else np.array_equal(one, other)
        for (_, one), (_, other) in zip(outputs, again)
    )


def _ranked(outputs):
    return [(name, array) for name, array in outputs if array.ndim]


def _share_of_nan(array):
    import numpy as np

    if not array.size:
        return 1.0
    return float(np.isnan(array).mean()) if array.dtype.kind == "f" else 0.0


if __name__ == "__main__":
    crossing.run(main)
