"""The model on the bench: an environment in, what it makes of the model out; all of it is kept.

Every environment is compared with the good end. A trial that was made before costs nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from caniload.runner.bisecting.mixing import Locked, mixed
from caniload.runner.bisecting.symptoms import Trial, level
from caniload.runner.checking.cases import Case
from caniload.runner.checking.judging import Judge, answer
from caniload.runner.checking.kept import Kept, Record
from caniload.runner.checking.measuring import Measuring
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject
from caniload.runner.core.errors import EnvironmentUnusable, UsageError
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.putting import put_text
from caniload.runner.core.texts import first_line
from caniload.runner.environments.build import existing, remove
from caniload.runner.environments.disk import COSTS
from caniload.runner.environments.fetching import as_line, sizes
from caniload.runner.environments.holding import HeldError, held
from caniload.runner.environments.locking import (
    LockError,
    compile_lock,
    lock_path,
    lock_problem,
    locked_versions,
)
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.evidence.resolve import resolve
from caniload.runner.matrix.schema import Environment
from caniload.runner.releases import adding

_IMPORTING = "cannot be built: importing"


class CannotTryError(Exception):
    """An environment that cannot be had here: it says nothing about the model."""


class Bench:
    """One model, and the environments that it is tried in.

    Those with packages exchanged are removed as soon as they have been tried.
    """

    def __init__(self, subject: Subject, request: Request, console: Console) -> None:
        self._subject, self._request, self._console = subject, request, console
        given = str(request.locks.absolute())
        self.locks = (
            request.home.added / f"bisected-{hashlib.sha256(given.encode()).hexdigest()[:8]}"
        )
        self.locks.mkdir(parents=True, exist_ok=True)
        self._link(request.locks / COSTS)
        self._good: Environment | None = None
        self._trials: dict[str, Trial] = {}
        self._passing: set[str] = set()

    def row(self, environment: Environment) -> Locked:
        """Return an environment of matrix.yaml."""
        return self._locked(environment, self._request.locks)

    def meant(self, requirements: Sequence[str], pythons: Sequence[str] = ()) -> Locked:
        """Return the environment of these requirements, the one of matrix.yaml if that has it.

        The first of ``pythons`` that it can have is taken, so that it differs in less.
        """
        environment, folder = adding.meant(
            self._request.matrix,
            requirements,
            home=self._request.home,
            locks=self._request.locks,
            pythons=pythons,
        )
        return self._locked(environment, folder)

    def mix(
        self,
        base: Locked,
        other: Locked,
        changes: Mapping[str, str],
        *,
        words: str,
        cutoff: str = "",
    ) -> Locked:
        """Return ``base`` with some packages changed, locked; it is made once and then kept."""
        environment = mixed(base, other, changes, words=words, cutoff=cutoff)
        if lock_problem(environment, self.locks) is not None:
            interpreter = find_pythons([environment.python]).get(environment.python)
            try:
                text = compile_lock(environment, interpreter)
            except LockError as error:
                reason = first_line(str(error)).partition(" cannot be locked: ")[2] or str(error)
                raise CannotTryError(f"cannot be resolved: {reason}") from error
            put_text(lock_path(environment, self.locks), text)
        self._passing.add(environment.id)
        return self._locked(environment, self.locks)

    def is_built(self, one: Locked) -> bool:
        return existing(one.environment, home=self._request.home, locks_dir=self.locks) is not None

    def fetching(self, wanted: Sequence[Locked]) -> Iterator[str]:
        """Yield which Pythons are fetched to build these, if any are."""
        home = self._request.home
        left = [one.environment for one in wanted if not self.is_built(one)]
        offered = resolve(left, home=home, locks=self.locks).offers([one.id for one in left])
        if offered:
            yield as_line(sizes(offered), home)

    def is_known(self, one: Locked) -> bool:
        return one.id in self._trials

    def try_good(self, one: Locked) -> Trial:
        """Try the good end, with which all others are compared from now on."""
        self._good = one.environment
        return self.attempt(one)

    def attempt(self, one: Locked) -> Trial:
        """Return what the model is in an environment, which is built if need be."""
        if one.id not in self._trials:
            self._trials[one.id] = self._unimportable(one) or self._attempt(one)
        return self._trials[one.id]

    def cannot(self, words: str, reason: str) -> Trial:
        """Return the trial of an environment that cannot be had."""
        return Trial(environment=words, packages={}, outcome=Outcome.UNTESTED, reason=reason)

    def _attempt(self, one: Locked) -> Trial:
        good = self._good or one.environment
        asked = list({each.id: each for each in (good, one.environment)}.values())
        request, subject = self._request, self._subject
        resolution = resolve(asked, home=request.home, locks=self.locks)
        case = Case(
            subject=subject,
            terms=request.terms(subject),
            custom=request.custom,
            inputs=request.inputs,
            asked=[each.id for each in asked],
            candidates=[good.id],
            fingerprints=resolution.fingerprints,
            carries=request.carries(subject),
            kept=Kept(request.home),
            limits=request.matrix.limits,
            unusable=dict(resolution.untested),
        )
        if next(case.steps(), None) is not None:
            ways = request.ways(self.locks)
            with self._console.status(f"trying {one.id}"):
                Measuring(request.home, resolution, ways, _Told(self._say))([case])
            self._remove_passing(one.id)
        judge_by = request.judge_by(subject)
        found = answer(case, one.environment, judge_by)
        record = case.record(one.id)
        known = level(found, _phase(record))
        reason = found.reason.removeprefix(f"{one.id} ")
        if _IMPORTING in reason and one.id in self._passing:
            self._note(one).write_text(reason, encoding="utf-8")
        return Trial(
            environment=one.id,
            packages=dict(one.packages),
            outcome=found.outcome,
            reason=reason,
            level=known,
            signature=_signature(record, judge_by) if known and record else "",
            cause=found.cause,
            max_abs_diff=found.max_abs_diff,
        )

    def _note(self, one: Locked) -> Path:
        return self.locks / f"{one.id}.cannot"

    def _unimportable(self, one: Locked) -> Trial | None:
        """Return that packages which were mixed here cannot be imported, if that was seen before.

        It follows from the lock alone, and takes a whole build to see.
        """
        try:
            reason = self._note(one).read_text(encoding="utf-8")
        except OSError:
            return None
        return self.cannot(one.id, reason)

    def _remove_passing(self, environment_id: str) -> None:
        """Remove what was built for one question: its result and its lock are kept."""
        if environment_id in self._passing:
            home = self._request.home
            with contextlib.suppress(EnvironmentUnusable, HeldError), held(environment_id, home):
                remove(environment_id, home)
            shutil.rmtree(home.private / environment_id, ignore_errors=True)

    def _locked(self, environment: Environment, folder: Path) -> Locked:
        if problem := lock_problem(environment, folder):
            raise UsageError(problem)
        if folder != self.locks:
            self._link(lock_path(environment, folder))
        text = lock_path(environment, folder).read_text(encoding="utf-8")
        return Locked(environment=environment, packages=locked_versions(text))

    def _link(self, file: Path) -> None:
        file, link = file.absolute(), self.locks / file.name
        if file.is_file() and not (link.is_symlink() and link.readlink() == file):
            unfinished = self.locks / f".{file.name}.{os.getpid()}"
            unfinished.symlink_to(file)
            unfinished.replace(link)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class _Told:
    """Says what is being built; the rest of the progress is one line for each step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def stage(self, name: str, total: int) -> None: ...
    def stage_total(self, total: int) -> None: ...
    def advance(self, count: int) -> None: ...
    def outcome(self, outcome: Outcome) -> None: ...
    def unusable(self, environment: str, reason: str) -> None: ...
    def fault(self, label: str, reason: str) -> None: ...
    def pair(self, save: str, load: str, left: int) -> None: ...

    def building(self, environment: str) -> None:
        self._say(f"        building {environment}")


def _signature(record: Record, judge_by: Judge) -> str:
    return judge_by.verdict(record).to(judge_by.purpose).signature


def _phase(record: Record | None) -> str | None:
    """Return where the model raised or its process died, if it did."""
    crash = (record or {}).get("crash")
    if crash is not None:
        return str(crash["phase"])
    error = ((record or {}).get("facts") or {}).get("error")
    return str(error["phase"]) if error is not None else None
