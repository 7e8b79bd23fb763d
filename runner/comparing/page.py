"""Comparison -> one page of HTML that needs nothing else; pure. Every text is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterator

from caniload.runner.comparing.facts import Comparison
from caniload.runner.comparing.telling import sections, sentence, side_said
from caniload.runner.forensics.describe import shown

_LONG = 400
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.4rem;line-height:1.3}h2{font-size:1.05rem;margin-top:2rem}"
    "li,dd{overflow-wrap:anywhere}ul{padding-left:1.2rem}"
    "dt{font-weight:600}dd{margin:0 0 .5rem}"
    ".status{border-left:.4rem solid;padding-left:1rem}"
    ".same{border-color:#2e7d32}.different{border-color:#c62828}"
    ".unknown,.unreadable{border-color:#b26a00}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def as_html(found: Comparison) -> str:
    """Return the page; all that is in the lists is on it."""
    return "\n".join(_parts(found))


def _parts(found: Comparison) -> Iterator[str]:
    head = _escaped(sentence(found))
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{head}</title><style>{_STYLE}</style></head><body><main>"
    yield f'<h1 class="status {found.status.value}">{head}</h1><dl>'
    for label, side in (("A", found.before), ("B", found.after)):
        yield f"<dt>{label}: {_escaped(side.path)}</dt><dd>{_escaped(side_said(side))}</dd>"
    yield "</dl>"
    for title, lines in sections(found):
        yield f"<h2>{_escaped(title)}</h2><ul>"
        yield from (f"<li>{_escaped(line)}</li>" for line in lines)
        yield "</ul>"
    yield "</main></body></html>"


def _escaped(text: object) -> str:
    return html.escape(shown(text, _LONG))
