"""Badges: the number that matters in one small picture, with and without a third party."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from caniload.reports.planes import Planes
from caniload.reports.words import CLEAN_CODES, CODE, UNTESTED
from caniload.runner.core.outcomes import TO, Outcome, Purpose


@dataclass(frozen=True, kw_only=True)
class Badge:
    """The colour repeats what the message says in words."""

    name: str
    label: str
    message: str
    colour: str


def badges(grid: Planes) -> Iterator[Badge]:
    """One for the whole matrix, one for each format; loading by the same or a newer version."""
    to = f", {TO[grid.purpose]}" if grid.purpose is Purpose.TRAIN else ""
    yield _badge(grid, "overall", f"caniload{to}", range(len(grid.formats)))
    for place, kind in enumerate(grid.formats):
        yield _badge(grid, kind.id, f"{kind.id}{to}", [place])


def _badge(grid: Planes, name: str, label: str, kinds: Any) -> Badge:
    newer = ~grid.older[:, :, None, None]
    upward = newer & ~grid.no_evidence
    codes = grid.codes[..., list(kinds)][upward[..., list(kinds)]]
    tested = int(((codes >= 1) & (codes < UNTESTED)).sum())
    clean = sum(int((codes == code).sum()) for code in CLEAN_CODES)
    silent = int((codes == CODE[Outcome.DIFFERS]).sum())
    if not tested:
        void = bool((newer & grid.no_evidence)[..., list(kinds)].any())
        message = "no evidence" if void else "not tested"
        return Badge(name=name, label=label, message=message, colour="#595959")
    message = f"{clean:,}/{tested:,} load unchanged"
    if silent:
        return Badge(
            name=name,
            label=label,
            message=f"{message}, {silent:,} silently wrong",
            colour="#3d0a66",
        )
    colour = "#0b3c5d" if clean == tested else "#8a4a00"
    return Badge(name=name, label=label, message=message, colour=colour)


def shields(badge: Badge) -> dict[str, Any]:
    """Write the badge as shields.io's endpoint reads it."""
    return {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": badge.colour,
    }


def svg(badge: Badge) -> str:
    """Draw the badge as our own picture; widths are estimates, fitted by ``textLength``."""
    label, message = escape(badge.label), escape(badge.message)
    left, right = 12 + 7 * len(badge.label), 12 + 6 * len(badge.message)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{label}: {message}"><title>{label}: {message}</title>'
        f'<rect width="{left}" height="20" rx="3" fill="#333"/>'
        f'<rect x="{left - 3}" width="{right + 3}" height="20" rx="3" fill="{badge.colour}"/>'
        f'<rect x="{left - 3}" width="6" height="20" fill="{badge.colour}"/>'
        '<g fill="#fff" font-family="system-ui,Verdana,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{label}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{message}</text></g></svg>\n'
    )
