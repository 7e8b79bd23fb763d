"""What was counted of the five kinds, in sentences: what nobody warns about comes first (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.reports.claims import COUNTS, Finding, Tally
from caniload.reports.table import Place

COLUMNS: Mapping[str, str] = {
    "other_numbers_silent": "Other numbers, no warning",
    "other_settings_silent": "Other settings or training, no warning",
    "other_warned": "Another model, a warning",
    "raised": "Exception or crash",
    "warned": "Unchanged, a warning",
    "silent": "Unchanged, silent",
    "any_warning": "Any warning",
    "named": "A warning about it",
    "raised_named": "An exception about it",
}
"""What is counted, worst first: the heads of the tables."""

_HAPPENS: Mapping[str, str] = {
    "other_numbers_silent": "the model loads with other outputs, weights or structure, and no "
    "warning is given",
    "other_settings_silent": "it loads with other settings, or trains otherwise, and no warning "
    "is given",
    "other_warned": "it loads as another model, and some warning is given",
    "raised": "an exception or a crash ends it",
    "warned": "it loads unchanged, and some warning is given",
    "silent": "it loads unchanged, and nothing is said",
}


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """``bad`` where the claim does not hold and a user comes to harm."""

    text: str
    example: Place | None = None
    bad: bool = False


def context(findings: list[Finding]) -> dict[str, Any]:
    """Return what the page prints; rows of tables are label, name to link to, and counts."""
    return {
        "kinds": [(one.claim.title, one.kind, one.whole) for one in findings],
        "columns": COLUMNS,
        "claims": [
            {
                "finding": one,
                "verdict": verdict(one),
                "by_generation": _rows(one.generations),
                "by_model": _rows(one.models),
                "generations": [
                    (name, tally, sentences(tally)) for name, tally in one.generations.items()
                ],
            }
            for one in findings
        ],
    }


def _rows(tallies: Mapping[str, Tally]) -> list[tuple[str, str, Tally]]:
    return [(name, name, tally) for name, tally in tallies.items()]


def verdict(finding: Finding) -> list[Sentence]:
    """Say of one kind whether the claim holds, and how the rest went."""
    whole = finding.whole
    if not whole.cells:
        return [Sentence(text=text) for text in _unprovoked(finding)]
    named, cells = whole.counts["named"], whole.cells
    if not named:
        head = f"Not so: of the {cells:,} cells that provoke it, none gives a warning about it."
    elif named < cells:
        head = (
            f"Only in part: of the {cells:,} cells that provoke it, {named:,} "
            f"({_percent(named, cells)}) give a warning about it."
        )
    else:
        head = f"So it is: all {cells:,} cells that provoke it give a warning about it."
    first = Sentence(text=head, example=whole.examples.get("named"), bad=not named)
    return [first, *_happened(whole)]


def sentences(tally: Tally) -> list[Sentence]:
    """Say how the cells went that one generation loads."""
    if not tally.cells:
        return [Sentence(text=f"None of its {tally.untested:,} cells was tested.")]
    heard, named = tally.counts["any_warning"], tally.counts["named"]
    about = f"{named:,} about this" if named else "none about this"
    head = Sentence(
        text=f"Of {tally.cells:,} cells, {heard:,} give any warning, {about}.",
        example=tally.examples.get("named") or tally.examples.get("any_warning"),
    )
    return [head, *_happened(tally)]


def _happened(tally: Tally) -> Iterator[Sentence]:
    for name, happens in _HAPPENS.items():
        count = tally.counts[name]
        if count:
            about = tally.counts["raised_named"] if name == "raised" else 0
            named = f"; {about:,} of these with an exception about it" if about else ""
            share = _percent(count, tally.cells)
            yield Sentence(
                text=f"In {count:,} of {tally.cells:,} ({share}) {happens}{named}.",
                example=tally.examples[name],
                bad=name == "other_numbers_silent",
            )
    if tally.untested:
        yield Sentence(text=f"{tally.untested:,} more were not tested.")


def _unprovoked(finding: Finding) -> Iterator[str]:
    yield "Not put to the test: no tested cell of this report provokes it."
    if finding.whole.untested:
        yield f"{finding.whole.untested:,} cells would, and have no result."
    yield f"What would provoke it: {finding.claim.would}"


def _percent(part: int, whole: int) -> str:
    """Round, but never to none or to all."""
    share = 100 * part / whole
    if part < whole and share > 99:  # noqa: PLR2004 - percent
        return "over 99 %"
    return "under 1 %" if share < 1 else f"{share:.0f} %"


def exported(findings: list[Finding]) -> dict[str, Any]:
    """Return the numbers as summary.json holds them."""
    return {
        finding.kind.value: {
            **_numbers(finding.whole),
            "generations": {name: _numbers(one) for name, one in finding.generations.items()},
        }
        for finding in findings
    }


def _numbers(tally: Tally) -> dict[str, int]:
    counts = {name: tally.counts[name] for name in COUNTS}
    return {"cells": tally.cells, "untested": tally.untested, **counts}
