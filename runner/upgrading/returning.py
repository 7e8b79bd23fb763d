"""The way back: has the new version save models anew, and the old one load what it saved."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.checking import checks, pricing
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.cases import Case
from caniload.runner.checking.request import refusal
from caniload.runner.checking.subjects import gather
from caniload.runner.converting.launching import Workshop, told
from caniload.runner.converting.original import Wish, job_for
from caniload.runner.converting.outcome import Verdict
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.running.together import Together
from caniload.runner.upgrading.judging import LOADED
from caniload.runner.upgrading.keeping import Keeping
from caniload.runner.upgrading.outcome import Model, Returned, Tried
from caniload.runner.upgrading.remedies import Pair

RESAVE_SECONDS = 20.0
"""Seconds of one file saved anew, read by both and compared."""

ITS_OWN = frozenset({"load", "compile", "save"})
"""Phases in which what is raised is the version's own doing."""


@dataclass(kw_only=True)
class _Anew:
    """One file to be: a model, by the new version, in one format."""

    case: Case
    source: Path
    converted: bool
    suffix: str
    out: Path
    facts: Mapping[str, Any]
    checked: Checked | None = None


def return_all(
    cases: Sequence[Case], models: Sequence[Model], pair: Pair, together: Together
) -> dict[str, tuple[Returned, ...]]:
    """Return how every model fares on its way back, by the key of its terms."""
    once = {case.terms.key: (case, model) for case, model in zip(cases, models, strict=True)}
    files = [
        _Anew(case=case, source=source, converted=converted, suffix=suffix, out=Path(), facts={})
        for case, model in once.values()
        for source, converted in _sources(case, model)
        for suffix in pair.suffixes
    ]
    together("saving", [functools.partial(_save, one, pair, together) for one in files])
    _measure([one for one in files if one.facts["error"] is None], pair)
    found: dict[str, list[Returned]] = {}
    for one in files:
        found.setdefault(one.case.terms.key, []).append(_returned(one, pair))
    return {key: tuple(listed) for key, listed in found.items()}


def _sources(case: Case, model: Model) -> list[tuple[Path, bool]]:
    """Return the file that the new version has of a model: as it is, or as it was converted."""
    after, tried = model.after, model.tried
    converted = _delivered(tried)
    if converted is not None:
        return [(converted, True)]
    if after is not None and after.outcome in LOADED and model.before is not None:
        return [(case.subject.path, False)]
    return []


def _delivered(tried: Tried | None) -> Path | None:
    conversion = tried.conversion if tried else None
    if conversion is None or conversion.out is None or conversion.verdict is not Verdict.DELIVERED:
        return None
    return Path(conversion.out)


def _save(one: _Anew, pair: Pair, together: Together) -> None:
    keeping = Keeping(one.case, pair.before.id, pair.after.id, pair.request.matrix.conversion)
    stem = "converted-anew" if one.converted else "anew"
    name = f"{stem}{one.suffix}"
    one.out = keeping.folder / name
    facts = None if one.case.rerun else keeping.anew(name)
    if facts is None:
        request = pair.request
        with tempfile.TemporaryDirectory(prefix="upgrade-", dir=request.home.root) as scratch:
            Path(scratch).chmod(0o711)  # whoever a process becomes has to come to its own folder
            workshop = Workshop(
                matrix=request.matrix,
                home=request.home,
                scratch=Path(scratch),
                locks=request.locks,
                sandbox=request.sandbox,
                packages=one.case.custom.packages,
            )
            wish = _wish(one, pair)
            inspection = next(iter(inspect_all([one.source])))
            workshop.readable = tuple(wish.readable(inspection))
            out = workshop.folder("out") / name
            job = {**job_for(wish, inspection), "training": None, "out": str(out)}
            (facts,) = workshop.rebuild(pair.after.id, [job], _cpu(one, pair))
            together.check()
            if facts["error"] is None:
                keeping.folder.mkdir(parents=True, exist_ok=True)
                workshop.made(out).replace(one.out)
        facts = {"error": facts["error"], "phase": facts["phase"]}
        if (facts["error"] or {}).get("type") != "Unusable":
            keeping.put_anew(name, facts)
    one.facts = facts


def _cpu(one: _Anew, pair: Pair) -> float:
    """Return how many CPU seconds the new version had for the model, 0 where it did not load it."""
    record = one.case.record(pair.after.id)
    return float((record or {}).get("cpu") or 0)


def _wish(one: _Anew, pair: Pair) -> Wish:
    return Wish(
        path=one.source,
        target=pair.after.id,
        out=one.out,
        custom=tuple(Path(source.file) for source in one.case.custom.sources if source.file),
        build=None if one.converted else one.case.custom.build,
        packages=one.case.custom.packages,
        trusted=pair.request.trust,
        sandbox=pair.request.sandbox,
    )


def _measure(files: Sequence[_Anew], pair: Pair) -> None:
    """Compare what the old version loads with what the new one does, which saved it."""
    request = replace(pair.request, references=(pair.after.id, pair.before.id))
    subjects = list(gather([one.out for one in files]))
    left = []
    for one, subject in zip(files, subjects, strict=True):
        one.checked = refusal(subject, request, run=True)
        if one.checked is None:
            left.append((one, subject))
    prepared, _ = pricing.prepare([subject for _, subject in left], request)
    pair.measure(prepared.cases if prepared.runs else ())
    for (one, _), case in zip(left, prepared.cases, strict=True):
        one.checked = checks.told(case, request)


def _returned(one: _Anew, pair: Pair) -> Returned:
    blank = Returned(format=one.suffix, converted=one.converted)
    if one.checked is None:
        why = told(one.facts["error"], one.facts["phase"])
        if one.facts["phase"] not in ITS_OWN:
            return replace(blank, reason=why)
        return replace(blank, reason=f"{pair.after.id} cannot save it so: {why}")
    if one.checked.problem is not None:
        return replace(blank, reason=one.checked.problem)
    answers = {answer.environment: answer for answer in one.checked.answers}
    back, itself = answers[pair.before.id], answers[pair.after.id]
    if one.checked.reference == pair.before.id:
        text = f"loads, but {pair.after.id} itself does not read what it saved: {itself.reason}"
        return replace(blank, reason=text)
    return replace(blank, answer=back)
