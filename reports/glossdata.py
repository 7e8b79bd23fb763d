"""The glossary as plain data, for catalogue.json and summary.json, and as lines (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from caniload.reports.glossary import Glossary, Term
from caniload.reports.text import CleanMatrix

LISTED = 20
"""How many texts without an entry summary.json holds; catalogue.json holds all."""


def as_data(known: Glossary, environments: Sequence[str]) -> dict[str, Any]:
    """Return entries with where they were met, texts without one, and what was met nowhere."""
    return {
        **_shares(known),
        "entries": [
            {**asdict(term.entry), **_met(term, environments)} for term in known.terms if term.entry
        ],
        "unmatched": [_unmatched(term, environments) for term in known.unmatched],
        "gone": [entry.id for entry in known.gone],
        "never_recorded": [entry.id for entry in known.unused if not entry.example],
    }


def summed(known: Glossary) -> dict[str, Any]:
    """Return what summary.json says of the catalogue."""
    listed = [
        {"text": term.text, "source": term.source, "cells": term.cells}
        for term in known.unmatched[:LISTED]
    ]
    gone = [entry.id for entry in known.gone]
    return {**_shares(known), "met": len(known.terms), "unmatched": listed, "gone": gone}


def _shares(known: Glossary) -> dict[str, Any]:
    coverage = known.coverage
    return {
        "messages": {
            "heard": coverage.messages,
            "unmatched": coverage.unmatched_messages,
            "noise": coverage.noise,
        },
        "errors": {"raised": coverage.errors, "unmatched": coverage.unmatched_errors},
    }


def _met(term: Term, environments: Sequence[str]) -> dict[str, Any]:
    """Say where it was met; ``first`` and ``last`` in the order of the matrix."""
    places = sorted(term.places)
    return {
        "cells": term.cells,
        "times": term.times,
        "phases": sorted(term.phases),
        "heard_on": sorted(term.sources),
        "first": environments[places[0]],
        "last": environments[places[-1]],
        "environments": [environments[place] for place in places],
    }


def _unmatched(term: Term, environments: Sequence[str]) -> dict[str, Any]:
    return {"text": term.text, "source": term.source, **_met(term, environments)}


def lines(known: Glossary, matrix: CleanMatrix) -> list[str]:
    """Say in plain text how much the catalogue names, and what it does not.

    What matches nothing says something only where nothing was left out that could provoke it.
    """
    coverage = known.coverage
    told = (
        f"catalogue: {coverage.unmatched_messages:,} of {coverage.messages:,} messages"
        f" ({coverage.share_of_messages:.1%}) and {coverage.unmatched_errors:,} of"
        f" {coverage.errors:,} exceptions ({coverage.share_of_errors:.1%}) have no entry"
    )
    if matrix.whole:
        told += f"; {len(known.gone):,} entries match nothing any more"
    found = ["", told]
    found += [f"          {sentence}" for sentence in coverage.over(matrix.bounds)]
    for term in known.unmatched[:5]:
        text = term.text if len(term.text) <= 110 else f"{term.text[:109]}…"  # noqa: PLR2004
        found.append(f"  {term.times:>6,}  {term.source}: {text}")
    more = len(known.unmatched) - 5
    return [*found, f"          and {more:,} more; see the report"] if more > 0 else found
