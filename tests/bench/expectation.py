"""How often the answer in a second is right: every reference file asked about as if it were new.

    nox -s bench -- expectation [PACK] [--purpose predict] [--out model] [--every 12] [--shown 20]

Each file of a pack (the one that ships, if none is named) is taken for a person's: out of the
evidence goes its model, whoever saved it; or its whole family of models; or all that its version
saved ("version out"). What is then expected of it, in each environment that loaded it, is held
against what was measured. ``known`` is what share has an answer. Of the answers, ``right`` is the
same outcome, ``near`` another one on the same side of "stays the same", ``wrong`` the other side.
Files whose fate lies in code of their own are counted apart. ``--every 1`` asks about every file.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from caniload.runner.answering import near, quick
from caniload.runner.answering.accepting import Accepting
from caniload.runner.answering.features import Features
from caniload.runner.answering.lookup import Lookup
from caniload.runner.answering.quick import Expected, Question
from caniload.runner.answering.references import Index, Known
from caniload.runner.answering.rules import ruled
from caniload.runner.answering.standing import beside
from caniload.runner.answering.weighing import Evidence
from caniload.runner.core.outcomes import CLEAN, Outcome, Purpose
from caniload.runner.core.shipped import LOCKS, MATRIX
from caniload.runner.evidence.constructors import looked_up
from caniload.runner.evidence.packed import here_of
from caniload.runner.forensics.facts import Inspection
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_family
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import SHIPPED, Shelved

FORMATS = frozenset({"h5", "keras", "savedmodel", "json"})
"""In these a person's file states its layers, and is loaded as the reference files were."""

Origin = tuple[str, tuple[str, ...]]
Asking = Callable[[Known, Question], Expected | str]


