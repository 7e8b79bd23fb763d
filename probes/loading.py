"""Load one artifact as a person would, and measure what came back. Python 3.6 to 3.13.

The job: ``kind`` "load", ``cell``, ``model``, ``family`` (path), ``format``, ``artifact`` (folder),
``expected`` (folder), ``train`` (whether the format carries training state), and ``also``: folders
like ``expected`` of other environments that wrote the same content and are fed the same. What was
loaded is measured against each of them, too; the facts that differ stand in their place in
``facts["also"]``.
"""

import json
import os

import compare
import framework
import reference
import touching


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
    """Load one artifact as a person would and measure it against what the saving sides recorded."""
    expected = Expected(job["expected"])
    inputs = expected.inputs()
    namespace = reference.family(job["family"])
    form = reference.form(job["format"])
    facts, came_back = state.facts, Loaded(form)
    try:
        with touching.Touching([job["artifact"], job["expected"]], state.hearing.folder) as touched:
            facts["touched"] = touched
            _measure(job, state, expected, came_back, namespace, inputs)
    except Exception:
        facts["also"] = _against_others(job, came_back)
        raise
    facts["also"] = _against_others(job, came_back)


def _against_others(job, came_back):
    """Return what differs against each of the other saving sides, as far as was come."""
    found = []
    for folder in job.get("also", ()):
        facts, expected = {}, Expected(folder)
        if came_back.outputs is not None:
            order = _compare(job, facts, expected, came_back)
            if came_back.stepped is not None:
                _compare_step(facts, expected, came_back, order)
        found.append(facts)
    return found


class Loaded(object):
    """What was measured of a loaded model so far; ``None`` is what was not come to."""

    def __init__(self, form):
        self.serves = hasattr(form, "predict")
        self.into_code = hasattr(form, "load_into")
        self.structure = self.outputs = self.weights = None
        self.trainable = self.compiled = self.optimizer = None
        self.losses = self.stepped = None


def _measure(job, state, expected, came_back, namespace, inputs):
    """Load, predict and train, comparing with ``expected`` as soon as there is something to."""
    keras, facts = state.keras, state.facts
    form = reference.form(job["format"])
    state.phase("build")
    model = _load(job, state, form, namespace, inputs)
    state.phase("predict")
    predicted = getattr(form, "predict", framework.predict)(model, inputs)
    state.phase("compare")
    came_back.structure, came_back.outputs = framework.outputs(predicted)
    facts["signatures"] = framework.signatures(model)
    if came_back.serves:  # gives numbers, and shows neither weights nor training
        _compare(job, facts, expected, came_back)
        return
    came_back.weights = framework.named_weights(keras, model)
    came_back.trainable = framework.trainable(model)
    came_back.compiled = framework.is_compiled(model)
    trains = job["train"] and expected.facts["compiled"]
    if trains and not came_back.into_code:
        # A model built by code has its settings from there, and a checkpoint fills the state later.
        came_back.optimizer = framework.optimizer(keras, model)
    order = _compare(job, facts, expected, came_back)
    if not trains or not came_back.compiled:
        return
    targets = expected.listed("target", expected.facts["targets"])
    by_name = expected.facts["target_names"]
    if came_back.into_code:
        # The loading side's code decides whether outputs have names here.
        names = [name for name, _ in came_back.outputs]
        by_name = names if came_back.structure == "dict" else None
    state.phase("train")
    losses = framework.train_once(
        model, inputs, framework.fed(targets, by_name), eagerly=job["format"] != "savedmodel"
    )
    state.phase("compare")
    if expected.facts["random"]:
        return
    came_back.losses = [compare.number(loss) for loss in losses]
    came_back.stepped = framework.named_weights(keras, model)
    _compare_step(facts, expected, came_back, order)


def _compare(job, facts, expected, came_back):
    """Write into ``facts`` how what came back compares; return how weights were paired."""
    said = expected.facts
    facts["structure"] = [said["structure"], came_back.structure]
    wanted = expected.named("output", said["outputs"])
    facts["output_names"] = [[name for name, _ in one] for one in (wanted, came_back.outputs)]
    facts["outputs"] = [
        compare.arrays(one, other) for (_, one), (_, other) in zip(wanted, came_back.outputs)
    ]
    if came_back.serves:
        return None
    saved = expected.named("weight", said["weights"])
    order, facts["weights"] = compare.weights(saved, came_back.weights)
    facts["compiled"] = [said["compiled"], came_back.compiled]
    facts["trainable"] = [said["trainable"], came_back.trainable]
    if job["train"] and said["compiled"] and not came_back.into_code:
        facts["optimizer"] = [said["optimizer"], came_back.optimizer]
    return order


def _compare_step(facts, expected, came_back, order):
    """Write into ``facts`` how the training step after loading compares."""
    facts["losses"] = [expected.facts["losses"], came_back.losses]
    names = expected.facts["weights"]
    saved, after = expected.named("weight", names), expected.named("after", names)
    turned = facts["weights"]["turned"]
    facts["step"] = compare.step(saved, after, came_back.stepped, order, turned)


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
