"""report.md: the run on one page, within what a CI job summary takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from caniload.reports.aspects import Aspect, Aspects
from caniload.reports.figures import Figures, headlines
from caniload.reports.groups import Reason, failure_groups, shortened, untested_reasons
from caniload.reports.planes import Planes
from caniload.reports.text import CleanMatrix
from caniload.reports.views import era_table
from caniload.reports.words import WORDS
from caniload.runner.core.outcomes import TO, Outcome, Purpose

BUDGET = 900 * 1024
"""Bytes; a GitHub job summary above 1,024 KiB is thrown away whole."""

TOP = 20


def markdown(seen: Aspects, matrix: CleanMatrix) -> str:
    """Write the report, predicting first; if it were too long, say how much was left out."""
    whole = seen[Purpose.TRAIN]
    found = whole.figures
    sentences = headlines(one.figures for one in seen.values())
    parts = [
        "# caniload\n",
        *(f"**{escaped(sentence)}**\n" for sentence in sentences),
        f"{found.planned:,} cells, {escaped(f'built {matrix.built_at}, {matrix.version}')}.\n",
        _outcomes([one.figures for one in seen.values()]),
        *(_causes(one) for one in seen.values()),
        *(
            _eras(one.grid, place)
            for one in seen.values()
            for place in range(len(one.grid.formats))
        ),
        _untested(untested_reasons(whole.table)),
        f"\nControls: {found.controls:,} checked, {found.controls_failed:,} failed.\n",
    ]
    return _within_budget(parts)


def _within_budget(parts: list[str]) -> str:
    kept, used = [], 0
    for place, part in enumerate(parts):
        used += len(part.encode()) + 1
        if used > BUDGET:
            kept.append(f"\nCut here: {len(parts) - place} more sections; see the full report.\n")
            break
        kept.append(part)
    return "\n".join(kept)


def _outcomes(counted: Sequence[Figures]) -> str:
    """Write a column of all cells and one of upgrades for each purpose."""
    heads = [f"{TO[one.purpose]} | of these upgrades" for one in counted]
    lines = [f"| outcome | {' | '.join(heads)} |", f"|---|{'---:|' * 2 * len(counted)}"]
    for outcome in (*reversed(list(Outcome)[:-1]), Outcome.UNTESTED):
        if any(outcome in one.shown for one in counted):
            numbers = [f"{one.outcomes[outcome]:,} | {one.upgrade[outcome]:,}" for one in counted]
            name = f"{WORDS[outcome].glyph} {WORDS[outcome].word}"
            lines.append(f"| {name} | {' | '.join(numbers)} |")
    told = "An upgrade is loaded by the same or a newer version than saved it."
    return "\n".join([*lines, "", told, ""])


def _causes(seen: Aspect) -> str:
    groups = failure_groups(seen.table)
    lines = [
        f"## Problems {TO[seen.purpose]}, by cause, worst first",
        "",
        "| outcome | cells | cause | example |",
        "|---|---:|---|---|",
    ]
    lines += [
        f"| {WORDS[group.outcome].word} | {group.cells:,} | {escaped(group.signature[:200])} "
        f"| {code(group.example.id)} |"
        for group in groups[:TOP]
    ]
    if len(groups) > TOP:
        lines.append(f"\n{len(groups) - TOP:,} more causes are in the full report.")
    return "\n".join([*lines, ""])


def _eras(grid: Planes, kind: int) -> str:
    """Write the share that loads unchanged, era by era, folded away."""
    table = era_table(grid, kind)
    labels = [escaped(era.label) for era in table.eras]
    title = f"{escaped(grid.formats[kind].label)}, {TO[grid.purpose]}: share that loads unchanged"
    lines = [
        f"<details><summary>{title}</summary>",
        "",
        f"| saved in ↓ loaded in → | {' | '.join(labels)} |",
        f"|---|{'---:|' * len(labels)}",
    ]
    for label, row in zip(labels, table.rows, strict=True):
        lines.append(f"| {label} | {' | '.join(cell.text or cell.words for cell in row)} |")
    return "\n".join([*lines, "", "</details>", ""])


def _untested(reasons: list[Reason]) -> str:
    if not reasons:
        return "Everything planned was tested.\n"
    lines = ["## Not tested", ""]
    lines += [f"- {reason.cells:,} cells: {escaped(reason.text[:300])}" for reason in reasons[:TOP]]
    if len(reasons) > TOP:
        lines.append(f"- {shortened(reason.text[:40] for reason in reasons[TOP:])}")
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """Make a text harmless in Markdown: no markup, no table cells, nobody mentioned."""
    text = re.sub(r"\s+", " ", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]|~])", r"\\\1", text)
    return text.replace("@", "@\u200b")


def code(text: str) -> str:
    """Make a code span in a table cell, which may hold neither a backtick nor a bare pipe."""
    plain = re.sub(r"\s+", " ", text).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"
