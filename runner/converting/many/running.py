"""Has one ladder climb for each model that is not done, several at a time, on shared workers."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.checking.customs import Source
from caniload.runner.converting import receipt
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.many.finding import Found
from caniload.runner.converting.many.keeping import Results
from caniload.runner.converting.many.manifest import Entry
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Endpoint, Verdict
from caniload.runner.converting.receipt import Hashed
from caniload.runner.converting.sources import sources_sha256
from caniload.runner.core.errors import CaniloadError
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.results import EXHAUSTED
from caniload.runner.running.together import Stopped, Together
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.words import AUTO

GRAPH_ENDING = ".savedmodel"
"""Of folders that are for inference only: none has the name of a folder of results."""

_OURS = ("Unusable: ", "ended by signal 9", "ended with -9")
"""What stands in a reason that another try may not have: no environment, or killed from outside."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked of all files alike; ``target`` is an id."""

    target: str
    custom: tuple[Path, ...] = ()
    inputs: Path | None = None
    build: Source | None = None
    packages: tuple[str, ...] = ()
    written_by: str | None = None
    endpoint: str | None = None
    trusted: bool = False
    sandbox: str = AUTO
    receipts: bool = True
    rerun: bool = False


@dataclass(frozen=True, kw_only=True)
class Task:
    """One model that is to be done; ``out`` is the result's name, relative to the folder."""

    number: int
    found: Found
    material: tuple[Hashed, ...]
    out: str


