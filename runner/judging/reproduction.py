"""A cell as a stand-alone script: no caniload in it, just what a person would type."""

from __future__ import annotations

import ast
import json
import shlex
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.version import Version

from caniload.runner.core import texts
from caniload.runner.core.cells import Cell
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import JudgedCell
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import inlined
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence.artifacts import intact
from caniload.runner.evidence.known import Evidence
from caniload.runner.judging.assemble import Assembly
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import versions
from caniload.runner.matrix.reference import Form, keywords, read_form
from caniload.runner.matrix.schema import Environment

IMPORTS = {
    "tensorflow.keras": "import tensorflow as tf\n\nkeras = tf.keras",
    "keras": "import keras",
    "tf_keras": "import tf_keras as keras",
}

COMPARE = """\
def gap(recorded, got):
    \"\"\"Return the largest absolute difference between two lists of arrays.\"\"\"
    was, now = [a.shape for a in recorded], [np.shape(b) for b in got]
    if was != now:
        return "nothing that can be compared: shapes %s, recorded %s" % (now, was)
    pairs = [(a.astype("float64"), np.asarray(b, "float64")) for a, b in zip(recorded, got)]
    gaps = [np.abs(np.where((a == b) | ((a != a) & (b != b)), 0, a - b)) for a, b in pairs]
    return float(max((one.max() for one in gaps if one.size), default=0.0))


def variables(model):
    \"\"\"Return all weights, layer by layer, those of an inner model in its place.\"\"\"
    found = []
    for layer in getattr(model, "layers", None) or []:
        inner = getattr(layer, "layers", None) and hasattr(layer, "get_layer")
        found += variables(layer) if inner else layer.weights
    held = {id(one) for one in found}
    found += [one for one in model.weights if id(one) not in held]
    return [one for one in found if not hasattr(one, "num_tensors")]  # no tables of lookups


def weights(model):
    if hasattr(keras, "ops"):
        return [np.array(keras.ops.convert_to_numpy(one)) for one in variables(model)]
    return keras.backend.batch_get_value(variables(model))


def recorded(stem):
    \"\"\"Return the arrays of that name which the saving side recorded.\"\"\"
    names = ["%s_%d" % (stem, number) for number in range(len(expected.files))]
    return [expected[name] for name in names if name in expected.files]
"""

MEASURE = """\
outputs = {predicted}
names = sorted(outputs) if isinstance(outputs, dict) else None
if names:
    outputs = [outputs[name] for name in names]
elif not isinstance(outputs, (list, tuple)):
    outputs = [outputs]
print("outputs differ by at most", gap(recorded("output"), outputs))
"""

WEIGHTS = """\
print("weights differ by at most", gap(recorded("weight"), weights(model)))
"""

OPTIMIZER = """\
if getattr(model, "optimizer", None) is not None:
    print("optimizer", type(model.optimizer).__name__, model.optimizer.get_config())
print("saved with", {saved})
"""

TRAIN = """\
if getattr(model, "optimizer", None) is not None:
    targets = {targets}
    if hasattr(model, "reset_metrics"):
        model.reset_metrics()
    {eagerly}losses = model.train_on_batch(inputs, targets)
    print("a training step reports", losses, "and reported", {losses})
    print("weights after it differ by at most", gap(recorded("after"), weights(model)))
"""

LET_GO = """\
import gc
import traceback

failed = 0
try:
{body}
except Exception:
    traceback.print_exc()
    failed = 1

# A checkpoint tells what it could not restore when its objects die, at the end of a program perhaps
# too late to be heard.
del model
{graph}gc.collect()
raise SystemExit(failed)
"""

ONE_PROCESSOR = """\
import os

# This TensorFlow starts a thread for each processor it may use; with two, Adam's step is a race.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
"""


