"""A report as a comment, as a page and as outputs; pure. All texts are escaped here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.ci.outcome import ACT, GOOD, NOT_KNOWN, Part, Report
from caniload.runner.core.markup import escaped, folded, table
from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import shown

COMMENT = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
PAGE = 900_000
"""Bytes; GitHub takes 1 MiB in a job's summary."""
_ROWS = 40
"""Most rows of a table in a comment."""
_LONGEST = 1_000
_SIGNS = {True: "✓", False: "✕", None: "?"}
_HEAD = ("", "model", "where", "answer", "why")


def marker(key: str) -> str:
    """Return the line by which a comment of ours is found again; a page shows nothing of it."""
    kept = "".join(one for one in key if one.isalnum() or one in "-_.")
    return f"<!-- caniload:{kept} -->"


def comment(report: Report, key: str) -> str:
    """Return what a pull request is told: what needs action first, the rest folded away."""
    lines = [marker(key), *_head(report), *_open(report)]
    whole = [*lines, *_closed(report)]
    for text in ("\n".join(whole), "\n".join(lines)):
        if len(text) <= COMMENT:
            return text
    return "\n".join([marker(key), *_head(report)])


def page(report: Report) -> str:
    """Return all of it, for a job's summary: each question with all of its rows."""
    lines = [*_head(report)]
    for part in report.parts:
        lines += ["", f"## {part.name}", ""]
        lines += [part.page] if part.page else list(_table(part.rows, len(part.rows)))
        if len("\n".join(lines).encode()) > PAGE:
            return "\n".join([*_head(report), "", "The rest is too long to be shown here."])
    return "\n".join(lines).rstrip() + "\n"


def outputs(report: Report) -> dict[str, str]:
    """Return what later steps read: words and numbers of ours, no text of a stranger's."""
    codes = {f"{one.name}-code": str(one.code) for one in report.parts}
    return {
        "verdict": report.word,
        "exit-code": str(report.code),
        "models": str(report.models),
        **codes,
    }


def sentence(report: Report) -> str:
    """Return the answer in a line."""
    told = [f"{one.name}: {_said(one)}" for one in report.parts if one.code != GOOD]
    return shown(f"{_short(report)} ({'; '.join(told)})" if told else _short(report), _LONGEST)


def _short(report: Report) -> str:
    many = "1 model" if report.models == 1 else f"{report.models} models"
    return f"{many}: {'nothing to do' if report.worst == GOOD else report.word}"


def _head(report: Report) -> Iterator[str]:
    sign = _SIGNS[True if report.worst == GOOD else None if report.worst == NOT_KNOWN else False]
    yield f"### {sign} caniload: {_short(report)}"
    yield ""
    for part in report.parts:
        yield f"- {part.name}: {escaped(_said(part))}"
    yield ""


def _said(part: Part) -> str:
    if part.sentence:
        return part.sentence.removesuffix(".")
    bad = sum(one.good is False for one in part.rows)
    unknown = sum(one.good is None for one in part.rows)
    counted = [f"{bad} of {len(part.rows)} not good"] if bad else []
    counted += [f"{unknown} not known"] if unknown else []
    return ", ".join(counted) or "nothing to do"


def _open(report: Report) -> Iterator[str]:
    rows = [row for part in report.parts for row in part.rows if row.good is False]
    if rows:
        yield from _table(rows, _ROWS)


def _closed(report: Report) -> Iterator[str]:
    for part in report.parts:
        rows = [row for row in part.rows if row.good is not False]
        if part.page and part.code == ACT:
            yield from folded(f"{part.name}: all of it", part.page.splitlines())
        elif rows:
            count = f"{len(rows)} good or not known"
            yield from folded(f"{part.name}: {count}", list(_table(rows, _ROWS)))


def _table(rows: Sequence[Row], most: int) -> Iterator[str]:
    cells = [
        (
            _SIGNS[one.good],
            escaped(one.about),
            escaped(one.where),
            escaped(one.word),
            escaped(one.said),
        )
        for one in rows[:most]
    ]
    yield from table(_HEAD, cells)
    if len(rows) > most:
        yield f"{len(rows) - most} more are in the job's summary."
        yield ""
