"""What reference files say of each trait of a file, in one environment; pure.

A trait is *cleared* by a reference file that has it and stays the same there. A failure is
explained by what the failed file has and no file that stays the same: by what the message names of
it, by what several that failed alike have in common of it, or by all of it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from caniload.runner.answering.accepting import MODELS
from caniload.runner.answering.deciding import (
    LAYER,
    Trait,
    Weighed,
    apart,
    states_of,
    weighed,
    widened,
)
from caniload.runner.answering.references import Known
from caniload.runner.answering.wording import without_places
from caniload.runner.core.outcomes import CLEAN, SEVERITY, Outcome, Purpose

SEVERAL = 3
"""How many models make a group: what two have in common may be chance."""

POLICY = "policy"
"""The kind of a trait whose names, such as float32, stand in messages about anything."""

INSIDE = " inside a "
"""What stands in traits that tell which kind of model is in which."""

_LOADS = frozenset({*CLEAN, Outcome.WARNING, Outcome.DIFFERS})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Guilty:
    """What explains failures, and the files that failed so, the mildest first."""

    traits: frozenset[str]
    files: tuple[Known, ...]
    how: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Reference files of one origin and format, and how one environment did with them."""

    files: Sequence[Known]
    environment: str
    purpose: Purpose

    def outcome(self, one: Known) -> Outcome:
        return one.cells[self.environment].outcome

    def loads(self, one: Known) -> bool:
        cell = one.cells[self.environment]
        return cell.outcome in _LOADS or (cell.outcome is Outcome.ERROR and cell.phase != "load")

    def traits(self, one: Known) -> Weighed:
        return weighed(one.features.traits, self.purpose)

    @cached_property
    def tried(self) -> tuple[Known, ...]:
        return tuple(one for one in self.files if self.environment in one.cells)

    @cached_property
    def good(self) -> tuple[Known, ...]:
        return tuple(one for one in self.tried if self.outcome(one) in CLEAN)

    @cached_property
    def bad(self) -> tuple[Known, ...]:
        """Return what did not stay the same, the mildest first."""
        bad = [one for one in self.tried if self.outcome(one) not in CLEAN]
        return tuple(sorted(bad, key=lambda one: SEVERITY[self.outcome(one)]))

    @cached_property
    def warned(self) -> tuple[Known, ...]:
        """Return what stays the same but for a warning, which names something of it."""
        return tuple(
            one for one in self.bad if self.outcome(one) is Outcome.WARNING and self._told(one)
        )

    def clears(self, one: Known) -> frozenset[str]:
        """Return what is no reason for anything: of a file with a warning, what that names not."""
        named = frozenset[str]() if self.outcome(one) in CLEAN else self._told(one)
        return self.traits(one).all - named

    @cached_property
    def cleared(self) -> frozenset[str]:
        return frozenset().union(*map(self.clears, (*self.good, *self.warned)))

    @cached_property
    def loaded(self) -> frozenset[str]:
        """Return what is in files that load there, whatever becomes of them afterwards."""
        return frozenset().union(*(self.traits(one).all for one in self.tried if self.loads(one)))

    def suspects(self, one: Known) -> frozenset[str]:
        """Return what a file that failed has, and none that stays the same."""
        return self.traits(one).all - self.cleared

    @cached_property
    def guilty(self) -> tuple[Guilty, ...]:
        """Return what explains failures; what is surest first."""
        return (*self._named(), *self._groups(), *self._alone())

    def blamed(self, one: Known) -> frozenset[str]:
        """Return the layers that the message about a failed file names of it, cleared or not."""
        return frozenset(
            trait
            for trait in self._told(one)
            if apart(trait).kind == LAYER and not apart(trait).argument
        )

    def _told(self, one: Known) -> frozenset[str]:
        """Return what the message about a failed file names of it, or the warning of another."""
        cell = one.cells[self.environment]
        said = cell.reason if cell.outcome is Outcome.WARNING else cell.raised
        return _told(self.traits(one).all, said)

    def _named(self) -> Iterator[Guilty]:
        """Yield what a message names of what is suspect."""
        groups: defaultdict[frozenset[str], list[Known]] = defaultdict(list)
        for one in self.bad:
            suspects = self.suspects(one)
            if named := suspects & self._told(one):
                groups[widened(named, suspects) | (states_of(named) & suspects)].append(one)
        for named, files in groups.items():
            yield Guilty(traits=named, files=tuple(files), how="named")

    @cached_property
    def _alike(self) -> list[list[Known]]:
        """Return what did not stay the same, by the reason; the largest groups first."""
        groups: defaultdict[str, list[Known]] = defaultdict(list)
        for one in self.bad:
            cell = one.cells[self.environment]
            groups[cell.cause or cell.signature].append(one)
        return sorted(groups.values(), key=len, reverse=True)

    @property
    def commonest(self) -> list[Known]:
        """Return what failed for the commonest reason; there has to be something that failed."""
        return self._alike[0]

    def _groups(self) -> Iterator[Guilty]:
        """Yield what several models that failed for one reason have in common."""
        for alike in self._alike:
            if len({one.model for one in alike}) >= SEVERAL:
                common = frozenset.intersection(*(self.suspects(one) for one in alike))
                if common:
                    yield Guilty(traits=common, files=tuple(alike), how="common")

    def _alone(self) -> Iterator[Guilty]:
        """Yield all that is suspect in one file: its only difference from what stays the same.

        Not where the same befell files in which nothing is suspect: then it is something else. Nor
        where the file is another model already to the version that saved it: what it lost on the
        way is not in it.
        """
        for alike in self._alike:
            each = [(one, self.suspects(one)) for one in alike]
            if all(suspects for _, suspects in each):
                for one, suspects in each:
                    if _lost(one):
                        continue
                    yield Guilty(traits=suspects, files=(one,), how="alone")

    def within(self, wanted: Weighed) -> list[Known]:
        """Return what failed though all that it has is cleared, one trait by one.

        What they do together decides: of that the wanted file has all, or, of models inside
        others, whose order no trait tells, how they are put together.
        """
        return [
            one
            for one in self.bad
            if not self.suspects(one)
            and (self.traits(one).all <= wanted.all or _put_alike(self.traits(one), wanted))
        ]


def _put_alike(one: Weighed, wanted: Weighed) -> bool:
    """Say whether a file has models in the same kinds of models as another."""
    nested = {trait for trait in one.all if INSIDE in trait}
    return bool(nested) and nested <= wanted.all


def _lost(one: Known) -> bool:
    """Say whether a file is another model where it was saved, as far as that was measured."""
    cell = one.cells.get(one.saved_by)
    return cell is not None and cell.outcome is Outcome.DIFFERS


@functools.lru_cache(maxsize=20_000)
def _told(traits: frozenset[str], raised: str) -> frozenset[str]:
    words = frozenset(_WORD.findall(without_places(raised)))
    return frozenset(one for one in traits if _names(one, words))


def _names(trait: str, words: frozenset[str]) -> bool:
    """Say whether a message has the words of a trait: the class, or the argument, and its value."""
    one = apart(trait)
    if not one.kind or one.name in MODELS:  # a message about what is in a model names that, too
        return False
    if one.kind == POLICY and not any(word.lower().endswith(POLICY) for word in words):
        return False  # every weight that a message prints has a dtype
    if not one.argument:
        return one.name in words
    return one.argument in words and (not one.name or one.name in words) and _said(one, words)


def _said(one: Trait, words: frozenset[str]) -> bool:
    """Say whether a value is named, if it is a word: which argument it is of says too little."""
    return not one.value.isidentifier() or one.name != "" or one.value in words
