"""Tonight's findings and a tracker's issues -> what becomes of each issue; pure.

One cause has one issue, found again by the id that stands hidden in its text. Nothing is carried
out here: the plan is data.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.core.markup import escaped
from caniload.runner.nightly.findings import FAMILY, PASSING, WORDS, Finding, Kind, Report, identify

LABEL = "caniload-nightly"
"""What an issue of ours carries. Only people with rights can set it, so that no stranger's text is
taken for ours."""

MOST = 10
"""Issues that one night opens; what is left is told in the summary, and opened the next night."""

LONGEST = 30_000
"""Letters of each half of an issue's text; GitHub takes 65,536."""

SILENT = frozenset({Kind.UNUSED, Kind.MENDED})

FIRST, END = "<!-- found -->", "<!-- /found -->"
"""Around what was said when it was found, which later texts keep."""

_MARK = re.compile(r"<!-- caniload-nightly (\{[^\n]*\}) -->")
_ESCAPES = (("<", "\\u003c"), (">", "\\u003e"), ("-", "\\u002d"))


@dataclass(frozen=True, kw_only=True)
class Known:
    """An issue that is ours: what it is of, and whether it is open."""

    number: int
    open: bool
    id: str
    family: str
    digest: str
    environments: Sequence[str]
    first: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: ``open``, ``update``, ``reopen`` or ``close``; ``why`` in a sentence.

    ``comment`` is what people are told by mail; an ``update`` without one only renews the text.
    """

    do: str
    id: str
    why: str
    number: int | None = None
    title: str = ""
    body: str = ""
    comment: str = ""
    label: str = LABEL


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps to carry out in order.

    ``kept`` are issues that stay as they are, ``left`` causes that were too many for one night.
    """

    steps: Sequence[Step]
    kept: Sequence[int]
    left: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)}


def plan(report: Report, issues: Sequence[Mapping[str, Any]]) -> Plan:
    """Say what to do; ``issues`` are as ``gh issue list --state all --json ...`` prints them."""
    known = _ours(issues)
    matters: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.kind not in SILENT:
            matters.setdefault(finding.id, []).append(finding)
    steps: list[Step] = []
    left: list[str] = []
    for name, found in matters.items():
        step = _of_matter(report, name, found, known.get(name))
        if step is not None and step.do != "update" and len(steps) >= MOST:
            left.append(name)
        elif step is not None:
            steps.append(step)
    over = [one for one in known.values() if one.open and one.id not in matters]
    steps += [_closing(one, why, report) for one in over if (why := _why_close(report, one))]
    moved = {one.number for one in steps}
    kept = [one.number for one in known.values() if one.open and one.number not in moved]
    return Plan(steps=steps, kept=sorted(kept), left=left)


def _ours(issues: Sequence[Mapping[str, Any]]) -> dict[str, Known]:
    """Return issues by the id of their cause: the oldest of each, an open one before others."""
    found = [one for one in map(_known, issues) if one is not None]
    known: dict[str, Known] = {}
    for one in sorted(found, key=lambda one: (not one.open, one.number)):
        known.setdefault(one.id, one)
    return known


def _of_matter(
    report: Report, name: str, found: Sequence[Finding], known: Known | None
) -> Step | None:
    """Open, reopen, update or leave the issue of one cause."""
    if known is None:
        return Step(
            do="open",
            id=name,
            why="this cause has no issue",
            title=_title(found[0]),
            body=_body(report, name, found),
        )
    if not known.open:
        if not any(one.new for one in found):
            return None  # somebody has closed it though it is still so: that is their decision
        return Step(
            do="reopen",
            id=name,
            number=known.number,
            why="the cause is back",
            body=_body(report, name, found),
            comment=f"It is back, in the night of {report.when[:10]}.",
        )
    if known.digest == _digest(found):
        return None
    wider = sorted({place for one in found for place in one.environments} - {*known.environments})
    comment = f"Since the night of {report.when[:10]} also: {_listed(wider)}." if wider else ""
    return Step(
        do="update",
        id=name,
        number=known.number,
        why="it reaches further, or not as far",
        body=_body(report, name, found, known.first),
        comment=comment,
    )


def _why_close(report: Report, known: Known) -> str:
    """Say why an issue's matter is over; empty where tonight does not show that it is."""
    if not report.alive:
        return ""
    if any(
        one.kind is Kind.MENDED and known.id in {one.id, _cells_id(one)} for one in report.findings
    ):
        return "tonight it is mended"
    if known.family in {str(one) for one in PASSING}:
        return ""  # seen only in the night in which it happens: a person says when it is settled
    needs_ledger = {FAMILY[Kind.UNEXPECTED], str(Kind.TEXT)}
    if known.family in needs_ledger and not report.ledger:
        return ""
    unusable = [
        one for one in known.environments if one in report.planned and one not in report.usable
    ]
    if unusable and known.family != str(Kind.UNBUILT):
        return ""  # it was not looked at where it was found
    return "tonight it is not there any more, or the ledger expects it"


