"""The judged matrix and notes of runs -> a night; pure."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from caniload.runner.core import texts
from caniload.runner.core.judged import JudgedCell, JudgedMatrix, Message, Verdict
from caniload.runner.core.outcomes import CLEAN, Outcome, Purpose
from caniload.runner.evidence.runs import Ran
from caniload.runner.nightly.night import Night, Place, Site, State, Work


def night(
    judged: JudgedMatrix,
    runs: Sequence[Ran],
    bases: Mapping[str, str],
    fingerprints: Mapping[str, str],
    *,
    when: str,
) -> Night:
    """Make a night; ``runs`` are those since the night before, ``bases`` as ``Site.base`` is.

    ``fingerprints`` are of environments, as runs note them.
    """
    states: dict[State, int] = {}
    cells: dict[Place, int] = {}
    controls: defaultdict[str, list[str]] = defaultdict(list)
    own = next((one.id for one in judged.models if one.control), "")
    for cell in judged.cells:
        artifact, load = cell.cell.artifact, cell.cell.loaded_by
        if told := _failed_control(cell, own):
            controls[load].append(told)
        if artifact.damage is None and not cell.control:
            place = Place(artifact.saved_by, artifact.model, artifact.format, load)
            cells[place] = states.setdefault(_state(cell), len(states))
    readers = {reader for one in runs for reader in one.readers}
    unusable = {name: why for one in runs for name, why in one.unusable.items()}
    asides: defaultdict[str, set[str]] = defaultdict(set)
    unnamed: defaultdict[str, set[str]] = defaultdict(set)
    for aside in judged.asides:
        if aside.message.matters or aside.message.severity in {"attention", "danger"}:
            asides[aside.environment].add(str(aside.message.rule))
        if aside.message.rule is None:
            unnamed[aside.environment].add(_named(aside.message))
    sites = (
        Site(
            id=one.id,
            lock=one.lock_sha256,
            base=bases.get(one.id, ""),
            untested=texts.shown(one.untested or unusable.get(one.id, ""), 400),
            packages=dict(one.packages),
            asides=tuple(sorted(asides[one.id])),
            unnamed=tuple(sorted(unnamed[one.id])),
            controls=tuple(sorted(controls[one.id])),
            ran=fingerprints.get(one.id) in readers,
        )
        for one in judged.environments
    )
    return Night(
        when=when,
        version=judged.version,
        commit=judged.commit,
        work=_work(runs),
        sites=tuple(sites),
        states=tuple(states),
        cells=cells,
    )


def _work(runs: Iterable[Ran]) -> Work:
    done = list(runs)
    return Work(
        runs=len(done),
        **{
            name: sum(getattr(one, name) for one in done)
            for name in ("loaded", "told", "saved", "built")
        },
    )


def _failed_control(cell: JudgedCell, control: str) -> str | None:
    """Say which control was not as it has to be: whole and identical, or damaged and refused."""
    artifact = cell.cell.artifact
    if artifact.model != control or not cell.cell.diagonal:
        return None
    if artifact.damage is None:
        fine = cell.outcome in {Outcome.IDENTICAL, Outcome.UNTESTED, Outcome.NA}
    else:
        fine = cell.outcome in {Outcome.ERROR, Outcome.CRASH, Outcome.UNTESTED, Outcome.NA}
    return None if fine else f"{artifact.name}: {cell.outcome}, {texts.shown(cell.reason, 160)}"


def _state(cell: JudgedCell) -> State:
    predict = cell.to(Purpose.PREDICT)
    size = cell.max_abs_diff if cell.max_abs_diff is not None else predict.max_abs_diff
    return State(
        predict=str(predict.outcome),
        train=str(cell.outcome),
        predict_cause=_cause(predict),
        train_cause=_cause(cell),
        warnings=tuple(sorted({one.rule for one in cell.messages if one.matters and one.rule})),
        unnamed=tuple(sorted({*_unnamed(cell)})),
        size=None if size is None or math.isnan(size) else rounded(size),
        valid=cell.evidence,
    )


def _cause(verdict: Verdict) -> str:
    """Return what to call it by: the catalogue's entry, else the text that groups what is alike."""
    if verdict.outcome in CLEAN | {Outcome.NA, Outcome.UNTESTED}:
        return ""
    if verdict.outcome is Outcome.WARNING:
        named = sorted({one.rule or "" for one in verdict.messages if one.matters})
        return "+".join(filter(None, named)) or texts.shown(verdict.signature)
    return verdict.cause or texts.shown(verdict.signature or str(verdict.outcome))


def _unnamed(cell: JudgedCell) -> Iterator[str]:
    """Yield what was said and has no entry; what was raised without one is the cell's cause."""
    yield from (_named(one) for one in cell.messages if one.rule is None)


def _named(message: Message) -> str:
    kind = f"{message.category}: " if message.category else ""
    return texts.shown(f"{message.channel}: {kind}{texts.normalised(message.text)}")


def rounded(size: float) -> float:
    """Keep three digits, for more make a state of each cell; JSON has no infinity."""
    return float(f"{min(size, sys.float_info.max / 10):.3g}")
