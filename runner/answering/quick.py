"""A file's features and the evidence about others -> what to expect of it; pure.

What was measured on others is a statement about others. It becomes an expectation only where a
failure is explained by what this file has, too, or where every trait of this one stayed the same in
some other. What the constructors of the reader refuse needs no other file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from caniload.runner.answering.accepting import Accepting, Refusal
from caniload.runner.answering.deciding import (
    LAYER,
    Weighed,
    apart,
    is_general,
    masked,
    needing,
    of_one_place,
    weighed,
)
from caniload.runner.answering.features import Features
from caniload.runner.answering.references import Known
from caniload.runner.answering.weighing import Evidence, Guilty
from caniload.runner.answering.wording import in_its_words, in_words
from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.checking.headline import OF_OTHERS, WITHOUT_CODE
from caniload.runner.core.outcomes import SEVERITY, Outcome, Purpose
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs.contents import OWN

_NONE_LOADS, _NONE_STAYS = (
    f"none of the reference models that {what} there has" for what in ("load", "stay the same")
)

NAMED = 3
"""How many cells are named at most as what an answer rests on."""


ENOUGH = 10
"""Of so many models at least there have to be files, where what befell all is told of others."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is to be expected in an environment, and the files that it was measured on."""

    outcome: Outcome
    reason: str
    cells: tuple[str, ...] = ()
    cause: str | None = None
    basis: Basis = Basis.MODELS


@dataclass(frozen=True, kw_only=True)
class Question:
    """One file, one environment, and what for; ``accepting``: what constructors take there.

    ``readers``: others of its kind, the nearest first, which may stand for it; ``coded``: code for
    what is not of Keras is given along.
    """

    wanted: Features
    environment: Environment
    purpose: Purpose
    accepting: Accepting | None = None
    readers: tuple[Environment, ...] = ()
    coded: bool = True

    def weighed(self) -> Weighed:
        return weighed(self.wanted.traits, self.purpose)


def blank(environment: Environment, reason: str) -> Answer:
    return Answer(
        environment=environment.id,
        label=environment.label,
        stack=environment.stack,
        outcome=Outcome.UNTESTED,
        basis=Basis.UNKNOWN,
        reason=reason,
    )


class Undecided(str):
    """Why it is not known what becomes of a file though all that it has was measured."""

    __slots__ = ()


def silent(wanted: Weighed, evidence: Evidence) -> bool:
    """Say whether nothing that failed says that the wanted file does."""
    return failing_of(wanted, evidence) is None and not evidence.within(wanted)


def masked_together(wanted: Weighed, evidence: Evidence) -> list[str]:
    """Return the layers that a mask may come to, if no file that stays the same has all of them."""
    through = masked(wanted.all)
    known = any(through <= masked(evidence.traits(one).all) for one in evidence.good)
    return [] if known else sorted(through)


def evidence_of(asked: Question, files: Sequence[Known]) -> Evidence:
    return Evidence(files=files, environment=asked.environment.id, purpose=asked.purpose)


def expect(asked: Question, evidence: Evidence) -> Expected | str:
    """Return what to expect of a file, or in a sentence why that is not known.

    ``evidence`` is of reference files of its format that the same version saved.
    """
    wanted = asked.weighed()
    failing = failing_of(wanted, evidence)
    if failing and not any(map(evidence.loads, failing.files)):
        return as_bad(asked, failing, evidence)  # whatever else there is in it
    if found := _refused(asked, evidence) or _none_loads(wanted, evidence):
        return found
    if asked.wanted.own:
        return Undecided(_lacking(asked) or "code of its own decides, which no reference model has")
    if why := _why_unknown(asked, wanted, evidence, failing):
        return why
    return as_bad(asked, failing, evidence) if failing else as_good(wanted, evidence)


