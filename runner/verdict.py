"""Facts -> outcome: pure, so that a changed tolerance or rule judges stored facts anew."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runner import texts
from runner.judged import Failure, Message
from runner.matrix import Tolerances
from runner.outcomes import Outcome
from runner.rules import ACTED_ON, Rule, match

ANNOUNCED = {
    "optimizer-state-lost": frozenset({"optimizer", "training"}),
    "compile-state-lost": frozenset({"settings", "optimizer", "training"}),
}
"""Rule categories by which a framework says that training state is gone, and what they excuse."""

NAMES_VARIABLES = "weights-partially-loaded"
"""Rule category of messages that name what was not restored, which may be the optimizer's."""

HEARD = frozenset({"load", "predict", "train"})
"""Phases whose messages are about the file; import and build say nothing of it."""

UNCOMPARED_SETTINGS = frozenset({"name", "jit_compile", "is_legacy_optimizer"})
"""Settings of an optimizer that do not change what a step computes."""

ALIASES = {"lr": "learning_rate"}
"""Settings that were renamed between generations: multi-backend Keras 2.2 and before wrote lr."""

Difference = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An outcome with the sentence that explains it; see ``runner.judged.JudgedCell``."""

    outcome: Outcome
    reason: str
    signature: str = ""
    error: Failure | None = None
    messages: tuple[Message, ...] = ()
    differences: tuple[Difference, ...] = ()
    max_abs_diff: float | None = None
    max_rel_diff: float | None = None
    max_ulp_diff: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was compared: what differs, and whether anything at all was not bit for bit equal."""

    differences: list[Difference] = field(default_factory=list)
    training: list[Difference] = field(default_factory=list)
    exact: bool = True


def judge(
    record: Mapping[str, Any],
    tolerances: Tolerances,
    rules: Sequence[Rule],
    carries: Collection[str] = ("architecture", "weights", "training"),
) -> Verdict:
    """Name what happened in a cell; ``record`` holds ``facts`` or ``crash``.

    ``carries`` is what the format does: the architecture of a model that was built by code, and
    filled from a file, says nothing of the file.
    """
    if record.get("crash") is not None:
        return _crashed(record["crash"])
    facts = record["facts"] if "architecture" in carries else _built_by_code(record["facts"])
    messages = classify(facts.get("messages", ()), rules)
    if facts["error"] is not None:
        return _failed(facts, messages, tolerances)
    categories = {rule.id: rule.category for rule in rules}
    announced = {
        message: excused
        for message in messages
        if message.phase in HEARD and (excused := _excused(message, categories))
    }
    return _loaded(facts, messages, announced, tolerances)


def _excused(message: Message, categories: Mapping[str, str]) -> Collection[str]:
    """Return which losses of training state a message announces."""
    category = categories.get(message.rule or "", "")
    if category in ANNOUNCED:
        return ANNOUNCED[category]
    if category == NAMES_VARIABLES and "optimizer" in message.text:
        return ANNOUNCED["optimizer-state-lost"]
    return ()


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
            rule=rule.id if rule else None,
            severity=rule.severity if rule else "unknown",
        )
        messages.append(replace(message, matters=_must_act(message)))
    return tuple(messages)


