"""What nights said -> an Atom feed (RFC 4287): one entry for each thing that was new; pure."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.core.testcases import legal
from caniload.runner.core.texts import shown
from caniload.runner.nightly.findings import WORDS, Kind

MOST = 100
"""Entries of a feed."""

_ATOM = "http://www.w3.org/2005/Atom"


def as_atom(reports: Sequence[Mapping[str, Any]], *, link: str = "") -> str:
    """Return the feed of reports as JSON, oldest first; ``link`` is where a person reads more.

    An entry's id is made of its cause and of the night in which it was new, so that reading the
    feed of another night shows nothing twice.
    """
    entries = [one for report in reversed(reports) for one in _news(report)][:MOST]
    feed = ET.Element("feed", {"xmlns": _ATOM})
    name = hashlib.sha256(link.encode()).hexdigest()[:12]
    _add(feed, "id", f"tag:caniload,2026:nightly-{name}")
    _add(feed, "title", "caniload nightly")
    _add(feed, "updated", entries[0]["when"] if entries else _last(reports))
    _add(ET.SubElement(feed, "author"), "name", "caniload")
    if link:
        ET.SubElement(feed, "link", {"rel": "alternate", "href": link})
    for one in entries:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "id", f"tag:caniload,2026:{one['id']}-{one['when'][:10]}-{one['state']}")
        _add(entry, "title", one["title"])
        _add(entry, "updated", one["when"])
        _add(entry, "content", one["content"])
        ET.SubElement(entry, "category", {"term": one["kind"]})
        if link:
            ET.SubElement(entry, "link", {"rel": "alternate", "href": link})
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'


def _last(reports: Sequence[Mapping[str, Any]]) -> str:
    return str(reports[-1]["when"]) if reports else "1970-01-01T00:00:00+00:00"


def _news(report: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    known = {str(one) for one in Kind} - {str(Kind.UNUSED)}
    for one in report["findings"]:
        if not one["new"] or one["kind"] not in known:
            continue
        kind = Kind(one["kind"])
        where = ", ".join(one["environments"][:10])
        lines = [
            f"{one['cells']} cells; {where}" if one["cells"] else where,
            shown(one["said"], 600),
            *(f"changed with it: {shown(text, 400)}" for text in one["changed"]),
            *(f"caniload reproduce {shown(example)}" for example in one["examples"]),
        ]
        yield {
            "id": one["id"],
            "kind": str(kind),
            "state": "good" if kind is Kind.MENDED else "bad",
            "when": report["when"],
            "title": f"{WORDS[kind]}: {shown(one['cause'], 160)}",
            "content": "\n".join(filter(None, lines)),
        }


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = legal(text)