def _why_unknown(
    asked: Question, wanted: Weighed, evidence: Evidence, failing: Guilty | None
) -> str:
    """Return why it is not known what becomes of a file that may load; empty if it is."""
    if not evidence.tried:
        return "no reference model of this format and version was loaded there"
    none = _NONE_LOADS if failing else _NONE_STAYS
    if unseen := sorted(wanted.asked - (evidence.loaded if failing else evidence.cleared)):
        return f"{none} {in_words(unseen)}"
    if failing:
        return ""
    if left := unread(asked, wanted, evidence):
        return f"{_NONE_LOADS} {in_words(left)}"
    if through := masked_together(wanted, evidence):
        return f"{_NONE_STAYS} a mask and {in_words(through)} together"
    together = evidence.within(wanted)
    return _undecided(together[0], wanted, evidence) if together else ""


def _refused(asked: Question, evidence: Evidence) -> Expected | None:
    """Return what the reader's constructors refuse, unless files with that load there."""
    if asked.accepting is None:
        return None
    own = {one.rpartition(" ")[2] for one in asked.wanted.traits if one.startswith("own ")}
    for one in asked.accepting.refusals(asked.wanted.traits, asked.wanted.format, own):
        if one.trait not in evidence.loaded:
            return _as_refused(one)
    return None


def _lacking(asked: Question) -> str:
    """Say that no version loads the file without its code, where that was not given.

    That is no word about any version: with its code it may load.
    """
    known = asked.accepting.record if asked.accepting else None
    own = [] if asked.coded else needing(asked.wanted.traits, asked.wanted.format)
    missing = [one for one in own if not (known and known("layers", one))]
    return f"{WITHOUT_CODE}{', '.join(missing)}" if missing else ""


def _none_loads(wanted: Weighed, evidence: Evidence) -> Expected | None:
    """Return that the file does not load, where none does of enough models of its kind.

    Not where they all have an optimizer, and it has none: that may be what none of them loads for.
    """
    models = {one.model for one in evidence.tried}
    if len(models) < ENOUGH or any(map(evidence.loads, evidence.tried)):
        return None
    if not _compiled(wanted) and all(_compiled(evidence.traits(one)) for one in evidence.tried):
        return None
    told = evidence.commonest[0]
    cell = told.cells[evidence.environment]
    return Expected(
        outcome=Outcome.ERROR,
        reason=f"{cell.reason}{OF_OTHERS}{_called(told)} and none of the {len(models)} reference"
        " models of its version and format loads)",
        cells=_ids(evidence.commonest, evidence.environment),
        cause=cell.cause,
    )


def unread(asked: Question, wanted: Weighed, evidence: Evidence) -> list[str]:
    """Return what changes nothing, if it can be read, and of which nobody knows whether it can.

    Which value an argument has is no matter then.
    """
    left = [one for one in wanted.idle - evidence.loaded if _is_read(one)]
    return sorted(one for one in left if not _taken(asked, one, evidence))


def _taken(asked: Question, trait: str, evidence: Evidence) -> bool:
    """Say whether a trait that nobody loaded there is known to be read by what is taken there.

    What takes them there says little of where a loader looks for schedules, and for functions that
    compute a loss, of which a file has the name alone.
    """
    general = of_one_place(trait)
    if general and general not in evidence.loaded:
        return False
    one = apart(trait)
    if one.kind == "loss" and not one.argument and not trait.endswith(", an object"):
        return bool(general)
    accepting = asked.accepting
    return accepting is not None and accepting.takes(trait, asked.wanted.format)


def _is_read(trait: str) -> bool:
    """Say whether a loader has to know what a trait names: a class or an argument."""
    one = apart(trait)
    if one.kind == "metric" and not (one.argument or trait.endswith(", an object")):
        return False  # a name, which may be any
    return bool(one.kind and one.name) and not one.value and not is_general(trait)


def _compiled(one: Weighed) -> bool:
    return any(apart(trait).kind == "optimizer" for trait in one.all)


def _as_refused(one: Refusal) -> Expected:
    return Expected(
        outcome=Outcome.ERROR, reason=f"does not load: {one.text}", basis=Basis.CONSTRUCTORS
    )


