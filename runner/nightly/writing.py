"""A night and what was expected before -> the ledger's text: rules over cells; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import yaml

from caniload.runner.core.outcomes import CLEAN, SEVERITY, Outcome, Purpose
from caniload.runner.core.texts import shown
from caniload.runner.nightly.findings import Kind, identify
from caniload.runner.nightly.ledger import TO, Book, Entry, Ledger, unused
from caniload.runner.nightly.night import Night, Place, State

DAYS, UNEXPLAINED_DAYS = 90, 30
"""How long an entry stands; one for which nobody gave a reason is looked into sooner."""

UNEXPLAINED = "Nobody has said yet why."
MOST = 6
"""Models and saving environments that a rule names; where it is about more, it names none."""

HEAD = f"""\
# What is expected of the nightly run, each with its reason and its last day. `caniload ledger
# write` adds what is not expected yet and takes out what is there no more; reasons and days stay as
# they are edited here. What each field is: docs/nightly.md. `a{TO}b`: in the order of matrix.yaml.
"""

FIELDS = ("worst", "only", "load", "save", "model", "format", "cells", "reason", "since", "expires")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be written: ``only`` these ids of causes, else all; ``reason`` for what is new.

    ``means`` says of entries of the catalogue what they mean. ``days``: how long it stands.
    """

    today: str
    means: Mapping[str, str]
    reason: str = ""
    days: int | None = None
    only: Collection[str] = ()
    renew: bool = False


@dataclass(frozen=True, kw_only=True)
class Written:
    """The ledger anew, and what of it is new, gone, and renewed."""

    ledger: Ledger
    added: Sequence[Entry]
    removed: Sequence[Entry]
    renewed: int


def write(book: Book, night: Night, wanted: Wanted) -> Written:
    """Keep what is still met, take out what is not, add what nothing expects.

    ``book`` is to be of no day, so that what has expired is not added beside itself.
    """
    gone = set() if wanted.only else {*unused(book, night)}
    kept = [one for number, one in enumerate(book.ledger.expected) if number not in gone]
    renewed = 0
    for place, entry in enumerate(kept):
        if wanted.renew and entry.expired(wanted.today):
            kept[place] = entry.model_copy(update={"expires": _until(wanted, DAYS)})
            renewed += 1
    added = list(_new(book, night, wanted))
    return Written(
        ledger=Ledger(schema=1, expected=(*kept, *added)),
        added=added,
        removed=[book.ledger.expected[number] for number in sorted(gone)],
        renewed=renewed,
    )


def _until(wanted: Wanted, days: int) -> str:
    days = wanted.days if wanted.days is not None else days
    return (date.fromisoformat(wanted.today) + timedelta(days=days)).isoformat()


def _new(book: Book, night: Night, wanted: Wanted) -> Iterator[Entry]:
    yield from _of_cells(book, night, wanted)
    for text in sorted(_unnamed(book, night)):
        if _is_wanted(wanted, Kind.TEXT, text):
            yield _entry(wanted, night, "", text=text)
    for site in night.sites:
        if site.controls and book.of("control", site.id) is None and not wanted.only:
            yield _entry(wanted, night, "; ".join(site.controls[:2]), control=site.id)
        if site.untested and book.of("environment", site.id) is None and not wanted.only:
            yield _entry(wanted, night, site.untested, environment=site.id)


def _is_wanted(wanted: Wanted, kind: Kind, cause: str) -> bool:
    return not wanted.only or identify(kind, cause) in wanted.only


def _of_cells(book: Book, night: Night, wanted: Wanted) -> Iterator[Entry]:
    groups: defaultdict[tuple[str, bool], list[tuple[Place, State]]] = defaultdict(list)
    for place, state in night.found():
        purpose = state.trouble()
        if purpose is None or book.of_cell(place, state) is not None or not state.valid:
            continue
        if _is_wanted(wanted, Kind.UNEXPECTED, state.cause(purpose)):
            train_only = state.outcome(Purpose.PREDICT) in CLEAN
            groups[state.known_as, train_only].append((place, state))
    # What is wrong in training alone comes first: an entry for both would expect it, too.
    ordered = sorted(groups.items(), key=lambda one: (not one[0][1], -len(one[1])))
    for (cause, train_only), found in ordered:
        places = [place for place, _ in found]
        outcomes = {state.outcome(one) for _, state in found for one in Purpose}
        worst = max(outcomes, key=SEVERITY.__getitem__)
        told = [wanted.means[one] for one in cause.split(" and ") if one in wanted.means]
        yield _entry(
            wanted,
            night,
            " ".join(told),
            cause=cause,
            worst=str(worst) if worst is not Outcome.NA else "error",
            only="train" if train_only else None,
            load=tuple(_ranges({one.load for one in places}, book.environments)),
            save=_few(_ranges({one.save for one in places}, book.environments)),
            model=_few(sorted({one.model for one in places})),
            format=tuple(sorted({one.format for one in places})),
            cells=len(places),
        )


def _few(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names) if len(names) <= MOST else ()


def _ranges(names: Collection[str], order: Sequence[str]) -> list[str]:
    """Write environments that follow each other in matrix.yaml as first..last."""
    told: list[str] = []
    run: list[str] = []
    for name in (*order, ""):
        if name in names:
            run.append(name)
            continue
        told += [f"{run[0]}{TO}{run[-1]}"] if len(run) > 2 else run  # noqa: PLR2004 - a name less
        run = []
    return told + sorted(set(names) - set(order))


def _unnamed(book: Book, night: Night) -> set[str]:
    found = {(text, place.load) for place, state in night.found() for text in state.unnamed} | {
        (text, site.id) for site in night.sites for text in site.unnamed
    }
    return {text for text, where in found if book.of("text", text, where) is None}


def _entry(wanted: Wanted, night: Night, reason: str, **fields: Any) -> Entry:
    reason = shown(wanted.reason or reason, 400)
    days = DAYS if reason else UNEXPLAINED_DAYS
    ends = _until(wanted, days)
    whole = {**fields, "reason": reason or UNEXPLAINED, "since": night.day, "expires": ends}
    return Entry.model_validate(whole)


def as_text(ledger: Ledger) -> str:
    """Return the file, which reads as the same ledger again."""
    whole = f"{HEAD}schema: 1\nexpected:\n"
    if not ledger.expected:
        return whole.replace("expected:\n", "expected: []\n")
    for entry in ledger.expected:
        fields = {entry.kind: entry.about, **{name: getattr(entry, name) for name in FIELDS}}
        plain = {
            name: list(one) if isinstance(one, tuple) else one
            for name, one in fields.items()
            if one not in (None, ())
        }
        if entry.kind not in ("cause", "cell"):
            plain.pop("worst")
        said = yaml.dump(
            plain, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True, indent=2
        )
        first, *rest = said.splitlines()
        whole += "\n".join([f"  - {first}", *(f"    {line}" for line in rest)]) + "\n"
    return whole


class _Dumper(yaml.SafeDumper):
    """Writes lists in one line, as matrix.yaml does."""


def _in_one_line(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(list, _in_one_line)
