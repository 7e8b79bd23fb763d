"""Rows of a sheet as a report of tests, JUnit as Jenkins and GitLab read it; pure.

A case fails where the answer is no, and is skipped where it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import clean

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MESSAGE, _BODY = 200, 8_000


def as_junit(name: str, rows: Sequence[Row]) -> str:
    """Return a report of tests: a suite for each thing that was asked about."""
    root = ET.Element("testsuites", name=legal(name))
    for about, group in groupby(rows, key=lambda one: one.about):
        cases = list(group)
        suite = ET.SubElement(root, "testsuite", name=legal(about))
        counts = {
            "tests": len(cases),
            "failures": sum(one.good is False for one in cases),
            "skipped": sum(one.good is None for one in cases),
        }
        for key, count in counts.items():
            suite.set(key, str(count))
        for one in cases:
            _case(suite, one)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _case(suite: ET.Element, one: Row) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=legal(one.about),
        name=legal(one.where or one.word),
        time=f"{one.seconds:.3f}",
    )
    if one.good:
        return
    told = f"{one.word}: {clean(one.said)}"
    found = ET.SubElement(case, "failure" if one.good is False else "skipped")
    found.set("message", legal(told[:_MESSAGE]))
    if one.good is False:
        found.text = legal(told[:_BODY])


def legal(text: str) -> str:
    """Return a text that may stand in XML."""
    return _ILLEGAL.sub("\ufffd", clean(text))