def _cells_id(finding: Finding) -> str:
    """Return the id that a mended cause had while it was not."""
    return identify(Kind.UNEXPECTED, finding.cause)


def _closing(known: Known, why: str, report: Report) -> Step:
    told = f"Closed after the night of {report.when[:10]}: {why}."
    return Step(do="close", id=known.id, number=known.number, why=why, comment=told)


def _known(issue: Mapping[str, Any]) -> Known | None:
    """Read which cause an issue is of; ``None`` where it is not ours."""
    try:
        labels = {one["name"] for one in issue.get("labels", ())}
        number, state, body = issue["number"], str(issue["state"]), str(issue.get("body") or "")
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "issues: each needs number, state, labels and body, as `gh issue list --state all"
            f" --label {LABEL} --json number,state,labels,body` prints them"
        ) from error
    marks = _MARK.findall(body)
    if LABEL not in labels or not marks or type(number) is not int:
        return None
    try:
        mark = json.loads(marks[-1])
        return Known(
            number=number,
            open=state.upper() == "OPEN",
            id=str(mark["id"]),
            family=str(mark["family"]),
            digest=str(mark["digest"]),
            environments=[str(one) for one in mark["environments"]],
            first=body.partition(FIRST)[2].partition(END)[0].strip()[:LONGEST],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _title(finding: Finding) -> str:
    """Return a title of one line that nobody's text can reach out of."""
    where = _listed(finding.environments[:3])
    more = f" and {len(finding.environments) - 3} more" if len(finding.environments) > 3 else ""  # noqa: PLR2004
    about = escaped(finding.cause, 100)
    return f"nightly: {WORDS[finding.kind]}: {about}{f' ({where}{more})' if where else ''}"


def _body(report: Report, name: str, found: Sequence[Finding], first: str = "") -> str:
    """Return an issue's text: how it is now, below it how it was found, and what finds it again."""
    said = "\n".join(_paragraphs(found))[:LONGEST]
    now = [said, ""] if first else []
    then = [FIRST, first or said, END]
    folded = ["<details><summary>When it was found</summary>", "", *then, "", "</details>"]
    mark = {
        "id": name,
        "family": FAMILY[found[0].kind],
        "digest": _digest(found),
        "environments": _environments(found)[:50],
    }
    hidden = json.dumps(mark)
    for letter, instead in _ESCAPES:  # so that no name in it ends the comment
        hidden = hidden.replace(letter, instead)
    return "\n".join(
        [
            *now,
            *(folded if first else then),
            "",
            (
                f"Last changed after the night of {report.when[:10]} (caniload {report.version},"
                f" {report.commit or 'no commit'}). The nightly run opens, renews and closes this"
                f' issue. To accept it: `caniload ledger write --only {name} --reason "…"`.'
            ),
            "",
            f"<!-- {LABEL} {hidden} -->",
        ]
    )


def _environments(found: Sequence[Finding]) -> list[str]:
    return sorted({place for one in found for place in one.environments})


def _digest(found: Sequence[Finding]) -> str:
    """Hash how far a matter reaches: what is new one night and stands the next is the same."""
    reach = [
        _environments(found),
        sorted({name for one in found for name in (*one.models, *one.formats)}),
        sum(one.cells for one in found),
    ]
    return hashlib.sha256(json.dumps(reach).encode()).hexdigest()[:16]


def _paragraphs(found: Sequence[Finding]) -> Iterator[str]:
    for one in found:
        yield f"**{WORDS[one.kind]}**: {escaped(one.cause, 600)}"
        yield ""
        if one.said and one.said != one.cause:
            yield f"- {escaped(one.said, 600)}"
        if one.cells:
            purpose = f", {one.purpose}" if one.purpose else ""
            yield f"- {one.cells} cell{'s' * (one.cells != 1)}{purpose}"
        if one.environments:
            yield f"- environments: {_listed(one.environments)}"
        if one.formats:
            yield f"- formats: {_listed(one.formats)}; models: {_listed(one.models)}"
        for changed in one.changed:
            yield f"- changed with it: {escaped(changed)}"
        for example in one.examples:
            yield f"- `caniload reproduce {_code(example)}`"
        yield ""


def _listed(names: Sequence[str]) -> str:
    shown = [escaped(one, 80) for one in names[:20]]
    return ", ".join(shown) + (f" and {len(names) - 20} more" if len(names) > 20 else "")  # noqa: PLR2004


def _code(text: str) -> str:
    """Keep what may stand between backticks, which nothing is to end."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "._+-/ ")[:200]
