"""Save a reference model in every format, and what it does beside it. Python 3.6 to 3.13.

The job: ``kind`` "save", ``model``, ``family`` (path), ``formats`` [ids], ``folder`` (gets one
sub-folder a format, and ``expected``; whatever was there goes).
"""

import json
import os
import shutil

import compare
import framework
import reference


class NotRepeatable(Exception):
    """Building and training a model twice gave two models."""


def save(job, state):
    """Record what the model does after one training step, then save it, anew for each format.

    Anew, because saving changes a model: once Keras 3 has saved a .h5, the .keras that it saves
    next has lost its optimizer. A person who saves once does not see that.
    """
    state.phase("build")
    recipe = Recipe(state.keras, job)
    thrown_away = recipe.build()
    state.random = framework.is_compiled(thrown_away) and framework.is_random(
        state.keras, thrown_away, recipe.inputs
    )
    try:
        _save_all(job, state, recipe)
    except NotRepeatable:
        if state.random:
            raise
        # Graphs cannot be asked whether they draw; this one does.
        state.random = True
        _save_all(job, state, recipe)


class Recipe(object):
    """What a reference model is built from, fed with and trained on."""

    def __init__(self, keras, job):
        self._keras, self._model = keras, job["model"]
        self._namespace = reference.family(job["family"])
        names, self.input_arrays = reference.inputs(self._namespace, self._model)
        by_name = reference.is_fed_by_name(self._namespace, self._model)
        self.input_names = names if by_name else None
        self.inputs = framework.fed(self.input_arrays, self.input_names)
        self.arguments = reference.arguments(self._namespace, "SAVE_ARGUMENTS", self._model)
        loading = reference.arguments(self._namespace, "ARGUMENTS", self._model)
        # Whether the person who saves and loads wants what the model was compiled with.
        self.compiled = all(
            (self.arguments.get("include_optimizer", True), loading.get("compile", True))
        )

    def build(self):
        model = self._namespace[self._model](self._keras)
        if not model.built:  # it learns its shapes when it is first called
            framework.predict(model, self.inputs)
        reference.set_weights(self._keras, model, "weights:" + self._model)
        return model

    def targets(self, outputs):
        shapes = [array.shape for _, array in outputs]
        return reference.targets(self._namespace, self._model, shapes)


def _save_all(job, state, recipe):
    """Record a model and save it in each format; NotRepeatable if they would not be the same."""
    shutil.rmtree(job["folder"], ignore_errors=True)
    keras, inputs = state.keras, recipe.inputs
    state.start_afresh()
    state.phase("build")
    model = recipe.build()
    state.phase("predict")
    structure, outputs = framework.outputs(framework.predict(model, inputs))
    target_arrays = recipe.targets(outputs)
    target_names = [name for name, _ in outputs] if structure == "dict" else None
    targets = framework.fed(target_arrays, target_names)
    _trained(state, model, inputs, targets)
    state.phase("predict")
    predicted = framework.predict(model, inputs)
    state.phase("compare")
    structure, outputs = framework.outputs(predicted)
    weights = framework.named_weights(keras, model)
    expected = {
        "structure": structure,
        "outputs": [name for name, _ in outputs],
        "weights": [name for name, _ in weights],
        "inputs": len(recipe.input_arrays),
        "input_names": recipe.input_names,
        "targets": len(target_arrays),
        "target_names": target_names,
        "compiled": recipe.compiled and framework.is_compiled(model),
        "optimizer": framework.optimizer(keras, model),
        "trainable": framework.trainable(model),
        "losses": None,
        "random": state.random,
    }
    arrays = _numbered("input", recipe.input_arrays)
    arrays.update(_numbered("target", target_arrays))
    arrays.update(_numbered("output", [array for _, array in outputs]))
    arrays.update(_numbered("weight", [array for _, array in weights]))
    if expected["compiled"] and not state.random:
        state.phase("train")
        losses = framework.train_once(model, inputs, targets)
        state.phase("compare")
        expected["losses"] = [compare.number(loss) for loss in losses]
        after = framework.named_weights(keras, model)
        arrays.update(_numbered("after", [array for _, array in after]))
    write_expected(os.path.join(job["folder"], "expected"), expected, arrays)
    state.facts["formats"] = {}
    for format_id in job["formats"]:
        state.start_afresh()
        state.phase("build")
        again = recipe.build()
        _trained(state, again, inputs, targets)
        state.phase("compare")
        if not compare.same(weights, framework.named_weights(keras, again)):
            raise NotRepeatable("building and training the model twice gave two models")
        state.facts["formats"][format_id] = _save_one(
            state, again, format_id, job["folder"], recipe.arguments
        )


def _numbered(stem, arrays):
    return {"%s_%d" % (stem, index): array for index, array in enumerate(arrays)}


def _trained(state, model, inputs, targets):
    """Take one step, so that there is training state to save; not where no two steps are alike."""
    if framework.is_compiled(model) and not state.random:
        state.phase("train")
        framework.train_once(model, inputs, targets)


def _save_one(state, model, format_id, folder, arguments):
    """Save one format into its own sub-folder; return how that went."""
    target = os.path.join(folder, format_id)
    os.makedirs(target)
    state.phase("save")
    facts = {"error": None, "unsupported": None}
    heard = len(state.hearing.messages)
    try:
        form = reference.form(format_id)
        form.save(state.keras, model, target, arguments)
        if hasattr(form, "instead"):  # the framework may write another format under the name
            facts["unsupported"] = form.instead(os.path.join(target, form.TARGET))
    except Exception as error:
        facts["error"] = state.failed(error)
        error.__traceback__ = None
    state.phase("save")
    facts["messages"] = state.hearing.messages[heard:]
    if facts["error"] or facts["unsupported"]:
        shutil.rmtree(target, ignore_errors=True)
    return facts


def write_expected(folder, expected, arrays):
    """Write what the saving side recorded, for ``loading.Expected``."""
    import numpy as np

    os.makedirs(folder)
    np.savez(os.path.join(folder, "expected.npz"), **arrays)
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, sort_keys=True)