def failing_of(wanted: Weighed, evidence: Evidence) -> Guilty | None:
    """Return what explains failures and is in the wanted file.

    First what does not load; of that what a layer is to blame for, which is read before the rest.
    What befell a file for a layer that the wanted one has not is no word about that.
    """
    found = []
    for one in evidence.guilty:
        if one.traits <= wanted.all:
            files = tuple(file for file in one.files if evidence.blamed(file) <= wanted.all)
            found += [replace(one, files=files)] if files else []
    if not found:
        return None
    return max(
        found,
        key=lambda one: (
            not any(map(evidence.loads, one.files)),
            any(apart(trait).kind == LAYER for trait in one.traits),
        ),
    )


def as_bad(asked: Question, failing: Guilty, evidence: Evidence) -> Expected:
    # Of what was measured the mildest is told: this file may have less of what is wrong.
    first = failing.files[0]
    cell = first.cells[evidence.environment]
    told = [failing.traits, first.features.traits, asked.wanted.traits]
    said = in_its_words(cell.reason, *told)
    named = in_words(_short(failing))
    has = f"which has {named}, too" if said == cell.reason else f"with {named}, of another name"
    return Expected(
        outcome=cell.outcome,
        reason=f"{said}{OF_OTHERS}{_called(first)} {has})",
        cells=_ids(failing.files, evidence.environment),
        cause=cell.cause,
    )


def _short(failing: Guilty) -> list[str]:
    """Return what is told of what is to blame: arguments rather than their class or their value."""
    traits = frozenset(one for one in failing.traits if not is_general(one)) or failing.traits
    classes = {apart(one).what for one in traits if " with " in one}
    stated = {one.partition("=")[0] for one in traits if "=" not in one}
    told = [
        one
        for one in traits
        if (" with " in one or apart(one).what not in classes)
        and ("=" not in one or one.partition("=")[0] not in stated)
    ]
    return sorted(told or traits, key=lambda one: (" with " in one, one))


def as_good(wanted: Weighed, evidence: Evidence) -> Expected:
    """Tell of the fewest files that together have all that the wanted one has.

    Of each trait the best that came of it counts, for a file may have got worse by another.
    """
    left, chosen = set(wanted.asked), []
    ranked = sorted(evidence.good, key=lambda one: SEVERITY[evidence.outcome(one)])
    ranked += evidence.warned
    while left:
        best = max(ranked, key=lambda one: len(left & evidence.clears(one)))
        chosen.append(best)
        left -= evidence.clears(best)
    identical = [one for one in ranked if evidence.outcome(one) is Outcome.IDENTICAL]
    same = wanted.asked <= frozenset().union(*map(evidence.clears, identical))
    outcome = Outcome.IDENTICAL if same else Outcome.TOLERANCE
    told = max(chosen, key=lambda one: (evidence.outcome(one) is outcome, one in evidence.warned))
    cell = told.cells[evidence.environment]
    but = ", with a warning that this file has no cause for" if told in evidence.warned else ""
    reason = f"{_called(told)} stays the same there{but}: {cell.reason}"
    if len(chosen) > 1:
        reason = f"{len(chosen)} reference models together have all that it has; {reason}"
    return Expected(
        outcome=outcome,
        reason=reason,
        cells=_ids(chosen, evidence.environment),
        cause=cell.cause,
    )


def _undecided(bad: Known, wanted: Weighed, evidence: Evidence) -> Undecided:
    whole = evidence.traits(bad).all <= wanted.all
    has = "has nothing that this file lacks" if whole else "has models in models as this file has"
    return Undecided(
        f"reference model {bad.model} {has}, and does not stay the same there, though others with"
        f" each of its features do; of it: {bad.cells[evidence.environment].reason}"
    )


def _called(one: Known) -> str:
    if one.saved_by == OWN:
        return f"a file of somebody's ({one.model}, {one.format})"
    return f"reference model {one.model}, saved by {one.saved_by} as {one.format},"


def _ids(found: Sequence[Known], environment: str) -> tuple[str, ...]:
    return tuple(one.cell(environment) for one in found[:NAMED])


def as_answer(environment: Environment, expected: Expected) -> Answer:
    return Answer(
        environment=environment.id,
        label=environment.label,
        stack=environment.stack,
        outcome=expected.outcome,
        basis=expected.basis,
        reason=expected.reason,
        likely=True,
        cells=expected.cells,
        cause=expected.cause,
    )