class Run:
    """One pass over the models of an order."""

    def __init__(self, order: Order, workshop: Workshop, results: Results) -> None:
        self._order, self._workshop, self._results = order, workshop, results
        self._wish = Wish(
            path=Path(),
            target=order.target,
            out=Path(),
            custom=order.custom,
            inputs=order.inputs,
            build=order.build,
            packages=order.packages,
            written_by=order.written_by,
            endpoint=order.endpoint,
            trusted=order.trusted,
            sandbox=order.sandbox,
            stays=False,
        )
        self._given = receipt.given(self._wish)
        usable = workshop.resolution.usable
        there = usable[order.target].fingerprint
        given = [vars(one) for one in self._given]
        terms: list[Any] = ["convert", there, given, order.receipts]
        said = [order.written_by, order.endpoint, *order.packages]
        if any(said) or order.build is not None:
            terms += [said, order.build and order.build.factory]
        self._terms = digest(*terms)
        among = sorted(one.fingerprint for one in usable.values())
        self._all_terms = digest(self._terms, order.trusted, sources_sha256(), among)

    def __call__(
        self, models: Sequence[Found], outs: dict[str, str], together: Together
    ) -> list[Entry]:
        """Return what came of every model; what is done already is not done again."""
        numbers = itertools.count(1)
        entries: dict[str, Entry] = {}
        tasks = []
        for found in models:
            material = _material(found)
            if isinstance(material, Entry):
                entries[found.name] = material
            elif (known := self._done(found.name, material)) is not None:
                entries[found.name] = known
            else:
                one = Task(
                    number=next(numbers), found=found, material=material, out=outs[found.name]
                )
                tasks.append(one)

        def done(task: Task) -> None:
            entries[task.found.name] = self._entry(task, together)

        # Neighbours are read by the same environment, whose worker is there then.
        tasks.sort(key=lambda one: (one.found.inspection.origin.keras_version or "", one.number))
        together("convert", [functools.partial(done, task) for task in tasks])
        return [entries[found.name] for found in models]

    def _asked(self, verdict: Verdict, material: Sequence[Hashed]) -> str:
        """Identify all on which an answer depends: what is proved stays, whatever else is new."""
        terms = self._terms if verdict is Verdict.DELIVERED else self._all_terms
        return digest(terms, [vars(one) for one in material])

    def _done(self, name: str, material: Sequence[Hashed]) -> Entry | None:
        known = self._results.known(name)
        if known is None or self._order.rerun:
            return None
        if known.asked != self._asked(known.verdict, material):
            return None
        return known if self._results.whole(known) else None

    def _entry(self, task: Task, together: Together) -> Entry:
        made: list[tuple[Path, str]] = []
        try:
            entry, made = self._climbed(task, together)
        except Stopped:
            raise
        except (CaniloadError, OSError) as error:
            entry = _failed(task, _ours(error))
        except Exception as error:  # noqa: BLE001 - one file must not cost the others
            kind = type(error).__name__
            entry = _failed(task, f"a fault of caniload's own: {kind}: {error}")
        try:
            if (known := self._replaced(task, entry)) is not None:
                return known
            if entry.asked is not None:
                self._results.put(entry, self._order.target)
            for path, name in made:
                self._results.move(path, name)
        except OSError as error:
            return _failed(task, _ours(error))
        return entry

    def _climbed(self, task: Task, together: Together) -> tuple[Entry, list[tuple[Path, str]]]:
        """Return what came of a model, and what is to be moved where, the result last."""
        if (why := self._in_the_way(task, task.out)) is not None:
            return _failed(task, why), []
        folder = self._results.making(task.number)
        wish = replace(self._wish, path=task.found.path, out=folder / Path(task.out).name)
        scratch = self._workshop.folder("file")
        workshop = self._workshop.for_file(scratch, wish.readable(task.found.inspection))
        ladder = Ladder(wish=wish, inspection=task.found.inspection, workshop=workshop)
        try:
            conversion = ladder.climb()
        finally:
            watching.remove(scratch)
        together.check()
        if (why := workshop.to_blame(conversion)) is not None:
            return _failed(task, why), []
        if (*receipt.hashed(task.found.files), *receipt.given(wish)) != (
            *task.material,
            *self._given,
        ):
            return _failed(task, "it changed while it was read; run this again"), []
        entry = self._told(task, conversion)
        name = task.out
        made = Path(conversion.out) if conversion.out is not None else None
        if made is not None and made.is_dir():
            name = str(Path(task.out).with_suffix("")) + GRAPH_ENDING
            if (why := self._in_the_way(task, name)) is not None:
                return _failed(task, why), []
        if made is None:
            return entry, []
        subject = receipt.hashed(receipt.files_of(made, name))
        if not made.is_dir():
            subject = (Hashed(name=name, sha256=subject[0].sha256),)
        entry = replace(entry, out=name, result=subject, endpoint=_moved(conversion, name))
        moves = [(made, name)]
        if self._order.receipts:
            beside = f"{name}{receipt.ENDING}"
            moves.insert(0, (self._receipt(task, conversion, subject, folder), beside))
            entry = replace(entry, receipt=beside)
        return entry, moves

    def _replaced(self, task: Task, entry: Entry) -> Entry | None:
        """Return what was proved earlier if that still holds; set it aside if it does not."""
        known = self._results.known(task.found.name)
        if known is None or known.out == entry.out or not self._results.intact(known):
            return None
        if entry.asked is None and known.material == task.material:
            return known  # this try says nothing of the model
        self._results.set_aside(known)
        return None

    def _receipt(
        self, task: Task, conversion: Conversion, subject: Sequence[Hashed], folder: Path
    ) -> Path:
        place = task.out.rpartition("/")[0]
        near = [replace(one, name=one.name.removeprefix(f"{place}/")) for one in subject]
        stated = receipt.statement(
            conversion,
            subject=near,
            material=(*task.material, *self._given),
            matrix=self._workshop.matrix,
            locks=self._workshop.locks,
        )
        path = folder / "receipt.json"
        path.write_text(receipt.written(stated), encoding="utf-8")
        return path

    def _in_the_way(self, task: Task, name: str) -> str | None:
        """Return why the result has no place: something lies there that was not put there by us."""
        known = self._results.known(task.found.name)
        ours = known is not None and known.out == name and self._results.intact(known)
        if ours or not (self._results.into / name).exists() or self._results.has_receipt(name):
            return None
        return (
            f"{name} is there already, and not as it was put there: move it away, or name"
            " another folder with --into"
        )

    def _told(self, task: Task, conversion: Conversion) -> Entry:
        said = " ".join(
            [conversion.reason or "", *(one.problem or "" for one in conversion.attempts)]
        )
        ours = conversion.out is None and any(one in said for one in _OURS)
        return Entry(
            name=task.found.name,
            material=task.material,
            verdict=conversion.verdict,
            asked=None if ours else self._asked(conversion.verdict, task.material),
            reason=_plain(conversion.reason, conversion),
            needs_trust=conversion.needs_trust,
            remedy=conversion.remedy,
            proof=receipt.untimed(conversion.proof) if conversion.proof is not None else None,
            lost=tuple(receipt.unplaced(one, conversion) for one in conversion.lost),
            kept=tuple(receipt.unplaced(one, conversion) for one in conversion.kept),
        )


def _moved(conversion: Conversion, name: str) -> Endpoint | None:
    """Return how a graph is called that is moved to where its name says."""
    one = conversion.endpoint
    if one is None or conversion.out is None:
        return None
    return replace(one, call=one.call.replace(repr(conversion.out), repr(name)))


def _plain(text: str | None, conversion: Conversion) -> str | None:
    return receipt.unplaced(text, conversion) if text is not None else None


def _material(found: Found) -> tuple[Hashed, ...] | Entry:
    """Hash a model's files; return the answer where they cannot be read."""
    try:
        return receipt.hashed(found.files)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        return Entry(name=found.name, material=(), verdict=Verdict.REFUSED, reason=reason)


def _ours(error: Exception) -> str:
    """Word what failed here, and say so where it is the machine's doing alone."""
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        return f"this machine has no more room: {error}; the next run tries again"
    return str(error)


def _failed(task: Task, reason: str) -> Entry:
    """Return the answer of a try that says nothing of the model."""
    return Entry(
        name=task.found.name, material=task.material, verdict=Verdict.REFUSED, reason=reason
    )
