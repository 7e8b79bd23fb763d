"""Load a person's own model as they would type it, and measure it; facts only.

A job is a dict of plain data: ``kind`` "load", ``role``, ``format``, ``path``, ``weights`` (of a
JSON or YAML architecture, else ``None``), ``custom`` (see custom.py), ``build`` (of weights alone:
which function builds the model), ``inputs`` (.npz of theirs or
``None``), ``stated`` (inputs that the file states: [[name, shape, dtype]]), ``losses`` (their
names), ``train`` (whether the format carries training state), ``iterations`` (steps that the
optimizer in the file has taken, as it states), ``frozen`` (layers that it states to be: [[model
around, name]]), ``expected`` (folder).

In the role "reference" the model becomes what others are compared with: its inputs, outputs,
weights and a training step are written to ``expected``, in the layout of saving.py. In the role
"compare" the same is done again and compared. Python 3.6 to 3.13.
"""

import os
import shutil

import compare
import custom
import feeding
import framework
import loading
import saving


def load(job, state):
    """Do one job; stands in for ``loading.load``."""
    state.phase("build")
    objects = custom.objects(state.keras, job["custom"])
    state.phase("load")
    model = READ[job["format"]](state.keras, job, objects, state)
    (_record if job["role"] == "reference" else _compare)(job, state, model)


def _load_model(keras, job, objects, state):
    return keras.models.load_model(job["path"], custom_objects=objects)


def _from_json(keras, job, objects, state):
    with open(job["path"]) as file:
        model = keras.models.model_from_json(file.read(), custom_objects=objects)
    model.load_weights(job["weights"])
    return model


def _from_yaml(keras, job, objects, state):
    with open(job["path"]) as file:
        model = keras.models.model_from_yaml(file.read(), custom_objects=objects)
    model.load_weights(job["weights"])
    return model


def _built(keras, job, objects, state):
    """Build the model by the person's function, and load its weights."""
    state.phase("build")
    state.facts["building"] = True  # what is raised now is their function's
    model = custom.built(keras, job["build"])
    if not hasattr(model, "load_weights"):
        raise TypeError("%s returned no model" % job["build"]["factory"])
    state.facts["building"] = False
    state.phase("load")
    status = model.load_weights(job["path"])
    if hasattr(status, "assert_existing_objects_matched"):  # of a checkpoint
        status.assert_existing_objects_matched()
    return model


READ = {
    "h5": _load_model,
    "keras": _load_model,
    "savedmodel": _load_model,
    "json": _from_json,
    "yaml": _from_yaml,
    "weights-h5": _built,
    "checkpoint": _built,
}


def _record(job, state, model):
    """Write down what the model is here: the reference of all that is measured elsewhere."""
    keras, facts = state.keras, state.facts
    state.phase("compare")
    weights = framework.named_weights(keras, model)
    optimizer = framework.optimizer(keras, model) if job["train"] else None
    if optimizer is not None and job["iterations"] is not None:
        # What loading loses even here is seen where this environment is compared with itself.
        optimizer["iterations"] = job["iterations"]
    fed, (structure, outputs) = feeding.feed(job, state, model)
    target_names = [name for name, _ in outputs] if structure == "dict" else None
    expected = {
        "structure": structure,
        "outputs": [name for name, _ in outputs],
        "weights": [name for name, _ in weights],
        "inputs": len(fed.arrays),
        "input_names": fed.names,
        "targets": 0,
        "target_names": target_names,
        "compiled": framework.is_compiled(model),
        "optimizer": optimizer,
        "trainable": _trainable(model, job["frozen"]),
        "signatures": framework.signatures(model),
        "losses": None,
    }
    arrays = _numbered("input", fed.arrays)
    arrays.update(_numbered("output", [array for _, array in outputs]))
    arrays.update(_numbered("weight", [array for _, array in weights]))
    facts["fed"] = fed.described
    if expected["compiled"] and job["train"]:
        targets = feeding.targets(job["losses"], [array.shape for _, array in outputs])
        expected["targets"] = len(targets)
        arrays.update(_numbered("target", targets))
        if _train(
            state,
            model,
            job["format"],
            [feeding.given(keras, fed.arrays, fed.names), targets],
            expected,
        ):
            after = [array for _, array in framework.named_weights(keras, model)]
            arrays.update(_numbered("after", after))
    shutil.rmtree(job["expected"], ignore_errors=True)
    saving.write_expected(job["expected"], expected, arrays)


def _trainable(model, stated=()):
    """Return what is frozen, if it can be asked; also what the file states to be, where asked for.

    What loading forgets even here is seen where this environment is compared with itself.
    """
    if not hasattr(model, "trainable"):
        return None
    found, wanted = framework.trainable(model), {tuple(one) for one in stated}
    forgotten = [
        path
        for path, _ in framework.layers_of(model)
        if path not in found["frozen"] and tuple([None, *path.split("/")][-2:]) in wanted
    ]
    return dict(found, frozen=found["frozen"] + forgotten)


def _train(state, model, format_id, batch, expected):
    """Take the step that others repeat; say whether there was one that can be compared.

    What raises here is recorded where the model is compared with itself.
    """
    inputs, targets = batch
    given = framework.fed(targets, expected["target_names"])
    state.phase("train")
    try:
        losses = framework.train_once(model, inputs, given, eagerly=format_id != "savedmodel")
    except Exception as error:
        error.__traceback__ = None
        state.phase("compare")
        return False
    state.phase("compare")
    numbers = [compare.number(loss) for loss in losses]
    if not all(isinstance(one, float) for one in numbers):  # nan compares with nothing
        return False
    expected["losses"] = numbers
    return True


def _numbered(stem, arrays):
    return {"%s_%d" % (stem, index): array for index, array in enumerate(arrays)}


def _compare(job, state, model):
    """Measure the model against the reference; facts as those of loading.load."""
    keras, facts = state.keras, state.facts
    state.phase("compare")
    expected = loading.Expected(os.path.abspath(job["expected"]))
    was = expected.facts
    inputs = feeding.given(keras, expected.listed("input", was["inputs"]), was["input_names"])
    saved = expected.named("weight", was["weights"])
    loaded = framework.named_weights(keras, model)
    order, facts["weights"] = compare.weights(saved, loaded)
    facts["compiled"] = [was["compiled"], framework.is_compiled(model)]
    facts["trainable"] = [was["trainable"], _trainable(model)]
    facts["signatures"] = [was["signatures"], framework.signatures(model)]
    compared = job["train"] and was["compiled"]
    if compared:
        facts["optimizer"] = [was["optimizer"], framework.optimizer(keras, model)]
    state.phase("predict")
    predicted = framework.predict(model, inputs)
    state.phase("compare")
    structure, outputs = framework.outputs(predicted)
    facts["structure"] = [was["structure"], structure]
    wanted = expected.named("output", was["outputs"])
    facts["output_names"] = [[name for name, _ in wanted], [name for name, _ in outputs]]
    facts["outputs"] = [compare.arrays(one, other) for (_, one), (_, other) in zip(wanted, outputs)]
    if not compared or not facts["compiled"][1]:
        return
    targets = framework.fed(expected.listed("target", was["targets"]), was["target_names"])
    state.phase("train")
    losses = framework.train_once(model, inputs, targets, eagerly=job["format"] != "savedmodel")
    state.phase("compare")
    if was["losses"] is None:
        return
    facts["losses"] = [was["losses"], [compare.number(loss) for loss in losses]]
    stepped = framework.named_weights(keras, model)
    facts["step"] = compare.step(
        saved, expected.named("after", was["weights"]), stepped, order, facts["weights"]["turned"]
    )
