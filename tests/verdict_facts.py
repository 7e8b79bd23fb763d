"""The facts of a trained model that came back bit for bit, to be changed one at a time."""

from __future__ import annotations

import copy
import re
from typing import Any

from caniload.runner.core.judged import Entry, Verdict
from caniload.runner.judging.catalogue import Rule
from caniload.runner.judging.verdict import judge
from caniload.runner.matrix.schema import Tolerances

TOLERANCES = Tolerances(absolute=1e-5, relative=1e-4, training=0.02)
ADAM = {"class": "Adam", "module": "keras", "iterations": 1, "slots": []}


def rule(name: str, pattern: str, category: str, severity: str, channel: str = "logging") -> Rule:
    entry = Entry(
        id=name,
        channels=(channel,),
        means=f"{name} was heard",
        category=category,
        severity=severity,
        advice="act",
    )
    return Rule(entry=entry, pattern=re.compile(pattern))


RULES = (
    rule("chatter", "chatter", "other", "noise"),
    rule("beware", "beware", "other", "attention"),
    rule("ckpt", "not restored", "weights-partially-loaded", "attention"),
    rule("not-compiled", "not compiled", "compile-state-lost", "info"),
    rule("refused", "no such layer", "version-mismatch", "danger", "exception"),
    rule("state-lost", "optimizer state is lost", "optimizer-state-lost", "info"),
)


def output(**changes: Any) -> dict[str, Any]:
    array = {"shape": [4, 2], "dtype": "float32"}
    sizes = {"max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0, "scale": 1.0, "nan": [0, 0]}
    return {"expected": array, "got": array, **sizes, **changes}


def facts(**changes: Any) -> dict[str, Any]:
    """A trained model that came back bit for bit, except for ``changes``."""
    weights = {
        "count": [2, 2],
        "matched_by": "name",
        "missing": [],
        "extra": [],
        "reshaped": [],
        "retyped": [],
        "unequal": [],
    }
    optimizer = {**ADAM, "settings": {"learning_rate": 0.01, "amsgrad": False, "name": "Adam"}}
    sheet = {
        "error": None,
        "messages": [],
        "structure": ["array", "array"],
        "output_names": [["0"], ["0"]],
        "outputs": [output()],
        "weights": weights,
        "compiled": [True, True],
        "optimizer": [optimizer, copy.deepcopy(optimizer)],
        "losses": [[0.5, 0.25], [0.5, 0.25]],
        "step": {"step": 2.0, "difference": 0.0, "max_abs": 0.0},
    }
    return {**sheet, **changes}


def message(text: str, **changes: Any) -> dict[str, Any]:
    said = {"channel": "warnings", "category": "UserWarning", "level": "WARNING", "text": text}
    return {**said, "phase": "load", "shown_by_default": True, **changes}


def weights(**changes: Any) -> dict[str, Any]:
    return {**facts()["weights"], **changes}


def optimizer(**changes: Any) -> list[dict[str, Any]]:
    was, now = facts()["optimizer"]
    return [was, {**now, **changes}]


def settings(**changes: Any) -> list[dict[str, Any]]:
    return optimizer(settings={"learning_rate": 0.01, "amsgrad": False, "name": "Adam", **changes})


def verdict(sheet: dict[str, Any] | None = None, crash: dict[str, Any] | None = None) -> Verdict:
    return judge({"facts": sheet, "crash": crash}, TOLERANCES, RULES)


STOPS = "predicts the same, but training does not go on from where it was: "
FORGOTTEN = settings(learning_rate=0.001)
RESTARTED = optimizer(iterations=0)
LOST = message("the optimizer state is lost")
ERROR = {"type": "ValueError", "message": "bad 'x' 3", "phase": "load", "traceback": "Trace"}
