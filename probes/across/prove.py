"""Load what was delivered as a person would, in a fresh process, and compare it with the original.

Job: ``imports``, ``model``, ``format``, ``custom``, ``folder``, ``arrays`` (npz of the reader),
``outputs`` [names], ``inputs_count``, ``inputs_by_name``. Facts: ``compared`` [one for each output,
as in compare.py], ``structure``, ``optimizer``, ``finite``.
"""

import crossing


def main(job, facts):
    keras = crossing.framework_of(job)
    import compare
    import framework
    import numpy as np

    facts["versions"] = framework.versions(keras)
    facts["phase"] = "load"
    model = crossing.load(keras, job, compiled=job.get("compiled", True))
    facts["phase"] = "predict"
    arrays = np.load(job["arrays"])
    structure, outputs = crossing.predict(model, crossing.feed(job, arrays))
    facts["structure"] = structure
    facts["phase"] = "compare"
    expected = [(name, arrays["out_%d" % index]) for index, name in enumerate(job["outputs"])]
    facts["count"] = [len(expected), len(outputs)]
    facts["compared"] = [
        compare.arrays(left, right) for (_, left), (_, right) in zip(expected, outputs)
    ]
    facts["optimizer"] = framework.optimizer(keras, model)
    facts["compiled"] = framework.is_compiled(model)
    facts["parameters"] = int(model.count_params())


if __name__ == "__main__":
    crossing.run(main)
