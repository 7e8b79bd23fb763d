"""One model's answers -> what happens and what to do, each a plain sentence; pure, not escaped."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from caniload.runner.checking.answers import Answer
from caniload.runner.checking.describe import WORDS
from caniload.runner.converting.outcome import Conversion, Remedy, Verdict
from caniload.runner.converting.telling import sections
from caniload.runner.core.outcomes import SEVERITY
from caniload.runner.upgrading.judging import LOADED, ours, same
from caniload.runner.upgrading.outcome import Fate, Model, Returned, Tried, Upgrade

MADE = {
    Remedy.AS_IT_IS: "loads it and saves it anew",
    Remedy.UNCOMPILED: "loads it with compile=False and saves it anew",
    Remedy.CUSTOM: "loads it with your own classes and saves it anew",
    Remedy.CODE: "has your function build it, with the same weights",
    Remedy.REBUILT: "builds it from a rewritten configuration with the same weights",
    Remedy.BRIDGED: "builds it from a rewritten configuration, by way of another version",
    Remedy.INFERENCE: "calls its graph",
}

_SHORT = 160
"""Most of an error that stands in a table, after words for it; the details have all of it."""


def happens(model: Model) -> str:
    """Say what was seen of a model there, or why nothing was."""
    before, after = model.before, model.after
    if model.reason is not None or before is None or after is None:
        return model.reason or "not run"
    told = after.reason
    if model.fate is Fate.BEFORE:
        told = f"in {before.environment} {before.reason}; in {after.environment}: {_so(after)}"
    elif model.fate is Fate.WARNS and model.warned:
        told = "; ".join(one.means for one in model.warned)
    elif model.fate is Fate.KEEPS and not after.good:
        told = f"as in {before.environment}: {after.reason}"
    elif model.cause is not None:
        told = f"{model.cause.means} Measured: {_short(after.reason)}"
    return told + _for_training(after)


def _for_training(after: Answer) -> str:
    """Tell what comes of going on training, where nobody asked and it is something else."""
    other = after.other_purpose
    if (
        other is None
        or after.outcome not in LOADED
        or SEVERITY[other.outcome] < SEVERITY[after.outcome]
    ):
        return ""
    return f" (to go on training: {WORDS[other.outcome]}, {_short(other.reason)})"


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _so(after: Answer) -> str:
    return "loads and predicts" if after.good else f"{WORDS[after.outcome]}, {after.reason}"


def advice(model: Model, upgrade: Upgrade) -> str:
    """Say what a person is to do about it."""
    old, new = upgrade.before.id, upgrade.after.id
    conversion = model.tried.conversion if model.tried else None
    match model.fate:
        case Fate.KEEPS:
            told = "nothing"
        case Fate.WARNS:
            told = " ".join(one.advice for one in model.warned)
        case Fate.CHANGE | Fate.PARTLY if model.tried and conversion:
            told = _use(model, model.tried, conversion, upgrade)
        case Fate.LOST if conversion:
            told = f"stay, or rebuild it in {new} by hand; the last remedy: {conversion.reason}"
            told += f". Known of this error: {model.cause.advice}" if model.cause else ""
        case Fate.BROKEN:
            told = _untried(model, upgrade)
        case Fate.BEFORE:
            told = f"nothing for the upgrade: it fails in {old}, too"
        case Fate.UNREAD:
            told = _unread(model, upgrade)
        case Fate.UNTESTED if "--build" in (model.reason or ""):
            told = _unread(model, upgrade)
        case _:
            told = "nothing is known of it"
    return told


def _unread(model: Model, upgrade: Upgrade) -> str:
    reason = model.reason or ""
    if "--build" in reason:
        return f"{_command(model, upgrade)} --build FILE.py:FUNCTION brings it across"
    return "see what happens" if "--trust" in reason else "replace the file"


def _command(model: Model, upgrade: Upgrade) -> str:
    words = ["caniload", "convert", model.path, "--to", upgrade.after.id, *upgrade.given]
    return shlex.join(words)


def _untried(model: Model, upgrade: Upgrade) -> str:
    if model.tried is None:
        return f"no remedy was tried: {_command(model, upgrade)} does"
    conversion = model.tried.conversion
    why = model.tried.problem or (conversion and ours(conversion)) or "see above"
    return f"no remedy could be tried here: {why}"


def _use(model: Model, tried: Tried, conversion: Conversion, upgrade: Upgrade) -> str:
    new = upgrade.after.id
    if conversion.verdict is Verdict.REFUSED or conversion.remedy is None:
        return f"compile it anew in {new} before training; no remedy held: {conversion.reason}"
    made = MADE[conversion.remedy]
    where = tried.kept or _command(model, upgrade)
    if conversion.verdict is Verdict.INFERENCE:
        call = f": {_call(model, tried, conversion)}" if conversion.endpoint else ""
        lost = "; there are no layers, and no training"
        return f"to predict only, {new} {made} ({where}){call}{lost}{_proof(conversion)}"
    lost = f" Lost: {'; '.join(conversion.lost)}." if conversion.lost else ""
    if tried.after is not None and not same(tried.after):
        lost += f" Compared with the original in {upgrade.before.id}: {tried.after.reason}."
    return f"convert it: {new} {made} ({where}){_proof(conversion)}.{lost}"


def _call(model: Model, tried: Tried, conversion: Conversion) -> str:
    """Return how the graph is called from where it was put, or `caniload convert` puts it."""
    call = conversion.endpoint.call if conversion.endpoint else ""
    if conversion.out is None:
        return call
    name = model.path.rstrip("/").rpartition("/")[2]
    place = tried.kept or f"{name.partition('.')[0]}-converted"
    return call.replace(repr(conversion.out), repr(place))


def _proof(conversion: Conversion) -> str:
    proof = conversion.proof
    if proof is None:
        return ""
    weak = f"; the proof is weak: {proof.weak}" if proof.weak else ""
    if proof.is_blind:
        return weak
    if proof.max_abs == 0:
        return f"; measured: its outputs equal those in {proof.reader}{weak}"
    return (
        f"; measured: its outputs differ by at most {proof.max_abs:.2g} from those in"
        f" {proof.reader} ({proof.bound:.2g} allowed){weak}"
    )


def details(model: Model, upgrade: Upgrade) -> Iterator[str]:
    """Yield what else was found of a model, a line each."""
    yield from filter(None, [model.saved_by])
    for answer in (model.before, model.after):
        if answer is not None:
            yield f"{answer.environment}: {WORDS[answer.outcome]}: {answer.reason}"
            yield from (f"differs: {one['text']}" for one in answer.differences)
    yield from model.notes
    tried = model.tried
    if tried is None or tried.conversion is None:
        return
    conversion = tried.conversion
    if tried.after is not None:
        word, reason = WORDS[tried.after.outcome], tried.after.reason
        yield (
            f"the converted file in {upgrade.after.id}, compared with the original in"
            f" {upgrade.before.id}: {word}: {reason}"
        )
    for title, lines in sections(conversion)[1:]:
        if title in ("tried", "changed", "kept", "lost"):
            yield from (f"{title}: {line}" for line in lines)


def came_back(one: Returned | None) -> str:
    """Say how a model that the new version saved fares in the old one."""
    if one is None:
        return "not tried"
    if one.answer is None:
        return f"not tested: {one.reason}"
    if not one.answer.known:
        return f"not tested: {one.answer.reason}"
    return f"{WORDS[one.answer.outcome]}: {one.answer.reason}"
