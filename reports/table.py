"""Judged matrix -> the one table, a row for each planned cell, from which all else is computed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from caniload.reports.text import CleanMatrix, ingest
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome

COLUMNS: dict[str, str] = {
    "id": "save environment / model.format / load environment",
    "save": "environment that saved the file",
    "model": "reference model",
    "format": "file format",
    "load": "environment that loads the file",
    "outcome": "na, identical, tolerance, warning, workaround, error, crash, differs or untested",
    "reason": "the verdict in one sentence",
    "signature": "groups cells that failed alike",
    "cause": "id of the catalogue's entry for what was raised or must be acted on",
    "error_type": "name of the exception's type",
    "error_message": "the exception's whole message",
    "error_phase": "import, build, save, load, predict or train",
    "error_traceback": "the exception's traceback",
    "warnings": "JSON list of the messages heard, each with channel, category, level, text, phase",
    "compared": "whether outputs were compared; true with an empty max_*_diff means not a number",
    "max_abs_diff": "largest absolute difference over all outputs",
    "max_rel_diff": "largest relative difference over all outputs",
    "max_ulp_diff": "largest difference in units in the last place",
    "differences": "JSON list of what differs, each with what, text, size, unit",
    "damage": "how a control file was spoilt after saving; empty for every other file",
    "control": "a control: not part of the matrix",
    "evidence": "false where a control failed, so that the cell proves nothing",
    "repeatable": "false where two runs of the cell disagreed",
    "solo": "whether the recorded run had a process to itself",
    "artifact": "where the saved file is kept",
    "artifact_sha256": "hash of the saved file",
    "artifact_bytes": "size of the saved file",
    "python": "interpreter that loaded it",
    "variables": "JSON object of the environment variables that were set",
    "seconds": "time that loading and comparing took",
    "repeat": "command that runs the cell again; empty where caniload reproduce with its id does",
}
"""Every column with its meaning, in order; data.html prints this."""

_TYPES = {
    "compared": "bool",
    "max_abs_diff": "float64",
    "max_rel_diff": "float64",
    "max_ulp_diff": "float64",
    "control": "bool",
    "evidence": "bool",
    "repeatable": "bool",
    "solo": "boolean",
    "artifact_bytes": "Int64",
    "seconds": "float64",
}


def frame(judged: JudgedMatrix, home: Path | None = None) -> pd.DataFrame:
    """Return the table, in the order of the plan; categories are in the order of the matrix."""
    matrix = ingest(judged, home)
    table = pd.DataFrame([_row(cell) for cell in matrix.cells], columns=list(COLUMNS))
    for column, order in _axes(matrix).items():
        table[column] = pd.Categorical(table[column], categories=order, ordered=True)
    for column in COLUMNS:
        if column not in _axes(matrix):
            kind: Any = _TYPES.get(column, "str")
            table[column] = table[column].astype(kind)
    return table


def _axes(matrix: CleanMatrix) -> dict[str, list[str]]:
    environments = _unique(environment.id for environment in matrix.environments)
    return {
        "save": environments,
        "model": _unique(model.id for model in matrix.models),
        "format": _unique(known.id for known in matrix.formats),
        "load": environments,
        "outcome": [outcome.value for outcome in Outcome],
    }


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _row(judged: JudgedCell) -> dict[str, Any]:
    """Flatten one judged cell."""
    cell, error = judged.cell, judged.error
    return {
        "id": cell.id,
        "save": cell.artifact.saved_by,
        "model": cell.artifact.model,
        "format": cell.artifact.format,
        "load": cell.loaded_by,
        "outcome": judged.outcome.value,
        "reason": judged.reason,
        "signature": judged.signature,
        "cause": judged.cause,
        "error_type": error.type if error else None,
        "error_message": error.message if error else None,
        "error_phase": error.phase if error else None,
        "error_traceback": error.traceback if error else None,
        "warnings": _json([vars(message) for message in judged.messages]),
        "compared": judged.max_abs_diff is not None,
        "max_abs_diff": judged.max_abs_diff,
        "max_rel_diff": judged.max_rel_diff,
        "max_ulp_diff": judged.max_ulp_diff,
        "differences": _json([dict(difference) for difference in judged.differences]),
        "damage": cell.artifact.damage,
        "control": judged.control or cell.artifact.damage is not None,
        "evidence": judged.evidence,
        "repeatable": judged.repeatable,
        "solo": judged.solo,
        "artifact": judged.artifact,
        "artifact_sha256": judged.artifact_sha256,
        "artifact_bytes": judged.artifact_bytes,
        "python": judged.python,
        "variables": _json(dict(judged.variables)),
        "seconds": judged.seconds,
        "repeat": judged.repeat,
    }


def _json(value: Any) -> str:
    """Write plain data as text that compares equal when the data does; inf and nan as words."""
    return json.dumps(_finite(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
