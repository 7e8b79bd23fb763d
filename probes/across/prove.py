"""Load what was delivered as a person would, in a fresh process, and compare it with the original.

Job: ``imports``, ``model``, ``format``, ``custom``, ``folder``, ``arrays`` (npz of the reader),
``outputs`` [names], ``inputs_count``, ``inputs_by_name``. Facts: ``compared`` [one for each output,
as in compare.py], ``structure``, ``optimizer``, ``finite``.
"""

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
        structure, outputs = ("array", outputs) if len(outputs) == 1 else (structure, outputs)
        facts["structure"] = structure
        _compare(job, facts, arrays, outputs)
        return
    model = crossing.load(keras, job, compiled=job.get("compiled", True))
    facts["phase"] = "predict"
    structure, outputs = crossing.predict(model, fed)
    facts["structure"] = structure
    _compare(job, facts, arrays, outputs)
    facts["optimizer"] = framework.optimizer(keras, model)
    facts["compiled"] = framework.is_compiled(model)
    facts["parameters"] = int(model.count_params())


def _compare(job, facts, arrays, outputs):
    import compare

    facts["phase"] = "compare"
    expected = [(name, arrays["out_%d" % index]) for index, name in enumerate(job["outputs"])]
    facts["count"] = [len(expected), len(outputs)]
    facts["compared"] = [
        compare.arrays(left, right) for (_, left), (_, right) in zip(expected, outputs)
    ]


if __name__ == "__main__":
    crossing.run(main)
