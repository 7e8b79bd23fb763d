"""Facts -> outcome: pure, so that a changed tolerance or rule judges stored facts anew."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from caniload.runner.core import texts
from caniload.runner.core.judged import Failure, Message, Verdict
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.precision import HalfPrecision
from caniload.runner.judging.catalogue import ACTED_ON, Rule, match, match_raised
from caniload.runner.judging.differences import (
    Difference,
    differences_of_model,
    differences_of_settings,
    kinds,
    measure,
    number,
)
from caniload.runner.matrix.schema import Tolerances

ANNOUNCED = {
    "optimizer-state-lost": frozenset({"optimizer", "training"}),
    "compile-state-lost": frozenset({"settings", "optimizer", "training"}),
}
"""Categories by which a framework says that training state is gone, and what they excuse."""

NAMES_VARIABLES = "weights-partially-loaded"
"""Category of messages that name what was not restored, which may be the optimizer's."""

TRAINING_FACTS = frozenset({"compiled", "optimizer", "trainable", "losses", "step"})
"""Facts about how training goes on; whoever only predicts has nothing to do with them."""

HEARD = frozenset({"load", "predict", "train"})
"""Phases whose messages are about the file; import and build say nothing of it."""


def judge(
    record: Mapping[str, Any],
    tolerances: Tolerances,
    rules: Sequence[Rule],
    carries: Collection[str] = ("architecture", "weights", "training"),
    precision: HalfPrecision | None = None,
) -> Verdict:
    """Name what happened in a cell; ``record`` holds ``facts`` or ``crash``.

    ``carries`` is what the format does: the architecture of a model that was built by code, and
    filled from a file, says nothing of the file. ``precision``: what it computes in, if with half
    the digits.
    """
    if record.get("crash") is not None:
        return _crashed(record["crash"])
    facts = record["facts"]
    whole = _judged(facts, tolerances, rules, carries, precision)
    if not _trained(facts):
        return whole
    only = _judged(for_predicting(facts), tolerances, rules, carries, precision, trains=False)
    return whole if only == whole else replace(whole, predicting=only)


def _trained(facts: Mapping[str, Any]) -> bool:
    """Say whether anything was found out that is of training alone."""
    heard = (one["phase"] == "train" for one in facts.get("messages", ()))
    return (
        any(name in facts for name in TRAINING_FACTS)
        or "train" in facts.get("seconds", ())
        or any(heard)
    )


