"""What is done for one job: save a reference model, or load one artifact. Facts only.

A job is a dict of plain data; the facts are too. Python 3.6 to 3.13. What the framework is asked to
do happens in the phases build, save, load, predict and train; an exception in any other, such as
compare, is the probe's own fault.

Save job: ``kind`` "save", ``model``, ``family`` (path), ``formats`` [ids], ``folder`` (gets one
sub-folder a format, and ``expected``; whatever was there goes). Load job: ``kind`` "load",
``cell``, ``model``, ``family``, ``format``, ``artifact`` (folder), ``expected`` (folder), ``train``
(whether the format carries training state).
"""

import gc
import json
import os
import shutil
import time
import traceback

import compare
import forgetting
import formats
import framework
import reference

SCHEMA = 1


class NotRepeatable(Exception):
    """Building and training a model twice gave two models."""


TRACEBACK_LINES = 40


class Job(object):
    """One job under way: its facts so far, and the phase it is in."""

    def __init__(self, keras, hearing, facts, on_phase, start_afresh):
        self.keras = keras
        self.hearing = hearing
        self.start_afresh = start_afresh
        self.random = False
        self._on_phase = on_phase
        self.facts = facts
        self.facts.update(schema=SCHEMA, error=None, unsupported=None, seconds={})
        self._since = time.time()
        self._phase = None

    def phase(self, name):
        """Enter a phase: what is heard and raised from now on belongs to it."""
        now = time.time()
        if self._phase is not None:
            spent = self.facts["seconds"]
            spent[self._phase] = round(spent.get(self._phase, 0.0) + now - self._since, 4)
        self._since, self._phase = now, name
        self.hearing.phase = name
        self._on_phase(name)

    def failed(self, error):
        return describe(error, self._phase)


def describe(error, phase):
    """Return an exception as plain data; a message that cannot be told is said so."""
    try:
        message = str(error)
    except Exception as second:
        message = "<the exception's own message raised %s>" % type(second).__name__
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    lines = "".join(lines).splitlines()
    if len(lines) > TRACEBACK_LINES:
        kept = TRACEBACK_LINES // 2
        cut = "... %d lines left out ..." % (len(lines) - 2 * kept)
        lines = [*lines[:kept], cut, *lines[-kept:]]
    return {
        "type": type(error).__name__,
        "message": message,
        "errno": getattr(error, "errno", None),
        "phase": phase,
        "traceback": "\n".join(line[:1000] for line in lines),
    }


def run(job, keras, hearing, on_phase, start_afresh):
    """Do one job and return its facts, whatever the framework does short of killing the process.

    ``on_phase(name)`` is told of every phase; ``start_afresh()`` resets the framework as between
    two jobs.
    """
    state = Job(keras, hearing, {"kind": job["kind"]}, on_phase, start_afresh)
    started = time.process_time()
    with hearing:
        try:
            (save if job["kind"] == "save" else load)(job, state)
        except Exception as error:
            state.facts["error"] = state.failed(error)
            error.__traceback__ = None
        except (SystemExit, KeyboardInterrupt) as error:
            state.facts["error"] = state.failed(error)
        # Checkpoints complain of what they could not restore when their objects die.
        if state.facts["error"] is None:
            state.phase("load" if job["kind"] == "load" else "save")
        forgetting.let_go(keras)
        gc.collect()
    state.phase("end")
    state.facts["messages"] = [
        message
        for message in hearing.messages
        if message["phase"] != "end"
        and not (message["channel"] == "native" and message["level"] == "INFO")
    ]
    state.facts["cpu_seconds"] = round(time.process_time() - started, 4)
    return state.facts


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

    def build(self):
        model = self._namespace[self._model](self._keras)
        if not model.built:  # it learns its shapes when it is first called
            framework.predict(model, self.inputs)
        reference.set_weights(model, "weights:" + self._model)
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
        "compiled": framework.is_compiled(model),
        "optimizer": framework.optimizer(keras, model),
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
    _write_expected(os.path.join(job["folder"], "expected"), expected, arrays)
    state.facts["formats"] = {}
    for format_id in job["formats"]:
        state.start_afresh()
        state.phase("build")
        again = recipe.build()
        _trained(state, again, inputs, targets)
        state.phase("compare")
        if not compare.same(weights, framework.named_weights(keras, again)):
            raise NotRepeatable("building and training the model twice gave two models")
        state.facts["formats"][format_id] = _save_one(state, again, format_id, job["folder"])


def _numbered(stem, arrays):
    return {"%s_%d" % (stem, index): array for index, array in enumerate(arrays)}


def _trained(state, model, inputs, targets):
    """Take one step, so that there is training state to save; not where no two steps are alike."""
    if framework.is_compiled(model) and not state.random:
        state.phase("train")
        framework.train_once(model, inputs, targets)


def _save_one(state, model, format_id, folder):
    """Save one format into its own sub-folder; return how that went."""
    target = os.path.join(folder, format_id)
    os.makedirs(target)
    state.phase("save")
    facts = {"error": None, "unsupported": None}
    heard = len(state.hearing.messages)
    try:
        formats.SAVE[format_id](state.keras, model, target)
        formats.check_written(format_id, target)
    except formats.Unsupported as error:
        facts["unsupported"] = str(error)
    except Exception as error:
        facts["error"] = state.failed(error)
        error.__traceback__ = None
    state.phase("save")
    facts["messages"] = state.hearing.messages[heard:]
    if facts["error"] or facts["unsupported"]:
        shutil.rmtree(target, ignore_errors=True)
    return facts


def _write_expected(folder, expected, arrays):
    import numpy as np

    os.makedirs(folder)
    np.savez(os.path.join(folder, "expected.npz"), **arrays)
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, sort_keys=True)


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
    state.phase("build")
    model = _load(job, state, namespace, inputs)
    state.phase("predict")
    predicted = framework.predict(model, inputs)
    state.phase("compare")
    structure, outputs = framework.outputs(predicted)
    facts["structure"] = [expected.facts["structure"], structure]
    wanted = expected.named("output", expected.facts["outputs"])
    facts["output_names"] = [[name for name, _ in wanted], [name for name, _ in outputs]]
    facts["outputs"] = [compare.arrays(one, other) for (_, one), (_, other) in zip(wanted, outputs)]
    saved = expected.named("weight", expected.facts["weights"])
    loaded = framework.named_weights(keras, model)
    order, facts["weights"] = compare.weights(saved, loaded)
    facts["compiled"] = [expected.facts["compiled"], framework.is_compiled(model)]
    if not job["train"] or not expected.facts["compiled"]:
        return
    if job["format"] not in formats.LOAD_INTO:
        # A model built by code has its settings from there, and a checkpoint fills the state later.
        facts["optimizer"] = [expected.facts["optimizer"], framework.optimizer(keras, model)]
    if not facts["compiled"][1]:
        return
    targets = expected.listed("target", expected.facts["targets"])
    by_name = expected.facts["target_names"]
    if job["format"] in formats.LOAD_INTO:
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
    facts["step"] = compare.step(saved, after, stepped, order)


def _load(job, state, namespace, inputs):
    keras, format_id = state.keras, job["format"]
    if format_id in formats.LOAD_INTO:
        model = reference.architecture(namespace, job["model"])(keras)
        if not model.built:
            framework.predict(model, inputs)
        arguments = reference.arguments(namespace, job["model"])
        state.phase("load")
        formats.LOAD_INTO[format_id](keras, job["artifact"], model, arguments)
        return model
    objects = reference.custom_objects(namespace, keras, job["model"])
    state.phase("load")
    return formats.LOAD[format_id](keras, job["artifact"], objects)