def _built_by_code(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts without differences in structure: both are what the environments' code is.

    Targets are fed in the saving side's structure, so that a step that fails says nothing, either.
    """
    if "structure" not in facts:
        return facts
    (was, now), (names_was, names_now) = facts["structure"], facts["output_names"]
    if (was, len(names_was)) == (now, len(names_now)):
        return facts
    own = {"structure": [now, now], "output_names": [names_now, names_now]}
    failed_step = facts["error"] is not None and facts["error"]["phase"] == "train"
    return {**facts, **own, "error": None if failed_step else facts["error"]}


def number(value: Any) -> float:
    """Read a number of the probe's: JSON has no NaN, so it and the infinities come as text."""
    return float(value)


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
    facts: Mapping[str, Any], messages: tuple[Message, ...], tolerances: Tolerances
) -> Verdict:
    error = facts["error"]
    failure = Failure(
        type=texts.clean(error["type"]),
        message=texts.clean(error["message"]),
        phase=error["phase"],
        traceback=texts.clean(error["traceback"]),
    )
    line = f"{failure.type}: {texts.told(failure.message)}"
    signature = f"{failure.phase}: {failure.type}: {texts.normalised(failure.message)}"
    if failure.phase == "build":
        return Verdict(
            outcome=Outcome.NA,
            reason=f"this environment cannot build what the file needs beside it: {line}",
            signature=signature,
            error=failure,
            messages=messages,
        )
    reached = {
        "load": "does not load",
        "predict": "loads, but predict raises",
        "train": "loads and predicts, but the next training step raises",
    }.get(failure.phase, f"raises in phase {failure.phase}")
    absolute, relative, ulp = _worst(facts)
    outcome, reason = Outcome.ERROR, f"{reached}: {line}"
    other = list(_differences(facts, tolerances)) if failure.phase == "train" else []
    if other:  # it was another model before its training step raised
        outcome = Outcome.DIFFERS
        told = "; ".join(str(one["text"]) for one in other)
        reason = f"{told}; and the next training step raises: {line}"
        signature = _signature(other)
    return Verdict(
        outcome=outcome,
        reason=reason,
        signature=signature,
        error=failure,
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
) -> Verdict:
    measured = _measure(facts, tolerances)
    acted_on = [message for message in messages if message.matters]
    excused = {what for excuses in announced.values() for what in excuses}
    training = [one for one in measured.training if one["what"] not in excused]
    silent = [*measured.differences, *training]
    absolute, relative, ulp = _worst(facts)
    if silent:
        outcome = Outcome.DIFFERS
        reason = "; ".join(str(one["text"]) for one in silent)
        if not measured.differences:
            reason = f"predicts the same, but training does not go on from where it was: {reason}"
        signature = _signature(silent)
    elif acted_on or measured.training:
        outcome = Outcome.WARNING
        told = [*acted_on, *announced][0]
        reason = texts.told(told.text)
        signature = "warning: " + (told.rule or texts.normalised(told.text))
    elif measured.exact:
        outcome, reason, signature = Outcome.IDENTICAL, "bit for bit the same model", ""
    else:
        outcome, signature = Outcome.TOLERANCE, ""
        reason = f"the same within tolerance: outputs differ by at most {absolute or 0:.1e}"
        if not absolute:
            reason = "outputs are bit for bit equal; weights or training, within tolerance"
    if "train" in facts.get("seconds", ()) and facts.get("losses") is None:
        reason += "; a training step could not be compared"
    return Verdict(
        outcome=outcome,
        reason=reason,
        signature=signature,
        messages=messages,
        differences=(*measured.differences, *measured.training),
        max_abs_diff=absolute,
        max_rel_diff=relative,
        max_ulp_diff=ulp,
    )


def _must_act(message: Message) -> bool:
    """Say whether a person has to act on it; what no rule knows counts when people would see it."""
    if message.phase not in HEARD:
        return False
    if message.severity != "unknown":
        return message.severity in ACTED_ON
    return message.channel in ("warnings", "logging") and message.shown_by_default


