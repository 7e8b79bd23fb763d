"""junit.xml: one test case for each (format, save, load), small enough for every CI to read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

from caniload.reports import answers
from caniload.reports.planes import Planes, Square
from caniload.reports.table import Table
from caniload.reports.words import ABSENT, CLEAN_CODES, CODE, ORDER
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.outcomes import TO, Outcome

MESSAGE, BODY = 200, 8_000
WHOLE = 20_000_000
"""About how many characters all cases may say together; GitLab reads files of up to 30 MB."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(table: Table, grid: Planes, judged: JudgedMatrix) -> bytes:
    """Write the matrix as a test report for one purpose; the worst over the models decides."""
    root = ET.Element("testsuites", name=f"caniload, {TO[grid.purpose]}")
    seconds = _seconds(table, grid)
    asked = (grid.codes != ABSENT).any(axis=2)
    body = min(BODY, WHOLE // max(1, int(asked.sum())))
    for place, kind in enumerate(grid.formats):
        suite = ET.SubElement(root, "testsuite", name=xml_text(f"compat.{kind.id}"))
        for save, load in np.argwhere(asked[..., place]):
            where = int(save), int(load), place
            told = _problems(table, grid, where, body)
            _case(suite, grid, where, float(seconds[where]), told)
        _totals(suite, judged)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


Where = tuple[int, int, int]
"""Places of saver, loader and format."""


def _seconds(table: Table, grid: Planes) -> npt.NDArray[np.float64]:
    """Return of [save, load, format] how long its cells took."""
    known = np.nan_to_num(np.append(table.cells.columns.seconds, 0.0))  # the last: no such row
    seconds = np.zeros(grid.rows.shape[:2] + grid.rows.shape[3:])
    for model in range(len(grid.models)):
        seconds += known[grid.rows[:, :, model]]
    return seconds


def _problems(table: Table, grid: Planes, where: Where, most: int) -> str:
    """Return one line for each problem, as far as there is room."""
    save, load, kind = where
    found, size = [], 0
    for row in np.sort(grid.rows[save, load, :, kind]):
        if row < 0 or table.outcome[row] in CLEAN_CODES:
            continue
        model, outcome = table.models[table.model[row]], ORDER[table.outcome[row]]
        found.append(f"{model}: {outcome}: {table.said(int(row)).reason}")
        size += len(found[-1]) + 1
        if size > most:
            break
    return "\n".join(found)[:most]


def _case(suite: ET.Element, grid: Planes, where: Where, seconds: float, told: str) -> None:
    save, load, kind = where
    one, other = grid.environments[save].id, grid.environments[load].id
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
    _result(case, square, sentence, told)


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
        node.text = xml_text(body)
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
