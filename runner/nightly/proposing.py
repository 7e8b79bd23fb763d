"""Releases that the matrix has not, and pull requests that there are -> which to propose; pure.

Also what a new environment does beside the one that it follows, as the text of a pull request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.core.markup import escaped, table
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.nightly.comparing import Comparison
from caniload.runner.nightly.findings import WORDS, Finding, Kind
from caniload.runner.nightly.ledger import Book
from caniload.runner.nightly.night import Night

DAYS = 60
"""Releases of this many days are new; older ones have been left out for a reason."""

MOST = 3
"""Proposals of one night: each builds an environment and runs its cells."""

LISTED = 25

_BRANCH = re.compile(r"[^a-z0-9.+-]+")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One release to be tried; ``arguments`` are those of ``caniload env add``."""

    branch: str
    title: str
    environment: str
    base: str
    arguments: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """What to propose tonight, and why the rest is not."""

    proposals: Sequence[Proposal]
    left_out: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)}


def proposals(
    offered: Mapping[str, Any],
    bases: Mapping[str, str],
    requests: Sequence[Mapping[str, Any]],
    *,
    today: str,
    days: int = DAYS,
) -> Proposals:
    """Choose of what ``releases --json`` offers; ``requests`` are all pull requests there are.

    One that was closed is not made again: somebody has decided. ``bases``: by id of a new
    environment the one that it is held against.
    """
    try:
        branches = {str(one["headRefName"]) for one in requests}
    except (KeyError, TypeError) as error:
        raise UsageError(
            "pull requests: each needs headRefName, as `gh pr list --state all --json headRefName`"
            " prints it"
        ) from error
    since = (date.fromisoformat(today) - timedelta(days=days)).isoformat()
    found: list[Proposal] = []
    left = [str(one) for one in offered["left_out"]]
    for one in offered["releases"]:
        name, entry = f"{one['package']} {one['version']}", one["entry"]
        beside = one["beside"]
        branch = "caniload/" + _BRANCH.sub("-", entry["id"])
        if one["uploaded"] is not None and one["uploaded"] < since:
            left.append(f"{name}: of {one['uploaded']}, which is not new")
        elif branch in branches:
            left.append(f"{name}: {branch} was proposed before")
        elif len(found) >= MOST:
            left.append(f"{name}: {MOST} a night; the next night has it")
        else:
            found.append(
                Proposal(
                    branch=branch,
                    title=f"Add {name}{f' beside {beside}' if beside else ''}",
                    environment=entry["id"],
                    base=beside or bases.get(entry["id"], ""),
                    arguments=[
                        *(["--beside", beside] if beside else []),
                        f"{one['package']}=={one['version']}",
                    ],
                )
            )
    return Proposals(proposals=found, left_out=left)


def text(night: Night, name: str, entry: Sequence[str], book: Book | None) -> str:
    """Return the Markdown of a pull request: what the new environment does beside its base."""
    site = night.site[name]
    before = replace(
        night,
        sites=tuple(one for one in night.sites if one.id != name),
        cells={
            place: code
            for place, code in night.cells.items()
            if name not in (place.save, place.load)
        },
    )
    report = Comparison(night=night, before=[before], book=book)()
    found = [one for one in report.findings if name in one.environments or _is_of(one, name)]
    return "\n".join([*_lines(night, name, site.base, entry, found)])


def _is_of(finding: Finding, name: str) -> bool:
    return any(name in example.split("/") for example in finding.examples)


def _lines(
    night: Night, name: str, base: str, entry: Sequence[str], found: Sequence[Finding]
) -> Iterator[str]:
    yield "```yaml"
    yield from entry
    yield "```"
    yield ""
    own = [state for place, state in night.found() if name in (place.save, place.load)]
    counts = {one: sum(state.outcome(Purpose.PREDICT) is one for state in own) for one in Outcome}
    told = ", ".join(f"{count} {one}" for one, count in counts.items() if count)
    yield f"{len(own)} cells that it saves or loads, to predict: {told or 'none was run'}."
    yield ""
    site = night.site[name]
    if site.untested:
        yield f"**It cannot be used here**: {escaped(site.untested)}"
        yield ""
    bad = [one for one in found if one.alarming and one.kind is not Kind.UNEXPECTED]
    if base and not bad and not site.untested:
        yield f"Beside {escaped(base)} nothing is worse."
        yield ""
    for one in bad[:1]:
        yield from (f"Other packages: {escaped(text)}" for text in one.changed)
        yield ""
    if bad:
        rows = [
            (WORDS[one.kind], escaped(one.cause), escaped(one.said), str(one.cells))
            for one in bad[:LISTED]
        ]
        yield from table(("what", "cause", f"beside {escaped(base)}", "cells"), rows)
        if len(bad) > LISTED:
            yield f"and {len(bad) - LISTED} more"
    yield (
        "Found, locked and run by the nightly job. The row, its lock and the numbers above are all"
        " of it; `caniload matrix` runs it here."
    )