def script(evidence: Evidence, cell_id: str, locks: Path = LOCKS) -> str:
    """Return the script for a cell; ``UsageError`` where there is no such run to repeat."""
    cell, judged = _find(evidence, cell_id)
    saved = evidence.saved(cell.artifact)
    if saved is None or judged.outcome is Outcome.UNTESTED:
        raise UsageError(f"{cell_id} has no run to repeat: {judged.reason}")
    if not all(intact(one, evidence.home.artifacts) for one in (saved.file, saved.expected)):
        raise UsageError(
            f"the files of {cell_id} are gone or altered; `caniload matrix` makes them again"
        )
    folder = evidence.home.artifacts / saved.file.path
    beside = evidence.home.artifacts / saved.expected.path
    recorded = json.loads((beside / "expected.json").read_text(encoding="utf-8"))
    expected = f"expected = np.load({str(beside / 'expected.npz')!r})"
    there = evidence.plan.matrix.environment(cell.loaded_by)
    parts = [
        _head(evidence, cell, judged),
        inlined.header(there, locks),
        inlined.variables(there),
        _imports(evidence.plan.matrix.environment(cell.loaded_by)),
        _definitions(evidence, cell),
        f"folder = {str(folder)!r}\n{expected}",
        COMPARE + f"\n\ninputs = {_fed('input', recorded, recorded['input_names'])}",
        _in_full(
            evidence,
            cell,
            _loading(evidence, cell)
            + "\n\n"
            + _measuring(read_form(cell.artifact.format))
            + _training(evidence, cell, recorded),
        ),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _find(evidence: Evidence, cell_id: str) -> tuple[Cell, JudgedCell]:
    for cell in (*evidence.plan.cells, *evidence.plan.controls):
        if cell.id == cell_id:
            assembly = Assembly(evidence=evidence, batch=0)
            return cell, assembly.cell(cell)
    raise planning.no_cell(cell_id)


def _head(evidence: Evidence, cell: Cell, judged: JudgedCell) -> str:
    environment = evidence.plan.matrix.environment(cell.loaded_by)
    variables = {"HOME": "/tmp", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}  # noqa: S108
    variables |= replay_variables(environment)
    command = ["env", "-i", *(f"{key}={value}" for key, value in variables.items())]
    command += [str(evidence.home.python(cell.loaded_by)), "cell.py"]
    reason = texts.told(judged.reason)[:200]
    told = judged.derived and f"# told from {judged.derived['from']}; this runs the cell itself\n"
    return (
        f"# {cell.id}: {judged.outcome}, {reason}\n"
        f"{told or ''}"
        f"# Run it with\n"
        f"#   caniload reproduce {shlex.quote(cell.id)} > cell.py\n"
        f"#   {shlex.join(command)}\n"
        f"{_by_uv(environment)}"
    )


def _by_uv(environment: Environment) -> str:
    """Say how it runs in an environment that uv makes of what is stated below."""
    if frameworks().lacks(environment.python, "uv"):
        return (
            f"# or with `uv run cell.py`, if a Python {environment.python} is here: uv brings none"
        )
    return "# or, in an environment that uv makes of what is stated here, with\n#   uv run cell.py"


def _imports(environment: Environment) -> str:
    imports = "import numpy as np\n" + IMPORTS[environment.imports]
    known = _tensorflow(environment)
    raced = known is not None and known < frameworks().since.tensorflow_threads
    return f"{ONE_PROCESSOR}\n{imports}" if raced else imports


def _tensorflow(environment: Environment) -> Version | None:
    return versions(environment).get("tensorflow")


def _has_graphs(environment: Environment) -> bool:
    known = _tensorflow(environment)
    return known is not None and known < frameworks().since.tensorflow_eager


def _in_full(evidence: Evidence, cell: Cell, body: str) -> str:
    """Return the statements so that all is heard that a checkpoint has to say."""
    if cell.artifact.format != "checkpoint":
        return body
    graphs = _has_graphs(evidence.plan.matrix.environment(cell.loaded_by))
    graph = "keras.backend.clear_session()\n" if graphs else ""
    return LET_GO.format(body=textwrap.indent(body.strip("\n"), "    "), graph=graph)


def _definitions(evidence: Evidence, cell: Cell) -> str:
    """Return the code of the model, or of its own layers, where loading needs it."""
    family, model = evidence.family(cell.artifact.model), cell.artifact.model
    if read_form(cell.artifact.format).into_code:
        return "\n\n\n".join(filter(None, (family.source(model), family.source_there(model))))
    definer = family.definer(model)
    return family.sources[definer] if definer else ""


def _loading(evidence: Evidence, cell: Cell) -> str:
    family, model = evidence.family(cell.artifact.model), cell.artifact.model
    form = read_form(cell.artifact.format)
    given = keywords(family.arguments.get(model, {}))
    body = _body(form.load_code).replace(", **arguments", given)
    if form.into_code:
        build = "if not model.built:\n    model.predict(inputs, verbose=0)"
        return f"model = {family.builder(model)}(keras)\n{build}\n{body}"
    definer = family.definer(model)
    objects = f"{definer}(keras)" if definer else "None"
    if model in family.registered:
        return f"{objects}  # registers its classes\ncustom_objects = None\n{body}"
    return f"custom_objects = {objects}\n{body}"


def _measuring(form: Form) -> str:
    if form.serves:
        return f"{form.serves}\n\n\n" + MEASURE.format(predicted="predict(model, inputs)")
    return MEASURE.format(predicted="model.predict(inputs, verbose=0)") + WEIGHTS


def _body(source: str) -> str:
    """Return the statements of a small function, with its result in ``model``."""
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - probes/formats.py holds functions
    lines = textwrap.dedent("\n".join(source.splitlines()[function.body[0].lineno - 1 :]))
    lines = lines.replace("return model\n", "").removesuffix("return model")
    return lines.replace("return ", "model = ")


def _fed(stem: str, recorded: Mapping[str, Any], names: object) -> str:
    """Return the expression for inputs or targets as a person hands them over."""
    if names is not None:
        return f'dict(zip({names!r}, recorded("{stem}")))'
    return f'recorded("{stem}")' + ("[0]" if recorded[f"{stem}s"] == 1 else "")


def _targets(cell: Cell, recorded: Mapping[str, Any]) -> str:
    names = recorded["target_names"]
    if not read_form(cell.artifact.format).into_code or (
        names is None and recorded["targets"] == 1
    ):
        return _fed("target", recorded, names)
    # The loading side's code decides whether outputs have names here.
    listed = _fed("target", recorded, None)
    return f'dict(zip(names, recorded("target"))) if names else {listed}'


def _training(evidence: Evidence, cell: Cell, recorded: Mapping[str, Any]) -> str:
    if not evidence.trains(cell) or not recorded["compiled"]:
        return ""
    graphs = _has_graphs(evidence.plan.matrix.environment(cell.loaded_by))
    eager = not graphs and cell.artifact.format != "savedmodel"
    text = (
        ""
        if cell.artifact.format == "checkpoint"
        else OPTIMIZER.format(saved=recorded["optimizer"])
    )
    return text + TRAIN.format(
        eagerly="model.run_eagerly = True\n    " if eager else "",
        targets=_targets(cell, recorded),
        losses=recorded["losses"],
    )
