"""How often the answer in a second is right about models as people write them: tests/real/people.

    nox -s bench -- people [FOLDER] [--savers ID,ID] [--envs ID,ID] [--every 1] [--quick]

Each model is saved into FOLDER by the versions that its list names, unless it is there; then every
file is asked about as if nobody had run it, and run. ``known`` is what share of what could be
measured has an answer. Of the answers, ``right`` is the same outcome, ``near`` another one on the
same side of "stays the same", ``wrong`` the other side. Files whose fate lies in code of their own
are counted apart. ``--quick`` runs nothing and tells what is known; ``--pack`` answers from another
evidence pack than the one that ships. What was measured is kept in $CANILOAD_HOME as usual.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from caniload.runner.answering.asking import ask
from caniload.runner.answering.features import features
from caniload.runner.answering.knowing import known
from caniload.runner.answering.lookup import Lookup
from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.checking.wanted import wish
from caniload.runner.core.outcomes import CLEAN, Outcome, Purpose
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.packed import here_of
from caniload.runner.evidence.resolve import resolve
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import SHIPPED, Shelved

CORPUS = Path(__file__).parents[1] / "real" / "people"
OWN_CODE = CORPUS / "own_code.py"
SAVERS = "tf-2.4,tf-2.8,tf-2.10,tf-2.13,tf-2.15,tf-2.18,tf-2.21-keras-3.15"
LOADERS = "tf-2.15,tf-2.16,tf-2.18,tf-2.21,tf-2.21-keras-3.15,tf-2.21-tf-keras"

Purposes = Mapping[Purpose, Answer]


@dataclass(kw_only=True)
class Score:
    """What came of the questions for one purpose."""

    counted: Counter[str] = field(default_factory=Counter)
    by_basis: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    why: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def take(self, said: Answer, truth: Outcome | None, *, told: str, own: bool) -> None:
        """Count an answer; ``truth`` is None where nothing was run, ``told`` what came of it."""
        before = "own " if own else ""
        if not said.known:
            self.counted[f"{before}unknown"] += 1
            if not own:
                self.why[_kind(said.reason)] += 1
            return
        came = "given" if truth is None else _came(said.outcome, truth)
        self.counted[before + came] += 1
        self.by_basis[said.basis][came] += 1
        if came == "wrong":
            self.wrong.append(f"{told}; {said.basis}: {said.outcome}: {said.reason[:220]}")

    def lines(self, shown: int) -> Iterator[str]:
        asked = self.counted.total()
        unknown, own_unknown = self.counted["unknown"], self.counted["own unknown"]
        plain = sum(number for name, number in self.counted.items() if not name.startswith("own"))
        given = asked - unknown - own_unknown
        wrong = len(self.wrong)
        yield (
            f"  asked {asked:,}, known {given / max(asked, 1):.1%}"
            f" ({1 - unknown / max(plain, 1):.1%} of those without code of their own);"
            f" of the given {wrong / max(given, 1):.2%} wrong ({wrong})"
        )
        yield f"  {_listed(self.counted)}"
        for basis, counted in sorted(self.by_basis.items()):
            yield f"  {basis}: {_listed(counted)}"
        for reason, number in self.why.most_common(shown):
            yield f"    {number:4} not known: {reason}"
        for line in self.wrong:
            yield f"    WRONG {line}"


def _came(said: Outcome, truth: Outcome) -> str:
    if said is truth:
        return "right"
    return "near" if (said in CLEAN) == (truth in CLEAN) else "wrong"


def _kind(reason: str) -> str:
    """Return what is missing of evidence, without whose it would have been."""
    return reason.removesuffix("; --run tries it").rpartition("reference models that ")[2][:150]


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counted.items()))


def saved(folder: Path, savers: Sequence[str], request: Request) -> Iterator[tuple[str, Path]]:
    """Have each version save what its list names and is not there; yield (version, file)."""
    home = request.home
    for name in savers:
        build = [sys.executable, "-m", "caniload", "env", "build", name]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        script = [str(home.python(name)), str(CORPUS / "save.py"), name, str(folder)]
        variables = process_variables(request.matrix.environment(name), home)
        subprocess.run(script, check=True, env=variables, stderr=subprocess.DEVNULL)
        for file in sorted((folder / name).iterdir()):
            yield name, file


def quick_answers(subjects: Sequence[Subject], request: Request, pack: Path) -> list[Checked]:
    """Answer from a pack alone, in a home in which nothing was ever measured."""
    with tempfile.TemporaryDirectory() as nothing:
        empty = replace(request, home=Home(root=Path(nothing)))
        resolution = resolve(empty.matrix.environments, home=empty.home, locks=empty.locks)
        lookup = Lookup(
            shelved=[Shelved(pack=Pack(pack), called="")],
            here=here_of(empty.matrix, empty.locks),
            asked=frozenset(one.id for one in empty.asked),
            purpose=empty.purpose,
            say=print,
        )
        found = []
        for one in subjects:
            index = lookup.index(one.inspection.format or "", features(one.inspection))
            found.append(known(one, empty, index=index, resolved=lambda: resolution))
        return found


def measured_answers(
    subjects: Sequence[tuple[str, Subject]], environments: Sequence[str], jobs: int
) -> Iterator[Checked]:
    """Run files in the environments; each is compared with what the version that saved it gives."""
    groups: defaultdict[tuple[str, bool], list[Subject]] = defaultdict(list)
    for saver, one in subjects:
        groups[saver, bool(one.inspection.custom)].append(one)
    for (saver, own), files in groups.items():
        request = wish(
            envs=list(dict.fromkeys([saver, *environments])),
            custom=[str(OWN_CODE)] if own else [],
            trust=True,
        )
        request = replace(request, references=[saver], jobs=jobs)
        yield from ask([one.path for one in files], request, run=True, aloud=True)


def for_each(answer: Answer, asked: Purpose) -> dict[Purpose, Outcome]:
    """Return what was measured for both purposes."""
    other = answer.other_purpose.outcome if answer.other_purpose else answer.outcome
    return {one: answer.outcome if one is asked else other for one in Purpose}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Home.default().root / "people")
    parser.add_argument("--savers", default=SAVERS)
    parser.add_argument("--envs", default=LOADERS)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pack", type=Path, default=SHIPPED)
    parser.add_argument("--shown", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args(argv)
    environments = given.envs.split(",")
    request = wish(envs=environments)
    files = [
        (saver, path)
        for saver, path in saved(given.folder, given.savers.split(","), request)
        if zlib.crc32(f"{saver}/{path.name}".encode()) % given.every == 0
    ]
    subjects = list(gather([path for _, path in files]))
    pairs = list(zip((saver for saver, _ in files), subjects, strict=True))
    truths: dict[tuple[str, str], dict[Purpose, Outcome]] = {}
    reasons: dict[tuple[str, str], str] = {}
    if not given.quick:
        for one in measured_answers(pairs, environments, given.jobs):
            print(one.path, one.problem or one.reference or "no reference", flush=True)
            for answer in one.answers:
                if answer.basis is Basis.FILE and answer.known:
                    truths[one.path, answer.environment] = for_each(answer, Purpose.PREDICT)
                    reasons[one.path, answer.environment] = answer.reason
    for purpose in Purpose:
        score = Score()
        answers = quick_answers(subjects, replace(request, purpose=purpose), given.pack)
        for one, subject in zip(answers, subjects, strict=True):
            said = features(subject.inspection)
            for answer in one.answers:
                truth = truths.get((one.path, answer.environment), {}).get(purpose)
                if truth is None and not given.quick:
                    score.counted["not measured"] += 1
                    continue
                reason = reasons.get((one.path, answer.environment), "")[:160]
                told = f"{one.path} in {answer.environment} was {truth}: {reason}"
                score.take(answer, truth, told=told, own=said is not None and said.own)
        print(f"{purpose}, {len(subjects)} files")
        print("\n".join(score.lines(given.shown)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