def _worst(facts: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the largest absolute, relative and ULP difference over all outputs."""
    return tuple(  # type: ignore[return-value]
        _largest(one.get(key) for one in facts.get("outputs") or ())
        for key in ("max_abs", "max_rel", "max_ulp")
    )


def _largest(values: Iterator[Any]) -> float | None:
    known = [number(value) for value in values if value is not None]
    return next((value for value in known if math.isnan(value)), max(known, default=None))


def _measure(facts: Mapping[str, Any], tolerances: Tolerances) -> Measured:
    measured = Measured()
    measured.differences.extend(_differences(facts, tolerances))
    for differences in (_compiled(facts), _optimizer(facts), _training(facts, tolerances)):
        measured.training.extend(differences)
    exact = all(number(one["max_abs"] or 0.0) == 0.0 for one in facts["outputs"])
    exact = exact and not facts["weights"]["unequal"]
    step = facts.get("step")
    exact = exact and (step is None or number(step["difference"]) == 0.0)
    losses = facts.get("losses")
    exact = exact and (losses is None or losses[0] == losses[1])
    return Measured(differences=measured.differences, training=measured.training, exact=exact)


def _differences(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    """Yield in what it is another model, training apart."""
    yield from _structure(facts)
    yield from _outputs(facts, tolerances)
    yield from _weights(facts, tolerances)


def _signature(differences: Sequence[Difference]) -> str:
    return "differs: " + ", ".join(sorted({str(one["what"]) for one in differences}))


def _difference(what: str, text: str, size: float | None = None) -> Difference:
    return {"what": what, "text": text, "size": size}


def _structure(facts: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = facts["structure"]
    if was != now:
        yield _difference("structure", f"predict gives a {now}, it gave a {was}")
    names_was, names_now = facts["output_names"]
    if len(names_was) != len(names_now):
        text = f"{len(names_now)} outputs, there were {len(names_was)}"
        yield _difference("structure", text)
    elif was == now == "dict" and names_was != names_now:
        text = f"the outputs are named {', '.join(names_now)}, not {', '.join(names_was)}"
        yield _difference("structure", text)


def _outputs(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    for index, one in enumerate(facts["outputs"]):
        was, now = one["expected"], one["got"]
        if was["shape"] != now["shape"]:
            text = f"output {index} has shape {now['shape']}, it had {was['shape']}"
            yield _difference("structure", text)
        elif was["dtype"] != now["dtype"]:
            yield _difference(
                "structure", f"output {index} is {now['dtype']}, it was {was['dtype']}"
            )
        elif not within(one, tolerances):
            size = number(one["max_abs"])
            yield _difference("outputs", f"output {index} differs by up to {size:.2g}", size)


def within(one: Mapping[str, Any], tolerances: Tolerances) -> bool:
    """Say whether max|a-b| <= absolute + relative * max|a|; NaN never is.

    An infinite value allows no difference anywhere: it bounds nothing.
    """
    gap = number(one["max_abs"])
    bound = tolerances.absolute + tolerances.relative * number(one["scale"] or 0.0)
    return gap <= bound < math.inf or gap == 0.0


def _weights(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    weights = facts["weights"]
    was, now = weights["count"]
    if weights["missing"] or weights["extra"]:
        text = f"{now} weights, there were {was}" if was != now else "weights have other owners"
        yield _difference("weights", text)
    for name, shape, got in weights["reshaped"]:
        yield _difference("weights", f"weight {name} has shape {got}, it had {shape}")
    for name, dtype, got in weights["retyped"]:
        yield _difference("weights", f"weight {name} is {got}, it was {dtype}")
    for name, gap, scale in weights["unequal"]:
        if not within({"max_abs": gap, "scale": scale}, tolerances):
            size = number(gap)
            yield _difference("weights", f"weight {name} differs by up to {size:.2g}", size)


def _compiled(facts: Mapping[str, Any]) -> Iterator[Difference]:
    if "optimizer" in facts and facts["compiled"] == [True, False]:
        yield _difference(
            "settings", "it was compiled and no longer is: optimizer and loss are lost"
        )


def _optimizer(facts: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = facts.get("optimizer") or (None, None)
    if was is None or now is None:
        return
    if was["class"] != now["class"]:
        yield _difference("settings", f"the optimizer is {now['class']}, it was {was['class']}")
    old, new = _settings(was), _settings(now)
    for key in sorted(old.keys() & new.keys() - UNCOMPARED_SETTINGS):
        if not _same_setting(old[key], new[key]):
            text = f"the optimizer's {key} is {_short(new[key])}, it was {_short(old[key])}"
            yield _difference("settings", text)
    if was["iterations"] != now["iterations"]:
        text = f"the optimizer has taken {now['iterations']} steps, it had {was['iterations']}"
        yield _difference("optimizer", text)


def _settings(optimizer: Mapping[str, Any]) -> dict[str, Any]:
    return {ALIASES.get(key, key): value for key, value in optimizer["settings"].items()}


def _same_setting(was: Any, now: Any) -> bool:
    if isinstance(was, int | float) and isinstance(now, int | float):
        return math.isclose(was, now, rel_tol=1e-5, abs_tol=1e-12)
    return (was or None) == (now or None)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _training(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    losses = facts.get("losses")
    if losses is None:
        return
    was, now = ([number(loss) for loss in side] for side in losses)
    if len(was) != len(now):
        text = f"a training step reports {len(now)} numbers, it reported {len(was)}"
        yield _difference("training", text)
    elif any(not _same_loss(a, b, tolerances) for a, b in zip(was, now, strict=True)):
        gap = max(abs(a - b) for a, b in zip(was, now, strict=True))
        yield _difference("training", f"loss or metrics differ by up to {gap:.2g}", gap)
    step = facts["step"]
    length, gap = number(step["step"]), number(step["difference"])
    if not gap <= tolerances.training * length + tolerances.absolute:
        share = gap / length if length else math.inf
        text = f"the next training step differs by {share:.0%} of its length"
        yield _difference("training", text, share)


def _same_loss(was: float, now: float, tolerances: Tolerances) -> bool:
    if math.isnan(was) and math.isnan(now):
        return True
    return abs(was - now) <= 10 * (tolerances.absolute + tolerances.relative * abs(was))
