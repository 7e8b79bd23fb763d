"""What only the first page has: the numbers at its top and the data of its script (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from caniload.reports.figures import Figures
from caniload.reports.folder import Folder
from caniload.reports.planes import Planes
from caniload.reports.shards import Shards, add
from caniload.reports.words import ABSENT, CLEAN_CODES, CODE, ORDER, UNTESTED, WORDS
from caniload.runner.core.outcomes import TO, Outcome

WORST_FIRST = (
    Outcome.DIFFERS,
    Outcome.CRASH,
    Outcome.ERROR,
    Outcome.WORKAROUND,
    Outcome.WARNING,
)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number; ``href`` is the filter of the matrix that shows its cells."""

    number: int
    label: str
    note: str
    code: int
    href: str | None = None


def tiles(found: Figures) -> list[Tile]:
    """Choose the numbers that matter to somebody who upgrades, worst first."""
    measured = [_problem(found, one) for one in WORST_FIRST if one in found.shown]
    return [*measured, *_others(found), *_shipped(found)]


def _shipped(found: Figures) -> list[Tile]:
    """Count apart what is known from elsewhere only."""
    if not found.shipped:
        return []
    return [
        Tile(
            number=found.shipped.planned,
            label="shipped evidence",
            note="of those not tested; counted nowhere else",
            code=UNTESTED,
        )
    ]


def _problem(found: Figures, outcome: Outcome) -> Tile:
    return Tile(
        number=found.outcomes[outcome],
        label=WORDS[outcome].word.lower(),
        note=f"{found.upgrade[outcome]:,} when upgrading",
        code=CODE[outcome],
        href=f"#st={outcome.value}",
    )


def _others(found: Figures) -> list[Tile]:
    kept = f"{found.percent_clean} %" if found.upgrade_tested else "none tested"
    unchanged = Tile(
        number=sum(found.outcomes[ORDER[code]] for code in CLEAN_CODES),
        label="load unchanged",
        note=f"{kept} when upgrading",
        code=CODE[Outcome.IDENTICAL],
        href="#st=identical,tolerance",
    )
    untested = Tile(
        number=found.outcomes[Outcome.UNTESTED],
        label="not tested",
        note=f"{found.no_evidence:,} more are no evidence",
        code=UNTESTED,
        href="#st=untested",
    )
    shaky = Tile(
        number=found.not_repeatable,
        label="order-dependent",
        note="alone and after others they differ",
        code=ABSENT,
    )
    return [unchanged, untested, shaky]


INLINE = 65_536
"""Characters of planes and names that the first page carries itself."""


def apart(grid: Planes, details: Shards, folder: Folder) -> dict[str, Any]:
    """Return the planes and the names of all shards; in a large report, where they are kept.

    ``grid`` is that for predicting; what makes it the one for training is beside it.
    """
    data: dict[str, Any] = {
        "plane": grid.encoded(),
        "parting": grid.parting(),
        "pairs": details.pairs,
        "texts": details.texts,
        "digits": details.digits,
    }
    if grid.shipped:
        data["shipped"] = {"plane": grid.shipped.encoded(), "parting": grid.shipped.parting()}
    if len(json.dumps(data)) <= INLINE:
        return data
    return {"rest": add(folder, "data/p", json.dumps(data))}


def inline(
    grid: Planes,
    slugs: Mapping[str, str],
    starts: Sequence[tuple[int, ...]],
    rest: Mapping[str, Any],
) -> Markup:
    """Encode the data of app.js; ``<`` is escaped, so that no text can end the script element."""
    data = {
        "purpose": grid.purpose.value,
        "to": {purpose.value: words for purpose, words in TO.items()},
        "environments": [
            {
                "id": one.id,
                "label": one.label,
                "stack": one.stack,
                "slug": slugs[one.id],
                **({"twin": 1} if one.twin else {}),
            }
            for one in grid.environments
        ],
        "models": [{"id": model.id, "family": model.family} for model in grid.models],
        "formats": [{"id": kind.id, "label": kind.label} for kind in grid.formats],
        "outcomes": [
            {"key": o.value, "word": WORDS[o].word, "one": WORDS[o].one, "many": WORDS[o].many}
            for o in ORDER
        ],
        "older": ["".join("01"[int(flag)] for flag in row) for row in grid.older],
        "starts": list(starts),
        **rest,
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above
