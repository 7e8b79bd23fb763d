"""What a night says, in words: lines for a terminal, and Markdown for a job's summary; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.core.markup import escaped, folded, in_html, table
from caniload.runner.core.texts import shown
from caniload.runner.nightly.findings import WORDS, Finding, Kind, Report

LARGEST = 900 * 1024
"""Bytes of a summary; GitHub refuses one of more than 1,024 KiB whole."""

LISTED = 20
"""Findings of a sort that are told one by one."""

NAMED = 8
"""Environments that a finding names."""


def sentence(report: Report) -> str:
    """Return the answer of the night."""
    if not report.alive:
        said = next(one.said for one in report.findings if one.kind is Kind.NOTHING_RAN)
        return f"Nothing ran: {said}."
    if not report.news:
        standing = len(report.standing)
        still = f", {standing} matter{'s' * (standing != 1)} still open" if standing else ""
        return f"Quiet: nothing new{still}."
    counts: dict[str, int] = {}
    for one in report.news:
        counts[WORDS[one.kind]] = counts.get(WORDS[one.kind], 0) + 1
    return f"New: {', '.join(_times(*one) for one in counts.items())}."


def _times(word: str, count: int) -> str:
    return word if count == 1 else f"{word} ({count})"


def basis(report: Report) -> str:
    """Say what the answer rests on: what was looked at, what really ran, and beside what."""
    work = report.work
    ran = (
        f"{work['loaded']} cells loaded in {work['runs']} run{'s' * (work['runs'] != 1)},"
        f" {work['saved']} models saved, {work['built']} environments built"
    )
    held = f"against the night of {report.before[:10]}" if report.before else "the first night"
    ledger = f"{report.expected} expected by the ledger" if report.ledger else "no ledger"
    return (
        f"{report.tested} of {report.cells} cells have a result,"
        f" {len(report.usable)} of {report.environments} environments can be used; {ran}; {held};"
        f" {ledger}"
    )


def as_lines(report: Report) -> Iterator[str]:
    """Yield what a person reads on a terminal."""
    yield sentence(report)
    yield f"  {basis(report)}"
    for head, found in _parts(report):
        if found:
            yield f"{head}:"
        for one in found[:LISTED]:
            yield from _line(one)
        if len(found) > LISTED:
            yield f"  and {len(found) - LISTED} more; --json has all"
    if not report.ledger:
        yield "what failed before too is not told: `caniload ledger write` begins a ledger"


def _parts(report: Report) -> Sequence[tuple[str, Sequence[Finding]]]:
    return ("new", report.news), ("still so", report.standing), ("for the better", report.good)


def _line(one: Finding) -> Iterator[str]:
    yield f"  {one.id}  {WORDS[one.kind]}: {shown(one.cause)}"
    said = shown(one.said, 400)
    parts = [_reach(one), one.purpose, f"{said}" if said not in {"", one.cause} else ""]
    yield f"    {'; '.join(filter(None, parts))}"
    for changed in one.changed[:3]:
        yield f"    changed with it: {shown(changed, 300)}"
    if one.examples:
        yield f"    such as {shown(one.examples[0])}"


def _reach(one: Finding) -> str:
    places = ", ".join(map(shown, one.environments[:NAMED]))
    more = len(one.environments) - NAMED
    where = f"{places}{f' and {more} more' if more > 0 else ''}"
    cells = f"{one.cells} cell{'s' * (one.cells != 1)}" if one.cells else ""
    allowed = f", {one.expected} of them within the ledger" if one.expected else ""
    return f"{cells}{allowed}{' in ' if cells and where else ''}{where}"


def as_markdown(report: Report) -> str:
    """Return the summary of a job, never more than ``LARGEST`` bytes; what is cut is said."""
    lines = [
        f"## {'✕' if report.news else '✓'} Nightly of {report.when[:10]}",
        "",
        f"**{escaped(sentence(report))}**",
        "",
        escaped(basis(report)),
        "",
    ]
    for head, found in _parts(report):
        if not found:
            continue
        told = [*_table(found[: LISTED * 5])]
        if len(found) > LISTED * 5:
            told += [f"and {len(found) - LISTED * 5} more: the JSON has all", ""]
        title = f"{head[:1].upper()}{head[1:]} ({len(found)})"
        lines += [f"### {title}", "", *told] if head == "new" else [*folded(title, told)]
    if report.outcomes:
        counts = ", ".join(f"{count} {escaped(word)}" for word, count in report.outcomes.items())
        lines += [f"Cells to predict: {counts}.", ""]
    if not report.ledger:
        lines += ["There is no ledger: what failed before, too, is not told.", ""]
    return _cut("\n".join(lines))


def _table(found: Sequence[Finding]) -> Iterator[str]:
    yield from table(
        ("what", "cause", "where", "id"),
        [
            (
                WORDS[one.kind],
                "<br>".join(
                    [
                        escaped(one.cause),
                        *([in_cell(one.said)] if one.said != one.cause else []),
                        *(f"changed with it: {in_cell(text)}" for text in one.changed[:3]),
                        *(f"`{_plain(example)}`" for example in one.examples[:1]),
                    ]
                ),
                escaped(_reach(one)),
                f"`{one.id}`",
            )
            for one in found
        ],
    )


def in_cell(text: str) -> str:
    return escaped(text, 300)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum() or letter in "._+-/")


def _cut(text: str) -> str:
    data = text.encode()
    if len(data) <= LARGEST:
        return text
    return f"{data[:LARGEST].decode(errors='ignore')}\n\n(cut: {in_html(len(data))} bytes)\n"
