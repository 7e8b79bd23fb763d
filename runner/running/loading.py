"""The loading half of a run: which cells to load, and taking in what came of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from caniload.runner.core.cells import Cell
from caniload.runner.core.judged import Verdict
from caniload.runner.evidence import artifacts, derivations, lookup
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.history import History
from caniload.runner.evidence.known import Evidence, Saved, cut_short
from caniload.runner.evidence.results import OUTSIDE, Result
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.judging.confirm import Ask, Confirmation
from caniload.runner.judging.derived import Rule
from caniload.runner.judging.verdict import judge
from caniload.runner.matrix.joining import patience
from caniload.runner.matrix.plan import Stage
from caniload.runner.running import deriving
from caniload.runner.running.deriving import Audits, Derivation
from caniload.runner.running.patience import Patience
from caniload.runner.running.progress import Progress
from caniload.runner.running.schedule import Unit

Group = Sequence[Cell]
"""Cells of one loading environment, model and format whose files say the same; the first is run."""


@dataclass(kw_only=True)
class Tally:
    """What loading did, in counts of cells; ``mistold``: derived, and found otherwise when run."""

    loaded: int = 0
    solo: int = 0
    contradicted: int = 0
    derived: int = 0
    audited: int = 0
    mistold: int = 0


@dataclass(kw_only=True)
class _Refusal:
    """A file that was refused; ``waiting`` are the others of its model and format."""

    cell: Cell
    facts: Mapping[str, Any]
    verdict: Verdict
    waiting: Sequence[Group]


@dataclass(kw_only=True)
class _Absent:
    """What an environment says of a file of a format that is not there, once it is known."""

    verdict: Verdict | None = None
    known: bool = False
    asked: list[_Refusal] = field(default_factory=list)


class Loading:
    """Makes the load jobs of a plan and keeps what comes back.

    ``again`` queues further jobs. With ``share``, cells are told from another's run where a rule of
    ``deriving`` allows it; without, what was told so is run. With ``pulse`` the controls run again.
    """

    def __init__(
        self,
        evidence: Evidence,
        again: Callable[[Sequence[Unit]], None],
        progress: Progress,
        *,
        share: bool,
        isolate: bool,
        pulse: bool = False,
    ) -> None:
        self.tally = Tally()
        self._pulse = pulse
        self.switched_off: list[Derivation] = []
        self._evidence, self._again, self._progress = evidence, again, progress
        self._share, self._isolate = share and not isolate, isolate
        self._matrix, self._controls = evidence.plan.matrix, dict.fromkeys(evidence.plan.controls)
        self._rules = read_catalogue()
        self._confirmation = Confirmation()
        self._audits = Audits()
        self._history = History(evidence.store)
        self._cells: dict[str, Cell] = {}
        self._open: defaultdict[str, Counter[str]] = defaultdict(Counter)  # by loader and saver
        self._intact: dict[Stored, bool] = {}
        self._patience = Patience()
        self._twins: dict[str, Group] = {}
        self._waiting: dict[str, Sequence[Group]] = {}
        self._absent: defaultdict[tuple[str, str], _Absent] = defaultdict(_Absent)

    # What is missing

    def missing(
        self, can_run: Callable[[str], bool], *, rerun: bool
    ) -> tuple[dict[str, list[Unit]], int]:
        """Return the load jobs to begin with, by environment, and how many cells are missing."""
        cells = 0
        units: dict[str, list[Unit]] = defaultdict(list)
        together: defaultdict[tuple[str, str, str], list[Cell]] = defaultdict(list)
        for cell in self._missing(rerun=rerun):
            saved = self._evidence.saved(cell.artifact)
            if saved is None or cell.id in self._cells or not can_run(cell.loaded_by):
                continue
            if not self._is_whole(saved, can_run):
                told = f"{saved.file.path} is gone or was altered"
                self._evidence.put_fault(self._key(cell), told)
                continue
            cells += 1
            self._cells[cell.id] = cell
            self._open[cell.loaded_by][cell.artifact.saved_by] += 1
            if self._share and cell not in self._controls:
                place = (cell.loaded_by, cell.artifact.model, cell.artifact.format)
                together[place].append(cell)
            else:
                units[cell.loaded_by].append(self._unit(cell))
        for (environment, _, _), alike in together.items():
            units[environment].append(self._first(self._groups(alike)))
        return dict(units), cells

    def _missing(self, *, rerun: bool) -> Iterator[Cell]:
        """Yield what has a file and no result; what is not planned is not looked at."""
        for control in self._controls:
            key = self._evidence.cell_key(control)
            record = self._evidence.store.get(key) if key is not None else None
            if rerun or self._pulse or record is None or cut_short(record, self._matrix.limits):
                yield control
        cells = self._evidence.plan.cells
        yield from cells.where(lookup.missing(self._evidence, rerun=rerun, told=self._share))

    def _is_on(self, rule: str, cell: Cell) -> bool:
        """Say whether a rule may tell cells of this kind: it has not told one wrong."""
        return not derivations.is_off(self._evidence.store, derivations.kind(rule, cell))

    def _saved(self, cell: Cell) -> Saved:
        saved = self._evidence.saved(cell.artifact)
        assert saved is not None  # noqa: S101 - a cell with a key has an artifact
        return saved

    def _is_whole(self, saved: Saved, can_run: Callable[[str], bool]) -> bool:
        """Check a file that cannot be made again here; the others were made or checked just now."""
        if Stage.SAVE in self._evidence.plan.stages and can_run(saved.artifact.saved_by):
            return True
        return all(self._is_intact(one) for one in (saved.file, saved.expected))

    def _is_intact(self, stored: Stored) -> bool:
        if stored not in self._intact:  # it is hashed, and many load the same
            self._intact[stored] = artifacts.intact(stored, self._evidence.home.artifacts)
        return self._intact[stored]

    def _groups(self, cells: Iterable[Cell]) -> list[Group]:
        """Put cells together whose files say the same and are fed the same."""
        groups: dict[str, list[Cell]] = {}
        for cell in cells:
            says = self._saved(cell).says
            apart = not says or not self._is_on(Rule.SAME_CONTENT, cell)
            groups.setdefault(cell.id if apart else says, []).append(cell)
        return list(groups.values())

    def _first(self, groups: Sequence[Group]) -> Unit:
        """Return the job of the first group; the others wait for what becomes of it."""
        unit = self._leader(groups[0])
        if groups[1:]:
            self._waiting[unit.label] = groups[1:]
        return unit

    def _leader(self, group: Group) -> Unit:
        first, *twins = group
        if twins:
            self._twins[first.id] = twins
        return self._unit(first, also=twins)

    def _unit(self, cell: Cell, *, also: Group = (), solo: bool = False) -> Unit:
        saved, root = self._saved(cell), self._evidence.home.artifacts
        others = [str(root / self._saved(one).expected.path) for one in also]
        return Unit(
            environment=cell.loaded_by,
            label=cell.id,
            job={**self._evidence.load_job(cell, saved), "also": others},
            deadline=lambda: self._deadline(cell, saved),
            solo=solo or self._isolate,
        )

    def _deadline(self, cell: Cell, saved: Saved) -> float:
        """Return the seconds a cell may take: from how long others took with the same file."""
        limits = self._matrix.limits
        times = patience(self._matrix.environment(cell.loaded_by))
        seen = self._history.median(saved.file.path)
        if seen is None or cell.id in self._patience.patient:
            return limits.seconds * times
        return max(limits.seconds_floor * times, limits.history_factor * seen)

    # What comes back

    def _judge(self, cell: Cell, facts: Any, crash: Any = None) -> Verdict:
        record = {"facts": facts, "crash": crash}
        carries, precision = self._evidence.carries(cell), self._evidence.precision(cell)
        return judge(record, self._matrix.tolerances, self._rules, carries, precision)

    def confirm(self, unit: Unit, result: Result) -> Ask:
        """Say whether what a cell said among others must be asked again alone."""
        cell = self._cells[unit.label]
        late = self._patience.confirm(cell, result)
        if late is not None:
            return late
        verdict = self._judge(cell, result.facts, result.crash)
        return self._confirmation.ask(unit.environment, cell.artifact.format, verdict)

    def take(self, unit: Unit, result: Result) -> None:
        """Keep what came of a job, and what it tells of other cells."""
        if unit.job.get("absent"):
            self._take_absent(unit, result)
            return
        cell = self._cells[unit.label]
        self._patience.learn(cell, unit.batched, result)
        twins, waiting = self._twins.pop(cell.id, ()), self._waiting.pop(cell.id, ())
        if result.fault is not None:
            self._answered(cell)
            self._progress.fault(unit.label, result.fault)
            self._evidence.put_fault(self._key(cell), result.fault)
            if unit.batched is not None:
                before = self._judge(cell, unit.batched.facts, unit.batched.crash)
                self._confirmation.unanswered(unit.environment, cell.artifact.format, before)
            self._run([*twins, *(one for group in waiting for one in group)])
            return
        also = (result.facts or {}).get("also")
        facts = None
        if result.facts is not None:
            facts = {key: value for key, value in result.facts.items() if key != "also"}
        verdict = self._judge(cell, facts, result.crash)
        self._keep(unit, cell, result, facts, verdict)
        if twins:
            self._tell_twins(cell, facts, verdict, twins, also)
        if waiting:
            self._tell_waiting(cell, facts, verdict, waiting)

    def _answered(self, cell: Cell) -> None:
        """Count a cell that is done with, and say so of a pair that has no other."""
        self._progress.advance(1)
        savers, save = self._open[cell.loaded_by], cell.artifact.saved_by
        savers[save] -= 1
        if not savers[save]:
            del savers[save]
            self._progress.pair(save, cell.loaded_by, len(savers))

    def _key(self, cell: Cell) -> str:
        key = self._evidence.cell_key(cell)
        assert key is not None  # noqa: S101 - it was loaded
        return key

    def _keep(
        self, unit: Unit, cell: Cell, result: Result, facts: dict[str, Any] | None, verdict: Verdict
    ) -> None:
        agreed, before = True, None
        if unit.batched is not None:
            before = self._judge(cell, unit.batched.facts, unit.batched.crash)
            form = cell.artifact.format
            agreed = self._confirmation.compare(unit.environment, form, before, verdict)
            agreed = agreed or (unit.batched.crash or {}).get("signal") in OUTSIDE
        path, seconds = self._saved(cell).file.path, None
        if facts is not None:
            seconds = sum(spent for phase, spent in facts["seconds"].items())
            self._history.add(path, seconds)
        record = {
            "kind": "cell",
            "cell": asdict(cell),
            "facts": facts,
            "crash": result.crash,
            "limits": self._matrix.limits.model_dump() if result.crash else None,
            "artifact": path,
            "solo": unit.solo,
            "batched": before.outcome if before is not None and not agreed else None,
            "seconds": seconds,
            "cpu": result.cpu,
            "rss_kb": result.rss_kb,
        }
        if audit := self._audits.compare(cell, verdict):
            record["audit"] = {"rule": str(audit[0].rule), "held": audit[1]}
        self._evidence.store.put(self._key(cell), record)
        self.tally.loaded += 1
        self.tally.solo += unit.solo
        self.tally.contradicted += not agreed
        self._answered(cell)
        self._progress.outcome(verdict.outcome)
        if audit:
            self._take_audit(*audit, verdict)

    # What it tells of others

    def _tell_twins(
        self, cell: Cell, facts: Any, verdict: Verdict, twins: Group, also: Any
    ) -> None:
        if facts is None or also is None or len(also) != len(twins):
            self._run(twins)
            return
        for twin, own in zip(twins, also, strict=True):
            self._tell(Rule.SAME_CONTENT, twin, cell, (facts, own), verdict)

    def _tell_waiting(
        self, cell: Cell, facts: Any, verdict: Verdict, waiting: Sequence[Group]
    ) -> None:
        """Let the other files of a model and format be told by a refusal, or have them loaded."""
        refused = facts is not None and (facts["error"] or {}).get("phase") == "load"
        if not refused or not self._is_on(Rule.BY_NAME, cell):
            self._again([self._leader(group) for group in waiting])
            return
        absent = self._absent[cell.loaded_by, cell.artifact.format]
        refusal = _Refusal(cell=cell, facts=facts, verdict=verdict, waiting=waiting)
        if absent.known:
            self._tell_refused(refusal, absent.verdict)
            return
        absent.asked.append(refusal)
        if len(absent.asked) == 1:
            unit = self._unit(cell, solo=True)
            nowhere = {"artifact": f"{unit.job['artifact']}-is-not-there", "absent": True}
            self._again([replace(unit, job={**unit.job, **nowhere})])

    def _take_absent(self, unit: Unit, result: Result) -> None:
        """Take what an environment says of a file that is not there."""
        cell = self._cells[unit.label]
        absent = self._absent[cell.loaded_by, cell.artifact.format]
        absent.known = True
        if result.facts is not None:
            absent.verdict = self._judge(cell, result.facts)
        asked, absent.asked = absent.asked, []
        for refusal in asked:
            self._tell_refused(refusal, absent.verdict)

    def _tell_refused(self, refusal: _Refusal, absent: Verdict | None) -> None:
        if absent is None or absent.signature != refusal.verdict.signature:
            self._again([self._leader(group) for group in refusal.waiting])
            return
        for cell in (one for group in refusal.waiting for one in group):
            self._tell(Rule.BY_NAME, cell, refusal.cell, (refusal.facts, {}), refusal.verdict)

    def _tell(
        self, rule: Rule, cell: Cell, source: Cell, facts: tuple[Any, Any], verdict: Verdict
    ) -> None:
        """Keep a cell as a rule tells it; run it where it came out otherwise, or for an audit."""
        if self._key(cell) == self._key(source):  # of the same bytes: the run is its own
            self._answered(cell)
            self._progress.outcome(verdict.outcome)
            return
        path = self._saved(cell).file.path
        own = deriving.taken_over(*facts, self._saved(source).file.path, path)
        found = self._judge(cell, own)
        if not self._is_on(rule, cell) or not deriving.alike(found, verdict):
            self._run([cell])
            return
        record = deriving.record(rule, cell, source, own, path)
        told = Derivation(rule=rule, cell=cell, source=source, record=record, verdict=found)
        if self._audits.wanted(told):
            self.tally.audited += 1
            self._run([cell], solo=True)
            return
        self._evidence.store.put(self._key(cell), record)
        self.tally.derived += 1
        self._answered(cell)
        self._progress.outcome(found.outcome)

    def _run(self, cells: Iterable[Cell], *, solo: bool = False) -> None:
        self._again([self._unit(cell, solo=solo) for cell in cells])

    def _take_audit(self, told: Derivation, held: bool, verdict: Verdict) -> None:  # noqa: FBT001
        """Switch a kind off that told a cell wrong; all that it told in this run is run."""
        if held or not self._is_on(told.rule, told.cell):
            return
        self.tally.mistold += 1
        self.switched_off.append(told)
        record = {
            "kind": "derivation",
            "off": told.kind,
            "cell": told.cell.id,
            "told": f"{told.verdict.outcome}: {told.verdict.reason}",
            "found": f"{verdict.outcome}: {verdict.reason}",
        }
        self._evidence.store.put(derivations.off_key(told.kind), record)

    def forget_told(self) -> None:
        """Let ``missing`` find again what was told by a kind that is off now."""
        for told in self.switched_off:
            for one in self._audits.told.get(told.kind, ()):
                self._cells.pop(one.cell.id, None)
        self.switched_off.clear()
