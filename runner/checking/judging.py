"""What a case measured -> an answer for each environment; pure but for reading what is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.checking.cases import Case
from caniload.runner.checking.headline import GIVING_CODE, WITHOUT_CODE
from caniload.runner.checking.kept import Record, loaded
from caniload.runner.checking.misread import misread
from caniload.runner.core import texts
from caniload.runner.core.judged import Failure, Verdict
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.precision import HalfPrecision
from caniload.runner.judging.catalogue import Rule
from caniload.runner.judging.verdict import cause, judge
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Environment, Tolerances
from caniload.runner.sandbox.levels import NO_WALL

PREDICTED = frozenset({"outputs", "structure"})
TRAINED = frozenset({"training"})
_NO_MODULE = re.compile(r"No module named '(\w+)")
_WORDS = re.compile(r"\w+")
_PRINTED = re.compile(r"\{[^{}]*\}")
UNCOMPARED = "; a training step could not be compared"


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Names outcomes with the rules of the matrix."""

    tolerances: Tolerances
    rules: Sequence[Rule]
    carries: Collection[str]
    precision: HalfPrecision | None = None
    purpose: Purpose = Purpose.PREDICT

    def verdict(self, record: Record) -> Verdict:
        return judge(record, self.tolerances, self.rules, self.carries, self.precision)

    def drawn(self, control: Record | None) -> frozenset[str]:
        """Return what no two runs of the reference itself have in common."""
        if control is None or control.get("facts") is None or control["facts"]["error"]:
            return frozenset()
        found = frozenset(str(one["what"]) for one in self.verdict(control).differences)
        return found & (PREDICTED | TRAINED)

    def thawed(self, control: Record | None) -> str | None:
        """Return what the reference itself does not load frozen as the file has it.

        Its training step is none to compare others with.
        """
        if control is None or control.get("facts") is None:
            return None
        told = [
            str(one["text"])
            for one in self.verdict(control).differences
            if one["what"] == "trainable"
        ]
        return "; ".join(told) or None

    def untrained(self, control: Record | None) -> str | None:
        """Return what the reference itself raises at a training step, in a line."""
        error = _step_error(control)
        return None if error is None else f"{error['type']}: {texts.told(error['message'])}"

    def unnamed_step(self, record: Record) -> bool:
        """Say whether a training step raised what the catalogue does not know.

        Targets are made up: where the reference raises, too, they may be to blame.
        """
        error = _step_error(record)
        return error is not None and cause(error, self.rules) is None


def _step_error(record: Record | None) -> Mapping[str, Any] | None:
    error = ((record or {}).get("facts") or {}).get("error")
    return error if error is not None and error["phase"] == "train" else None


def answer(case: Case, environment: Environment, judge_by: Judge) -> Answer:
    """Say what happened to a model in an environment, or why that is not known."""
    blank = Answer(
        environment=environment.id,
        label=environment.label,
        stack=environment.stack,
        outcome=Outcome.UNTESTED,
        basis=Basis.UNKNOWN,
        reason="not run",
    )
    for reasons in (case.unusable, case.faults):
        if environment.id in reasons:
            return replace(blank, reason=texts.clean(reasons[environment.id]))
    record = case.record(environment.id)
    if record is None:
        return blank
    control = case.record(case.reference) if case.reference else None
    found = of_record(record, blank, judge_by, control=control)
    error = found.error
    if error is None:
        return found
    own = {one.name for one in case.subject.inspection.custom} - case.custom.provides
    if lacking := lacking_code(own, error):
        return replace(blank, reason=texts.clean(lacking), sandbox=found.sandbox)
    told = misread(case.subject, error.phase, error.message)
    return replace(found, reason=texts.clean(f"does not load: {told}")) if told else found


def lacking_code(own: Collection[str], error: Failure) -> str:
    """Say that loading stopped at one of the classes whose code was not given; else empty.

    That is no word about the version: with the code it may load there. What a message prints of a
    whole configuration names that class, too, whatever it is about.
    """
    message, before = error.message, ""
    while message != before:
        message, before = _PRINTED.sub("", message), message
    words = set(_WORDS.findall(message.partition("{")[0]))  # a dump may be cut short
    missing = sorted(words.intersection(own)) if error.phase == "load" else []
    return f"{WITHOUT_CODE}{', '.join(missing)}; {GIVING_CODE}" if missing else ""


