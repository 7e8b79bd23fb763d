"""junit.xml: one test case for each (format, save, load), small enough for every CI to read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pandas as pd

from caniload.reports import answers
from caniload.reports.planes import Planes, Square
from caniload.reports.words import ABSENT, CODE, ORDER
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.outcomes import Outcome

MESSAGE, BODY = 200, 8_000
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(table: pd.DataFrame, grid: Planes, judged: JudgedMatrix) -> bytes:
    """Write the matrix as a test report; the worst outcome over the models decides a case."""
    root = ET.Element("testsuites", name="caniload")
    details = _details(table)
    for place, kind in enumerate(grid.formats):
        suite = ET.SubElement(root, "testsuite", name=xml_text(f"compat.{kind.id}"))
        for save in range(len(grid.environments)):
            for load in range(len(grid.environments)):
                if (grid.codes[save, load, :, place] != ABSENT).any():
                    _case(suite, grid, (save, load, place), details)
        _totals(suite, judged)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


Place = tuple[int, int, int]
Details = dict[tuple[str, str, str], tuple[float, list[str]]]


def _details(table: pd.DataFrame) -> Details:
    """Seconds and one line for each problem, by save, load and format."""
    rows = table[~table["control"]]
    found: Details = {}
    columns = ["save", "load", "format", "model", "outcome", "reason", "seconds"]
    for save, load, kind, model, outcome, reason, seconds in rows[columns].itertuples(index=False):
        before, lines = found.get((save, load, kind), (0.0, []))
        if outcome not in (Outcome.IDENTICAL, Outcome.TOLERANCE):
            lines = [*lines, f"{model}: {outcome}: {reason}"]
        found[save, load, kind] = (before + (0.0 if pd.isna(seconds) else seconds), lines)
    return found


def _case(suite: ET.Element, grid: Planes, place: Place, details: Details) -> None:
    save, load, kind = place
    one, other = grid.environments[save].id, grid.environments[load].id
    seconds, lines = details[one, other, grid.formats[kind].id]
    case = ET.SubElement(
        suite,
        "testcase",
        classname=xml_text(f"compat.{grid.formats[kind].id}.save_{one.replace('.', '_')}"),
        name=xml_text(f"load={other}"),
        time=f"{seconds:.3f}",
    )
    square = answers.evidence(grid, save, load, kind)
    ignored = grid.square(save, load, kind).no_evidence
    sentence = answers.text(answers.verdict(square, ignored=ignored))
    _result(case, square, sentence, "\n".join(lines))


def _result(case: ET.Element, square: Square, sentence: str, body: str) -> None:
    """Add the one element that says how the case ended; a clean case has none."""
    worst = square.worst
    if not square.tested:
        ET.SubElement(case, "skipped", message=xml_text(sentence[:MESSAGE]))
        return
    name = {
        CODE[Outcome.DIFFERS]: "failure",
        CODE[Outcome.ERROR]: "failure",
        CODE[Outcome.CRASH]: "error",
    }.get(worst)
    if name:
        node = ET.SubElement(
            case, name, message=xml_text(sentence[:MESSAGE]), type=ORDER[worst].value
        )
        node.text = xml_text(body[:BODY])
    elif body:
        ET.SubElement(case, "system-out").text = xml_text(f"{sentence}\n{body}"[:BODY])


def _totals(suite: ET.Element, judged: JudgedMatrix) -> None:
    cases = suite.findall("testcase")
    for attribute, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(name) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.set("timestamp", xml_text(judged.built_at[:19]))
    suite.set("hostname", xml_text(judged.machine))


def xml_text(text: str) -> str:
    """Replace the characters that XML 1.0 cannot hold, escaped or not."""
    return _ILLEGAL.sub("\ufffd", text)
