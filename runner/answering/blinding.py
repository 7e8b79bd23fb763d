"""What was measured of a person's own files -> rows of a pack: features and outcomes, no names.

A file is called by a hash that only somebody who has it can make. Classes that are not of Keras,
layers, inputs and the model lose their names; of a setting what is no plain word is left out, and
how many units or filters there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caniload.runner.answering.features import Features, features
from caniload.runner.answering.references import row_of
from caniload.runner.answering.remembering import measured_before
from caniload.runner.answering.wording import without_size
from caniload.runner.answering.writing import Writing
from caniload.runner.checking.cases import Case
from caniload.runner.checking.judging import answer
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.core import texts
from caniload.runner.core.errors import UsageError
from caniload.runner.core.outcomes import Purpose
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.resolve import resolve
from caniload.runner.forensics.facts import Inspection
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import OWN
from caniload.runner.packs.pack import Contents

_HIDDEN = "…"
_SETTING = re.compile(r"(?<==)(?![\w.]{1,40}$).*", re.DOTALL)
_TOLD = ("reason", "raised", "signature")


def add(made: Contents, paths: Sequence[Path], request: Request) -> int:
    """Put in what was measured of these files, and return how many they are.

    ``UsageError`` where one has no features, or was never measured here.
    """
    fetching_none = replace(request.home, fetches=False)
    resolution = resolve(request.matrix.environments, home=fetching_none, locks=request.locks)
    subjects = list(gather(paths))
    for subject in subjects:
        said = features(subject.inspection) if subject.problem is None else None
        if said is None:
            raise UsageError(f"{subject.path}: it states no layers, or not what saved it")
        case = measured_before(subject, request, resolution)
        if case is None:
            raise UsageError(f"{subject.path}: not measured here; `check --run` does that")
        writing = Writing(
            contents=made,
            environments={one.id: one for one in request.matrix.environments},
            resolution=resolution,
            home=request.home,
            locks=request.locks,
            day=_day(case),
        )
        names = _names(subject.inspection)
        writing.put(said.format, _row(subject, said), _cells(case, request, writing, names))
    return len(subjects)


def _day(case: Case) -> str:
    """Return the day on which the last of it was measured."""
    files = case.kept.folder(case.terms).glob("*.json")
    last = max(one.stat().st_mtime for one in files)
    return datetime.fromtimestamp(last, UTC).date().isoformat()


def _cells(case: Case, request: Request, writing: Writing, names: Sequence[str]) -> dict[str, Row]:
    judge_by = replace(request.judge_by(case.subject), purpose=Purpose.TRAIN)
    found = [answer(case, one, judge_by) for one in request.matrix.environments]
    return {
        one.environment: _blind(writing.verdict(one, one.other_purpose), names)
        for one in found
        if one.known
    }


def _row(subject: Subject, said: Features) -> Row:
    named = [one.name for one in subject.inspection.custom]
    named += [one.package for one in subject.inspection.custom if one.package]
    named += [one.module for one in subject.inspection.custom if one.module]
    names = _longest_first(named)
    row = row_of(said)
    hidden = {
        name: sorted(
            {_SETTING.sub(_HIDDEN, _without(without_size(one), names)) for one in row[name]}
        )
        for name in ("classes", "traits")
    }
    return {**row, **hidden, "model": f"{OWN}-{digest('file', subject.sha256)[:16]}"}


def _names(inspection: Inspection) -> list[str]:
    """Return all that somebody has named."""
    layers = [one.name for one in inspection.layers]
    tensors = [one.name for one in (*inspection.inputs, *inspection.outputs)]
    own = [name for one in inspection.custom for name in (one.name, one.package)]
    return _longest_first([*layers, *tensors, *own, inspection.model_name])


def _longest_first(names: Sequence[str | None]) -> list[str]:
    return sorted({one for one in names if one}, key=lambda one: (-len(one), one))


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _HIDDEN, text)
    return text


def _blind(verdict: Row, names: Sequence[str]) -> Row:
    def blind(text: Any) -> str | None:
        return _without(texts.normalised(text), names) if text else None

    only: Row | None = verdict.get("predicting")
    told = [{**one, "text": blind(one.get("text"))} for one in verdict.get("differences") or ()]
    return {
        **verdict,
        **{name: blind(verdict.get(name)) for name in _TOLD},
        "differences": told or None,
        "predicting": only
        and {name: blind(text) if name in _TOLD else text for name, text in only.items()},
    }