def of_record(record: Record, blank: Answer, judge_by: Judge, *, control: Record | None) -> Answer:
    """Judge one record; ``control`` is that of the reference compared with itself."""
    blank = replace(blank, sandbox=record.get("sandbox") or NO_WALL.told())
    if reason := _not_built(record):
        return replace(blank, reason=reason)
    if record["reference"] is None:
        if loaded(record):
            return replace(blank, reason="loads, but was compared with nothing: run it again")
        if reason := _unsuited(record):
            return replace(blank, reason=reason)
    drawn = judge_by.drawn(control)
    facts = record.get("facts")
    if facts is not None and facts["error"] is None and drawn & PREDICTED:
        return replace(
            blank,
            reason="loads and predicts; what it predicts differs from run to run even in"
            f" {record['reference']}, so nothing can be compared",
        )
    untrained = judge_by.untrained(control)
    if untrained is not None and judge_by.unnamed_step(record):
        record = _without(record, "losses", "step", error=None)
    elif drawn & TRAINED or judge_by.thawed(control):
        record = _without(record, "losses", "step")
    whole = judge_by.verdict(record)
    verdict = whole.to(judge_by.purpose)
    reason = verdict.reason
    stepped = verdict is whole and verdict.error is None and verdict.outcome is not Outcome.CRASH
    if drawn & TRAINED and stepped:
        reason = reason.removesuffix(UNCOMPARED)
        reason += "; training draws random numbers, so no step was compared"
    return replace(
        blank,
        outcome=verdict.outcome,
        basis=Basis.FILE,
        reason=texts.clean(reason),
        cause=verdict.cause,
        error=verdict.error,
        messages=verdict.messages,
        differences=verdict.differences,
        max_abs_diff=verdict.max_abs_diff,
        max_rel_diff=verdict.max_rel_diff,
        max_ulp_diff=verdict.max_ulp_diff,
        signature=verdict.signature,
        seconds=record.get("seconds"),
        other_purpose=_other(whole, verdict),
    )


def _other(whole: Verdict, told: Verdict) -> Verdict | None:
    """Return the verdict for the purpose that was not asked about, if its outcome is another."""
    other = whole.predicting if told is whole else replace(whole, predicting=None)
    if other is None or other.outcome is told.outcome:
        return None
    return replace(other, reason=texts.clean(other.reason))


def _not_built(record: Record) -> str | None:
    """Return what became of a person's function that builds the model; nothing was loaded then."""
    facts = record.get("facts") or {}
    error = facts.get("error")
    if error is None or error["phase"] != "build":
        return None
    lacks = _NO_MODULE.search(error["message"])
    known = {one.package.replace("-", "_") for one in frameworks().frameworks}
    if lacks and lacks[1] not in known:
        name, where = lacks[1], record["environment"]
        return f"your code imports {name}, which {where} has not: --with {name}"
    if not facts.get("building"):
        return None
    told = f"{error['type']}: {texts.told(texts.clean(error['message']))}"
    return f"the function of --build does not give a model there ({told})"


def _unsuited(record: Record) -> str | None:
    """Return why a failed reference says nothing: it may be what it was fed that it cannot take."""
    error = (record.get("facts") or {}).get("error")
    if error is None or error["phase"] != "predict":
        return None
    told = f"{error['type']}: {texts.told(texts.clean(error['message']))}"
    fed = "given with --inputs" if record["inputs"] else "made up for it; give your own: --inputs"
    return f"loads, but does not predict from the inputs {fed} ({told})"


def _without(record: Record, *names: str, **changes: Any) -> Mapping[str, Any]:
    if record.get("facts") is None:
        return record
    facts = {name: value for name, value in record["facts"].items() if name not in names}
    return {**record, "facts": {**facts, **changes}}
