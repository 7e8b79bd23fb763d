"""What its own version does not say of a file -> what versions and readers near it do; pure.

A version that saved a file stands between others, and so does one that reads it. What is measured
of those says something of this one where two of them come to the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from caniload.runner.answering.deciding import Weighed
from caniload.runner.answering.quick import (
    Expected,
    Question,
    Undecided,
    as_bad,
    as_good,
    evidence_of,
    expect,
    failing_of,
    masked_together,
    silent,
    unread,
)
from caniload.runner.answering.references import Kin
from caniload.runner.answering.standing import says_otherwise, stand_ins
from caniload.runner.answering.weighing import Evidence, Guilty
from caniload.runner.answering.wording import in_words
from caniload.runner.checking.answers import Basis
from caniload.runner.core.outcomes import CLEAN, SEVERITY

WITNESSES = 2
"""How many readers that stand for one are asked at most."""

_UNMEASURED = "no model like it that this very version saved was measured"

_NEAR = "of models that the versions nearest to it saved: of its own, none like it was measured"

_FILLED = "of models that the versions nearest to it saved, for its own saved none with that"


def agreed(found: Sequence[Expected | str]) -> Expected | str:
    """Return what to expect where two versions near it let expect the same, else why not."""
    if not found:
        return f"{_UNMEASURED}, nor any of two versions near it"
    for one in found:
        if isinstance(one, str):
            return f"{_UNMEASURED}; of one near it, {one}"
    expected = [one for one in found if isinstance(one, Expected)]
    ends = {"good" if one.outcome in CLEAN else str(one.outcome) for one in expected}
    if len(ends) > 1:
        return (
            f"{_UNMEASURED}, and those of the nearest versions end differently there:"
            f" {' and '.join(one.outcome for one in expected)}"
        )
    worst = max(expected, key=lambda one: SEVERITY[one.outcome])
    if worst.basis is Basis.CONSTRUCTORS:
        return worst
    told = f"{worst.reason}; {_NEAR}"
    return replace(worst, reason=told, cells=tuple(x for one in expected for x in one.cells[:1]))


def from_kin(asked: Question, kin: Kin) -> Expected | str:
    """Return what to expect by reference files of the same format.

    First by those of its own version; where these do not say, by those of the versions near it;
    and at last by what readers do that do the same as this one.
    """
    return or_near(asked, expect(asked, evidence_of(asked, kin.same)), kin)


def or_near(asked: Question, own: Expected | str, kin: Kin) -> Expected | str:
    """Return what its own version lets expect, else what the versions near it do.

    First of the whole file; then of what its own version lacks, one trait by one; then of a reader
    that stands for this one.
    """
    if isinstance(own, Expected) or (isinstance(own, Undecided) and not asked.wanted.own):
        return own
    found = _by_versions(asked, own, kin)
    if isinstance(found, Expected) or not kin.same:
        return found
    found = _by_readers(asked, kin) or found
    return own if isinstance(found, str) and asked.wanted.own else found


def _by_versions(asked: Question, own: str, kin: Kin) -> Expected | str:
    near = kin.near_for(asked.environment)
    found = agreed([expect(asked, evidence_of(asked, one)) for one in near])
    if isinstance(found, Expected) or not kin.same:
        return found
    return own if asked.wanted.own else _filled(asked, kin) or own


def _filled(asked: Question, kin: Kin) -> Expected | None:
    """Return what to expect where the versions near it know what its own has no model of.

    Of each trait the nearest two that read a file which has it, and by these it has to be cleared;
    nothing that either of them knows of may speak against the file.
    """
    wanted, own = asked.weighed(), evidence_of(asked, kin.same)
    failing = failing_of(wanted, own)
    unseen = wanted.asked - _known(own, failing)
    if not own.tried or not unseen or (not failing and own.within(wanted)):
        return None
    tried = frozenset().union(*(own.traits(one).all for one in own.bad if not own.loads(one)))
    if not failing:
        tried = frozenset().union(*(own.traits(one).all for one in own.bad))
    near: dict[tuple[str, ...], Evidence] = {}
    for trait in sorted(unseen):
        origins = kin.near_with(asked.environment, lambda one: trait in own.traits(one).all)  # noqa: B023 - called at once
        if trait in tried or not origins:
            return None
        for origin in origins:
            near.setdefault(origin, evidence_of(asked, kin.of(origin)))
            if trait not in _known(near[origin], failing):
                return None
    if not all(_speaks_for(wanted, one, failing) for one in near.values()):
        return None
    pooled = evidence_of(asked, [*kin.same, *(one for part in near.values() for one in part.files)])
    if unread(asked, wanted, pooled) or (not failing and masked_together(wanted, pooled)):
        return None
    found = as_bad(asked, failing, own) if failing else as_good(wanted, pooled)
    told = f"{found.reason}; {in_words(sorted(unseen))}: {_FILLED}"
    return replace(found, reason=told)


def _known(evidence: Evidence, failing: Guilty | None) -> frozenset[str]:
    """Return what is in files that stay the same, or that load where more is not in question."""
    return evidence.loaded if failing else evidence.cleared


def _speaks_for(wanted: Weighed, near: Evidence, failing: Guilty | None) -> bool:
    """Say whether nothing near speaks against what is expected: to stay the same, or to load."""
    if failing is None:
        return silent(wanted, near)
    found = failing_of(wanted, near)
    return found is None or any(map(near.loads, found.files))


def _by_readers(asked: Question, kin: Kin) -> Expected | None:
    """Return what to expect where readers know that did what this one did with all they were given.

    The two nearest have to come to the same. Nothing that this one knows may speak against it.
    """
    wanted, own_files = asked.weighed(), evidence_of(asked, kin.same)
    failing = failing_of(wanted, own_files)
    if not failing and own_files.within(wanted):
        return None
    found: list[Expected] = []
    for stand_in in stand_ins(asked, kin):
        # What its constructors refuse, and what it has no code for, were asked of this one.
        there = replace(asked, environment=stand_in.environment, accepting=None, coded=True)
        own = expect(there, evidence_of(there, kin.same))
        said = own if isinstance(own, Expected | Undecided) else _by_versions(there, own, kin)
        if not isinstance(said, Expected):
            continue
        if said.outcome not in CLEAN and says_otherwise(asked, kin, stand_in, said.cells):
            return None
        told = f"{said.reason}; {stand_in.told(asked.environment)}"
        found.append(replace(said, reason=told))
        if len(found) == WITNESSES:
            break
    ends = {"good" if one.outcome in CLEAN else str(one.outcome) for one in found}
    if len(ends) != 1:
        return None
    if failing and found[0].outcome is not as_bad(asked, failing, own_files).outcome:
        return None
    return max(found, key=lambda one: SEVERITY[one.outcome])