def for_predicting(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was found out up to the first prediction, as if nobody wanted to train."""
    error = facts["error"]
    return {
        **{name: value for name, value in facts.items() if name not in TRAINING_FACTS},
        "error": None if error is not None and error["phase"] == "train" else error,
        "messages": [one for one in facts.get("messages", ()) if one["phase"] != "train"],
        "seconds": {
            name: value for name, value in facts.get("seconds", {}).items() if name != "train"
        },
    }


def _judged(
    facts: Mapping[str, Any],
    tolerances: Tolerances,
    rules: Sequence[Rule],
    carries: Collection[str],
    precision: HalfPrecision | None,
    *,
    trains: bool = True,
) -> Verdict:
    if "architecture" not in carries:
        facts = _built_by_code(facts)
    messages = classify(facts.get("messages", ()), rules)
    categories = {rule.entry.id: rule.entry.category for rule in rules} if messages else {}
    announced = {
        message: excused
        for message in messages
        if message.phase in HEARD and (excused := _excused(message, categories))
    }
    if not trains:  # what is said to be gone is nothing that anybody wanted
        messages = tuple(
            replace(one, matters=False) if one in announced else one for one in messages
        )
        announced = {}
    if facts["error"] is not None:
        failed = _failed(facts, messages, announced, tolerances, precision)
        return replace(failed, cause=cause(facts["error"], rules))
    return _loaded(facts, messages, announced, tolerances, precision)


def _excused(message: Message, categories: Mapping[str, str]) -> Collection[str]:
    """Return which losses of training state a message announces."""
    category = categories.get(message.rule or "", "")
    if category in ANNOUNCED:
        return ANNOUNCED[category]
    if category == NAMES_VARIABLES and "optimizer" in message.text:
        return ANNOUNCED["optimizer-state-lost"]
    return ()


def cause(error: Mapping[str, Any], rules: Sequence[Rule]) -> str | None:
    """Return the id of the entry that names what was raised."""
    traceback = error.get("traceback") or ""
    rule = match_raised(error["type"], error["message"], traceback, rules)
    return rule.entry.id if rule else None


def failure(error: Mapping[str, Any]) -> Failure:
    """Return what a probe recorded of an exception, fit to be shown."""
    return Failure(
        type=texts.clean(error["type"]),
        message=texts.clean(error["message"]),
        phase=error["phase"],
        traceback=texts.clean(error["traceback"]),
    )


def classify(found: Sequence[Mapping[str, Any]], rules: Sequence[Rule]) -> tuple[Message, ...]:
    """Give every message heard its rule and severity."""
    messages = []
    for one in found:
        text = texts.clean(one["text"])
        rule = match(text, rules)
        message = Message(
            channel=one["channel"],
            category=one["category"],
            level=one["level"],
            text=text,
            phase=one["phase"],
            shown_by_default=bool(one.get("shown_by_default", True)),
            rule=rule.entry.id if rule else None,
            severity=rule.entry.severity if rule else "unknown",
        )
        messages.append(replace(message, matters=_must_act(message)))
    return tuple(messages)


def _built_by_code(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts without differences in structure: each side's is that of its own code."""
    facts = {name: value for name, value in facts.items() if name != "trainable"}
    if "structure" not in facts:
        return facts
    now, names = facts["structure"][1], facts["output_names"][1]
    return {**facts, "structure": [now, now], "output_names": [names, names]}


def _crashed(crash: Mapping[str, Any]) -> Verdict:
    where = f"in phase {crash['phase']}"
    match crash["kind"]:
        case "timeout":
            reason = f"did not end within {crash['limit']:.0f} s ({where})"
            signature = f"timeout {where}"
        case "memory":
            reason = f"used more than {crash['limit']} MiB of memory ({where})"
            signature = f"memory {where}"
        case "signal":
            reason = f"the interpreter was killed by {crash['signal']} ({where})"
            signature = f"{crash['signal']} {where}"
        case _:
            reason = f"the process ended itself with exit code {crash.get('code')} ({where})"
            signature = f"exit {crash.get('code')} {where}"
    return Verdict(outcome=Outcome.CRASH, reason=reason, signature=signature)


def _failed(
    facts: Mapping[str, Any],
    messages: tuple[Message, ...],
    announced: Mapping[Message, Collection[str]],
    tolerances: Tolerances,
    precision: HalfPrecision | None,
) -> Verdict:
    raised = failure(facts["error"])
    line = f"{raised.type}: {texts.told(raised.message)}"
    signature = f"{raised.phase}: {raised.type}: {texts.normalised(raised.message)}"
    if raised.phase == "build":
        return Verdict(
            outcome=Outcome.NA,
            reason=f"this environment cannot build what the file needs beside it: {line}",
            signature=signature,
            error=raised,
            messages=messages,
        )
    reached = {
        "load": "does not load",
        "predict": "loads, but predict raises",
        "train": "loads and predicts, but the next training step raises",
    }.get(raised.phase, f"raises in phase {raised.phase}")
    absolute, relative, ulp = _worst(facts)
    outcome, reason = Outcome.ERROR, f"{reached}: {line}"
    other: list[Difference] = []
    if raised.phase == "train":
        other += differences_of_model(facts, tolerances, precision)
        if not any("settings" in excused for excused in announced.values()):
            other += differences_of_settings(facts)
    if other:  # it was another model before its training step raised
        outcome = Outcome.DIFFERS
        told = "; ".join(str(one["text"]) for one in other)
        reason = f"{told}; and the next training step raises: {line}"
        signature = kinds(other)
    return Verdict(
        outcome=outcome,
        reason=reason,
        signature=signature,
        error=raised,
        messages=messages,
        differences=tuple(other),
        max_abs_diff=absolute,
        max_rel_diff=relative,
        max_ulp_diff=ulp,
    )


def _loaded(
    facts: Mapping[str, Any],
    messages: tuple[Message, ...],
    announced: Mapping[Message, Collection[str]],
    tolerances: Tolerances,
    precision: HalfPrecision | None,
) -> Verdict:
    measured = measure(facts, tolerances, precision)
    acted_on = [message for message in messages if message.matters]
    excused = {what for excuses in announced.values() for what in excuses}
    training = [one for one in measured.training if one["what"] not in excused]
    silent = [*measured.differences, *training]
    absolute, relative, ulp = _worst(facts)
    named = None
    if silent:
        outcome = Outcome.DIFFERS
        reason = "; ".join(str(one["text"]) for one in silent)
        if not measured.differences:
            reason = f"predicts the same, but training does not go on from where it was: {reason}"
        signature = kinds(silent)
    elif acted_on or measured.training:
        outcome = Outcome.WARNING
        told = [*acted_on, *announced][0]
        reason = texts.told(told.text)
        named = told.rule
        signature = f"warning: {named}"
    elif measured.exact:
        outcome, signature = Outcome.IDENTICAL, ""
        reason = "bit for bit the same " + ("model" if facts.get("weights") else "outputs")
    else:
        outcome, signature = Outcome.TOLERANCE, ""
        bound = f"tolerance of {precision}" if precision else "tolerance"
        reason = f"the same within {bound}: outputs differ by at most {absolute or 0:.1e}"
        if not absolute:
            reason = "outputs are bit for bit equal; weights or training, within tolerance"
    if kernels := (facts.get("weights") or {}).get("turned"):
        reason += f"; turned round, as this backend convolves: {', '.join(kernels[:3])}"
    if "train" in facts.get("seconds", ()) and facts.get("losses") is None:
        reason += "; a training step could not be compared"
    return Verdict(
        outcome=outcome,
        reason=reason,
        signature=signature,
        cause=named,
        messages=messages,
        differences=(*measured.differences, *measured.training),
        max_abs_diff=absolute,
        max_rel_diff=relative,
        max_ulp_diff=ulp,
    )


def _must_act(message: Message) -> bool:
    """Say whether a person has to act on it; what no entry knows is listed, and changes nothing."""
    return message.phase in HEARD and message.severity in ACTED_ON


def _worst(facts: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the largest absolute, relative and ULP difference over all outputs."""
    return tuple(  # type: ignore[return-value]
        _largest(one.get(key) for one in facts.get("outputs") or ())
        for key in ("max_abs", "max_rel", "max_ulp")
    )


def _largest(values: Iterator[Any]) -> float | None:
    known = [number(value) for value in values if value is not None]
    return next((value for value in known if math.isnan(value)), max(known, default=None))
