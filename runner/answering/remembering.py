"""A file that was run before -> the records of it, as a case that can be judged; runs nothing."""

from __future__ import annotations

from dataclasses import replace

from caniload.runner.checking.cases import Case
from caniload.runner.checking.kept import Kept, Record, Terms, loaded
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject
from caniload.runner.evidence.resolve import Resolution


def measured_before(subject: Subject, request: Request, resolution: Resolution) -> Case | None:
    """Return what earlier runs measured of this very content, under the same terms if they did.

    Else under those under which most was measured: with other code or inputs.
    """
    kept, fingerprints = Kept(request.home), resolution.fingerprints
    today = set(fingerprints.values())
    wanted = request.terms(subject)
    groups: dict[Terms, list[Record]] = {}
    for record in kept.all_of(subject.sha256):
        if record["fingerprint"] in today and record["content"] == subject.sha256:
            terms = Terms(content=subject.sha256, inputs=record["inputs"], custom=record["custom"])
            groups.setdefault(terms, []).append(record)
    if not groups:
        return None
    terms = wanted if wanted in groups else max(groups, key=lambda one: len(groups[one]))
    references = [
        str(record["environment"])
        for record in groups[terms]
        if record["reference"] is None and loaded(record)
    ]
    by_use = sorted(
        references,
        key=lambda one: -sum(record["reference"] == one for record in groups[terms]),
    )
    named = tuple(groups[terms][0]["custom_named"])
    case = Case(
        subject=subject,
        terms=terms,
        custom=replace(request.custom, named=named),
        inputs=request.inputs,
        asked=[one.id for one in request.asked],
        candidates=by_use,
        fingerprints=fingerprints,
        carries=request.carries(subject),
        kept=kept,
        limits=request.matrix.limits,
    )
    case.find_reference()
    return case
