"""The matrix's report: judged and drawn from what is stored, at the end or while a run goes on."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caniload.runner.attacking.kept import table
from caniload.runner.attacking.telling import as_json
from caniload.runner.commands.arguments import locks_of
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import Underway
from caniload.runner.environments.home import Home
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.judging import unchanged
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.shipped import Shipment, shipment
from caniload.runner.judging.unchanged import Drawn
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import SETTLED, Matrix
from caniload.runner.packs.shelf import imported, shelf
from caniload.runner.running.run import BATCH

if TYPE_CHECKING:
    from caniload.reports.terminal import Summary

NOTE = "report.json"


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Where a report goes and what it shows; ``note`` says what lies there.

    ``feed`` is the address of one that its pages name, ``shipped`` whether shipped evidence is
    shown of what has no result here.
    """

    home: Home
    folder: Path
    note: Path
    locks: Path
    feed: str = ""
    shipped: bool = True

    @property
    def index(self) -> Path:
        return self.folder / "index.html"

    def drawn(self, evidence: Evidence) -> Drawn | None:
        """Return the report that lies there, if it was made of the very same."""
        return unchanged.recall(self.note, self._inputs(evidence))

    def _inputs(self, evidence: Evidence) -> str:
        tried = as_json(table(evidence.plan.environments, home=self.home, locks=self.locks))
        seen = unchanged.inputs(evidence, self.index, self.locks)
        packs = [one.name for one in imported(self.home)] if self.shipped else []
        return f"{digest(seen, tried, self.shipped, packs)}{self.feed}"

    def __call__(self, evidence: Evidence, selection: Selection) -> Drawn:
        """Judge and draw all anew, unless the report that lies there was made of the very same."""
        wanted = self._inputs(evidence)
        if drawn := unchanged.recall(self.note, wanted):
            return drawn
        told = self._render(evidence, None)
        drawn = Drawn(
            inputs=wanted,
            selection=_kept(selection),
            index=str(self.index),
            summary=told.lines,
            unnamed=told.unnamed,
            untested=told.untested,
            unproven=told.unproven,
        )
        unchanged.remember(self.note, drawn)
        return drawn

    def meanwhile(self, evidence: Evidence, selection: Selection, since: str) -> None:
        """Draw what there is while a run goes on, which the next drawing is to replace."""
        unchanged.remember(
            self.note,
            Drawn(
                inputs="",
                selection=_kept(selection),
                index=str(self.index),
                summary=(),
                untested=0,
                unproven=0,
            ),
        )
        self._render(evidence, Underway(since=since))

    def _shipment(self, evidence: Evidence) -> Shipment:
        packs, spoilt = shelf(self.home)
        found = shipment(evidence, self.locks, packs)
        said = (f"Shipped evidence is not shown: {one}." for one in spoilt)
        return replace(found, unused=(*found.unused, *said))

    def _render(self, evidence: Evidence, underway: Underway | None) -> Summary:
        from caniload.reports import site  # noqa: PLC0415 - pandas takes half a second to import

        shipped = self._shipment(evidence) if self.shipped else None
        judged = Assembly(
            evidence=evidence, batch=BATCH, locks=self.locks, shipped=shipped, underway=underway
        )()
        tried = table(evidence.plan.environments, home=self.home, locks=self.locks)
        if tried.environments:
            judged = replace(judged, attacks=tried)
        try:
            return site.render(
                judged, self.folder, home=self.home.root, given_up=True, feed=self.feed
            )[1]
        except FileExistsError as error:
            raise UsageError(f"{error}; choose another folder with --report") from error


def _kept(selection: Selection) -> dict[str, Any]:
    """Return what the next `report` is of; what was added has to be asked for again."""
    return asdict(selection) if selection.added is None else {}


def asked(arguments: argparse.Namespace, home: Home) -> Drawing:
    """Return how the command line wants it."""
    folder = Path(arguments.report or home.report).absolute()
    name = NOTE if folder == home.report.absolute() else f"report-{digest(str(folder))[:12]}.json"
    return Drawing(
        home=home,
        folder=folder,
        note=home.root / name,
        locks=locks_of(arguments),
        feed=arguments.feed or "",
        shipped=arguments.shipped,
    )


# In a process of its own, while a run goes on


def order(drawing: Drawing, matrix: Matrix, selection: Selection, since: str, nice: int) -> str:
    """Return as a line of JSON what ``main`` reads."""
    return json.dumps(
        {
            "matrix": matrix.model_dump(mode="json", by_alias=True),
            "selection": asdict(selection),
            "since": since,
            "nice": nice,
            "root": str(drawing.home.root),
            "fetches": drawing.home.fetches,
            **{name: str(getattr(drawing, name)) for name in ("folder", "note", "locks")},
            "feed": drawing.feed,
            "shipped": drawing.shipped,
        }
    )


def main() -> None:
    """Draw as the order on standard input says; print the CPU seconds that it took."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and tidy up
    _draw(json.loads(sys.stdin.readline()))
    print(json.dumps({"cpu_seconds": time.process_time()}))


def _draw(wanted: Mapping[str, Any]) -> None:
    os.nice(wanted["nice"])
    home = Home(root=Path(wanted["root"]), fetches=wanted["fetches"])
    drawing = Drawing(
        home=home,
        **{name: Path(wanted[name]) for name in ("folder", "note", "locks")},
        feed=wanted["feed"],
        shipped=wanted["shipped"],
    )
    selection = unchanged.selection_from(wanted["selection"])
    matrix = Matrix.model_validate_json(json.dumps(wanted["matrix"]), context={SETTLED: True})
    plan = planning.make(matrix, selection)
    resolution = resolve(plan.environments, home=home, locks=drawing.locks)
    evidence = Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)
    drawing.meanwhile(evidence, selection, wanted["since"])
