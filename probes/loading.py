"""Load one artifact as a person would, and measure what came back. Python 3.6 to 3.13.

The job: ``kind`` "load", ``cell``, ``model``, ``family`` (path), ``format``, ``artifact`` (folder),
``expected`` (folder), ``train`` (whether the format carries training state).
"""

import json
import os

import compare
import framework
import reference


class Expected(object):
    """What the saving side recorded beside the artifact."""

    def __init__(self, folder):
        import numpy as np

        with open(os.path.join(folder, "expected.json")) as file:
            self.facts = json.load(file)
        with np.load(os.path.join(folder, "expected.npz"), allow_pickle=False) as arrays:
            self.arrays = {name: arrays[name] for name in arrays.files}

    def listed(self, stem, count):
        return [self.arrays["%s_%d" % (stem, index)] for index in range(count)]

    def named(self, stem, names):
        return list(zip(names, self.listed(stem, len(names))))

    def inputs(self):
        """Return the inputs as the saving side fed them."""
        arrays = self.listed("input", self.facts["inputs"])
        return framework.fed(arrays, self.facts["input_names"])


def load(job, state):
    """Load one artifact as a person would and measure it against what the saving side recorded."""
    keras, facts = state.keras, state.facts
    expected = Expected(job["expected"])
    namespace = reference.family(job["family"])
    inputs = expected.inputs()
    form = reference.form(job["format"])
    state.phase("build")
    model = _load(job, state, form, namespace, inputs)
    state.phase("predict")
    predicted = getattr(form, "predict", framework.predict)(model, inputs)
    state.phase("compare")
    structure, outputs = framework.outputs(predicted)
    facts["structure"] = [expected.facts["structure"], structure]
    wanted = expected.named("output", expected.facts["outputs"])
    facts["output_names"] = [[name for name, _ in wanted], [name for name, _ in outputs]]
    facts["outputs"] = [compare.arrays(one, other) for (_, one), (_, other) in zip(wanted, outputs)]
    if hasattr(
        form, "predict"
    ):  # what serves gives numbers, and shows neither weights nor training
        return
    saved = expected.named("weight", expected.facts["weights"])
    loaded = framework.named_weights(keras, model)
    order, facts["weights"] = compare.weights(saved, loaded)
    facts["compiled"] = [expected.facts["compiled"], framework.is_compiled(model)]
    into_code = hasattr(form, "load_into")
    if not job["train"] or not expected.facts["compiled"]:
        return
    if not into_code:
        # A model built by code has its settings from there, and a checkpoint fills the state later.
        facts["optimizer"] = [expected.facts["optimizer"], framework.optimizer(keras, model)]
    if not facts["compiled"][1]:
        return
    targets = expected.listed("target", expected.facts["targets"])
    by_name = expected.facts["target_names"]
    if into_code:
        # The loading side's code decides whether outputs have names here.
        by_name = [name for name, _ in outputs] if structure == "dict" else None
    state.phase("train")
    losses = framework.train_once(
        model, inputs, framework.fed(targets, by_name), eagerly=job["format"] != "savedmodel"
    )
    state.phase("compare")
    if expected.facts["random"]:
        return
    facts["losses"] = [expected.facts["losses"], [compare.number(loss) for loss in losses]]
    after = expected.named("after", expected.facts["weights"])
    stepped = framework.named_weights(keras, model)
    facts["step"] = compare.step(saved, after, stepped, order, facts["weights"]["turned"])


def _load(job, state, form, namespace, inputs):
    keras, model_id = state.keras, job["model"]
    arguments = reference.arguments(namespace, "ARGUMENTS", model_id)
    if hasattr(form, "load_into"):
        model = reference.architecture(namespace, model_id)(keras)
        if not model.built:
            framework.predict(model, inputs)
        state.phase("load")
        form.load_into(keras, job["artifact"], model, arguments)
        return model
    objects = reference.custom_objects(namespace, keras, model_id)
    state.phase("load")
    return form.load(keras, job["artifact"], objects, arguments)