@dataclass(kw_only=True)
class Score:
    """What came of the questions; ``wrong`` are told in a line each."""

    counted: Counter[str] = field(default_factory=Counter)
    by_basis: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    why: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def take(self, found: Expected | str, one: Known, environment: str, format_only: str) -> None:
        cell = one.cells[environment]
        own = "own " if one.features.own else ""
        if isinstance(found, str) and not format_only:
            self.counted[f"{own}unknown"] += 1
            if not own:
                self.why[found.rpartition(" has ")[2][:100]] += 1
            return
        outcome = Outcome.ERROR if isinstance(found, str) else found.outcome
        basis = "by rule" if isinstance(found, str) else str(found.basis)
        came = "wrong"
        if outcome is cell.outcome:
            came = "right"
        elif (outcome in CLEAN) == (cell.outcome in CLEAN):
            came = "near"
        self.counted[own + came] += 1
        self.by_basis[basis][came] += 1
        if came == "wrong":
            told = format_only if isinstance(found, str) else found.reason
            self.wrong.append(
                f"{one.cell(environment)}: {outcome}, and it was {cell.outcome}"
                f" ({cell.reason[:90]}); {basis}: {told[:160]}"
            )

    def lines(self, shown: int) -> Iterator[str]:
        asked = self.counted.total()
        plain = sum(number for name, number in self.counted.items() if not name.startswith("own"))
        given = asked - self.counted["unknown"] - self.counted["own unknown"]
        wrong = self.counted["wrong"] + self.counted["own wrong"]
        of_plain = 1 - self.counted["unknown"] / max(plain, 1)
        yield (
            f"  asked {asked:,}, known {given / max(asked, 1):.1%} ({of_plain:.1%} of those without"
            f" code of their own); of the given {wrong / max(given, 1):.2%} wrong ({wrong})"
        )
        yield f"  {_listed(self.counted)}"
        for basis, counted in sorted(self.by_basis.items()):
            yield f"  {basis}: {_listed(counted)}"
        for reason, number in self.why.most_common(shown):
            yield f"    {number:4} not known: {reason}"
        for line in self.wrong[:shown]:
            yield f"    WRONG {line}"
        if len(self.wrong) > shown:
            yield f"    ... and {len(self.wrong) - shown} more wrong"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counted.items()))


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many files of one origin that stay the same in an environment, or load, have a trait."""

    evidence: Evidence

    @cached_property
    def cleared(self) -> Counter[str]:
        return Counter(
            trait
            for one in (*self.evidence.good, *self.evidence.warned)
            for trait in self.evidence.clears(one)
        )

    @cached_property
    def loaded(self) -> Counter[str]:
        return _count(self.evidence, filter(self.evidence.loads, self.evidence.tried))


def _count(evidence: Evidence, files: Iterator[Known] | Sequence[Known]) -> Counter[str]:
    return Counter(trait for one in files for trait in evidence.traits(one).all)


@dataclass(frozen=True, kw_only=True)
class Without(Evidence):
    """Evidence that some files were taken out of: counted, not put together anew each time."""

    counted: Counted
    out: Evidence

    @cached_property
    def cleared(self) -> frozenset[str]:
        return _left(self.counted.cleared, Counted(evidence=self.out).cleared)

    @cached_property
    def loaded(self) -> frozenset[str]:
        return _left(self.counted.loaded, _count(self.out, filter(self.out.loads, self.out.tried)))


def _left(whole: Counter[str], out: Counter[str]) -> frozenset[str]:
    return frozenset(trait for trait, number in whole.items() if number > out.get(trait, 0))


class Bench:
    """All files of a pack by format and origin, and the ways to ask about them."""

    def __init__(self, path: Path, purpose: Purpose) -> None:
        self.purpose = purpose
        self.matrix = read_matrix(MATRIX)
        self.environments = {one.id: one for one in self.matrix.environments}
        self.families = {one.id: one.family for one in self.matrix.models}
        self.withheld = {
            name for one in self.matrix.models for name in read_family(one.family).withheld
        }
        self.files = dict(self._files(Pack(path)))
        self.accepting = cache(self._accepting)
        self.counted = cache(self._counted)
        self.beside = cache(self._beside)

    def _files(self, pack: Pack) -> Iterator[tuple[Origin, list[Known]]]:
        lookup = Lookup(
            shelved=[Shelved(pack=pack, called="")],
            here=here_of(self.matrix, LOCKS),
            asked=frozenset(self.environments),
            purpose=self.purpose,
            say=print,
        )
        listed = [said for said in pack.files() if said["format"] in FORMATS]
        for format_id, origin in sorted(
            {(said["format"], tuple(origin)) for said in listed for origin in said["origins"]}
        ):
            nobody = Features(
                format=format_id, origin=origin, classes=frozenset(), traits=frozenset()
            )
            known = [
                one
                for one in lookup.index(format_id, nobody).known
                if one.features.origin == origin
            ]
            if known:
                yield (format_id, origin), known

    def _accepting(self, environment: str) -> Accepting | None:
        record = looked_up(self.environments[environment])
        return None if record is None else Accepting(record=record)

    def _beside(self, environment: str) -> tuple[Environment, ...]:
        read = {place for files in self.files.values() for one in files for place in one.cells}
        rows = [one for one in self.matrix.environments if one.id in read]
        return beside(self.environments[environment], rows)

    def _counted(self, key: Origin, environment: str) -> Counted:
        whole = Evidence(files=self.files[key], environment=environment, purpose=self.purpose)
        return Counted(evidence=whole)

    def questions(self, every: int) -> Iterator[tuple[Known, Question]]:
        for files in self.files.values():
            for one in files:
                for environment in one.cells:
                    if zlib.crc32(one.cell(environment).encode()) % every == 0:
                        yield (
                            one,
                            Question(
                                wanted=one.features,
                                environment=self.environments[environment],
                                purpose=self.purpose,
                                accepting=self.accepting(environment),
                                readers=self.beside(environment),
                                coded=one.model not in self.withheld,
                            ),
                        )

    def model_out(self, one: Known, question: Question) -> Expected | str:
        return self._out(one, question, lambda other: other.model == one.model)

    def family_out(self, one: Known, question: Question) -> Expected | str:
        family = self.families.get(one.model, one.model)
        return self._out(
            one, question, lambda other: self.families.get(other.model, other.model) == family
        )

    def _out(
        self, one: Known, question: Question, leaves: Callable[[Known], bool]
    ) -> Expected | str:
        key = (one.format, one.features.origin)
        files = self.files[key]
        given = {"environment": question.environment.id, "purpose": self.purpose}
        out = Evidence(files=[other for other in files if leaves(other)], **given)  # type: ignore[arg-type]
        left = Without(
            files=[other for other in files if not leaves(other)],
            counted=self.counted(key, question.environment.id),
            out=out,
            **given,  # type: ignore[arg-type]
        )
        found = quick.expect(question, left)
        if isinstance(found, Expected | quick.Undecided):
            return found
        known = [other for other in self._of(one.format) if not leaves(other)]
        return near.or_near(question, found, Index(known=known, measured=True).kin(one.features))

    def _of(self, format_id: str) -> Iterator[Known]:
        for (one, _), files in self.files.items():
            if one == format_id:
                yield from files

    def version_out(self, one: Known, question: Question) -> Expected | str:
        """Ask with neither what its version saved nor, of other versions, its model."""
        known = [
            other
            for other in self._of(one.format)
            if other.features.origin != one.features.origin and other.model != one.model
        ]
        return near.from_kin(question, Index(known=known, measured=True).kin(one.features))

    def score(self, ask: Asking, every: int) -> Score:
        score = Score()
        for one, question in self.questions(every):
            rule = ruled(Inspection(path="", format=one.format), question.environment)
            told = rule.reason if rule else ""
            score.take(ask(one, question), one, question.environment.id, told)
        return score


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--purpose", choices=list(Purpose), action="append")
    parser.add_argument("--out", choices=["model", "family", "version"], action="append")
    parser.add_argument("--every", type=int, default=12, help="1 asks about every file: 20 minutes")
    parser.add_argument("--shown", type=int, default=20)
    given = parser.parse_args(argv)
    for purpose in map(Purpose, given.purpose or Purpose):
        bench = Bench(given.pack, purpose)
        ways: dict[str, Asking] = {
            "model": bench.model_out,
            "family": bench.family_out,
            "version": bench.version_out,
        }
        for name in given.out or ways:
            print(f"{purpose}, {name} out")
            print("\n".join(bench.score(ways[name], given.every).lines(given.shown)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
