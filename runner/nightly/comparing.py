"""Tonight, the nights before and the ledger -> what is new; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from caniload.runner.core import texts
from caniload.runner.core.outcomes import Outcome
from caniload.runner.nightly.cells import Cells
from caniload.runner.nightly.findings import EXAMPLES, Finding, Kind, Report
from caniload.runner.nightly.ledger import Book, unused
from caniload.runner.nightly.looking import Looking
from caniload.runner.nightly.night import Night, Place, Site, ordered

_SITE = "environment "


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Holds a night against those before it, the latest last, and against a ledger, if any."""

    night: Night
    before: Sequence[Night]
    book: Book | None = None

    @cached_property
    def _looking(self) -> Looking:
        return Looking(night=self.night, before=self.before)

    @cached_property
    def _cells(self) -> Cells:
        return Cells(looking=self._looking, book=self.book)

    def __call__(self) -> Report:
        findings = [
            *self._nothing_ran(),
            *self._sites(),
            *self._cells(),
            *self._texts(),
            *self._gone(),
            *self._ledger(),
        ]
        order = {kind: place for place, kind in enumerate(Kind)}
        findings.sort(key=lambda one: (not one.new, order[one.kind], -one.cells, one.id))
        night, last = self.night, self.before[-1] if self.before else None
        counts = Counter(night.states[code].predict for code in night.cells.values())
        return Report(
            when=night.when,
            before=last.when if last else "",
            version=night.version,
            commit=night.commit,
            findings=findings,
            work=asdict(night.work),
            cells=len(night.cells),
            tested=night.tested,
            environments=len(night.sites),
            usable=[one.id for one in night.sites if not one.untested],
            planned=[one.id for one in night.sites],
            expected=sum(self._cells.expected(*one) for one in night.found()),
            ledger=self.book is not None,
            outcomes={str(one): counts[one] for one in Outcome if counts[one]},
        )

    # Whether there is anything to compare

    def _nothing_ran(self) -> Iterator[Finding]:
        night, work = self.night, self.night.work
        if work.loaded and night.tested:
            return
        if not night.tested:
            said = f"none of {len(night.cells)} cells has a result"
        elif not work.runs:
            since = f" since the night of {self.before[-1].day}" if self.before else ""
            said = f"no run has ended{since}; what is shown was measured before"
        else:
            said = (
                f"{work.runs} run{'s' * (work.runs > 1)} ended and loaded no cell, not even the"
                " controls: `caniload matrix --pulse` loads them every time"
            )
        yield Finding(
            kind=Kind.NOTHING_RAN,
            cause="nothing ran",
            said=said,
            new=not self.before or _ran(self.before[-1]),
            cells=len(night.cells),
        )

    # Environments

    def _sites(self) -> Iterator[Finding]:
        unbuilt: defaultdict[tuple[str, bool], list[Site]] = defaultdict(list)
        for site in self.night.sites:
            was = self._looking.site(site.id)
            if site.untested and not self._allowed("environment", site.id):
                # The reason of several is often one, and names each of them.
                why = texts.shown(texts.plain(site.untested.replace(site.id, "…")), 300)
                unbuilt[why, was is None or not was.untested].append(site)
            elif was is not None and was.untested and not site.untested:
                yield Finding(
                    kind=Kind.MENDED,
                    cause=f"environment {site.id}",
                    said=f"{site.id} can be used again",
                    environments=[site.id],
                )
            if self.night.work.loaded and not site.ran and not site.untested:
                yield Finding(
                    kind=Kind.IDLE,
                    cause=site.id,
                    said=f"no run had cells of {site.id} to load; what is shown is of before",
                    new=was is None or was.ran,
                    cells=sum(1 for place in self.night.cells if place.load == site.id),
                    environments=[site.id],
                )
            if site.controls and not self._allowed("control", site.id):
                yield Finding(
                    kind=Kind.CONTROL,
                    cause=site.id,
                    said=f"{site.id} proves nothing: {'; '.join(site.controls[:3])}",
                    new=was is None or not was.controls,
                    cells=sum(1 for place in self.night.cells if place.load == site.id),
                    environments=[site.id],
                    examples=[
                        f"{site.id}/{one.partition(':')[0]}/{site.id}" for one in site.controls
                    ][:EXAMPLES],
                    changed=self._looking.changed([site.id]),
                )
            elif was is not None and was.controls and not site.controls and not site.untested:
                yield Finding(
                    kind=Kind.MENDED,
                    cause=f"control {site.id}",
                    said=f"the controls of {site.id} are as they have to be again",
                    environments=[site.id],
                )
        for (why, new), sites in unbuilt.items():
            names = [one.id for one in sites]
            yield Finding(
                kind=Kind.UNBUILT,
                cause=why,
                said=f"{', '.join(names)}: {sites[0].untested}",
                new=new,
                environments=names,
                cells=sum(1 for one in self.night.cells if {one.load, one.save} & set(names)),
                changed=self._looking.changed(names),
            )

    def _allowed(self, kind: str, name: str) -> bool:
        return self.book is not None and self.book.of(kind, name) is not None

    # Texts, and what is there no more

    def _texts(self) -> Iterator[Finding]:
        """Tell texts without a name: each once, whoever says it and however often."""
        heard = _texts(self.night)
        known: set[str] = set()
        for night in reversed(self.before):
            known |= _texts(night).keys()
            if night.tested:  # else the one before it is the last that has heard anything
                break
        for text, places in heard.items():
            loads = {one.load for one in places}
            left = {
                one for one in loads if self.book is None or self.book.of("text", text, one) is None
            }
            if not left or (self.book is None and text in known):
                continue
            yield Finding(
                kind=Kind.TEXT,
                cause=text,
                said="it has no entry in the catalogue",
                new=text not in known,
                cells=sum(1 for one in places if one.model),
                environments=ordered(left, self.night),
                examples=[one.id for one in places if one.model][:EXAMPLES],
                changed=self._looking.changed(ordered(left, self.night))
                if text not in known
                else (),
            )

    def _gone(self) -> Iterator[Finding]:
        """Tell cells that the night before had, and that are planned no more."""
        if not self.before:
            return
        gone = [one for one in self.before[-1].cells if one not in self.night.cells]
        there = {
            "environment": self.night.site.keys(),
            "model": {one.model for one in self.night.cells},
            "format": {one.format for one in self.night.cells},
        }
        groups: defaultdict[str, list[Place]] = defaultdict(list)
        for place in gone:
            lost = [
                f"{kind} {name}"
                for kind, name in (
                    ("environment", place.load),
                    ("environment", place.save),
                    ("model", place.model),
                    ("format", place.format),
                )
                if name not in there[kind]
            ]
            groups[lost[0] if lost else "cells"].append(place)
        for what, places in groups.items():
            said = "were planned the night before"
            yield Finding(
                kind=Kind.VANISHED,
                cause=what,
                said=f"{said}; there is no {what} any more" if what != "cells" else said,
                cells=len(places),
                environments=[what.removeprefix(_SITE)] if what.startswith(_SITE) else (),
                examples=[one.id for one in places[:EXAMPLES]],
            )

    def _ledger(self) -> Iterator[Finding]:
        if self.book is None:
            return
        expected, today = self.book.ledger.expected, self.book.today
        last = self.before[-1].day if self.before else ""
        for entry in expected:
            if entry.expired(today):
                yield Finding(
                    kind=Kind.EXPIRED,
                    cause=f"{entry.kind} {entry.about}",
                    said=f"expired on {entry.expires}: {entry.reason}",
                    new=not last or not entry.expired(last),
                    environments=list(entry.load),
                )
        if self.night.tested:
            for number in unused(self.book, self.night):
                entry = expected[number]
                yield Finding(
                    kind=Kind.UNUSED,
                    cause=f"{entry.kind} {entry.about}",
                    said="nothing tonight is of it; `caniload ledger write` takes it out",
                    environments=list(entry.load),
                )


def _ran(night: Night) -> bool:
    return bool(night.work.loaded and night.tested)


def _texts(night: Night) -> dict[str, list[Place]]:
    """Return every text without a name, with the cells that said it; "" where it was no cell."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for place, code in night.cells.items():
        for text in night.states[code].unnamed:
            found[text].append(place)
    for site in night.sites:
        for text in site.unnamed:
            found[text].append(Place("", "", "", site.id))
    return dict(found)
