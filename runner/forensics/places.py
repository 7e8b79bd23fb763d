"""Texts of a file that name a place for its loader to read; pure.

By the name of the setting, and not by the class that has it: a class of somebody's own reads a
vocabulary as Keras's does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from caniload.runner.forensics.facts import Finding, danger, notice

_FAR = re.compile(r"/|~|[A-Za-z]:|\\|[a-z0-9]+://|(.*[/\\])?\.\.([/\\]|$)", re.DOTALL)
"""A place outside of the folder that the file lies in."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S", re.IGNORECASE)

_READ = {
    "vocabulary": "its vocabulary",
    "vocabulary_file": "its vocabulary",
    "vocab_file": "its vocabulary",
    "merges": "its merges",
    "ckpt_to_load_from": "its weights",
}
"""Settings that are values, or the path of a file that has them."""

_MODEL, _HANDLE = "filepath", "handle"
"""Settings that name another model, which is loaded: Keras's, and TensorFlow Hub's.

A handle of somebody's own may be anything; Hub's is an address or the path of a folder.
"""
_SHOWN = 200
"""Letters of a path that are told: slashes count for one, so that one of any length is a path."""


def is_far(text: str) -> bool:
    """Say whether a path leads out of the folder that the file lies in."""
    return bool(_FAR.match(text))


def findings(where: Any, config: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield which settings of a layer or another part have its loader read another file."""
    part = f"layer {where}" if where else "a part of it"
    for key, value in config.items():
        if not isinstance(value, str) or not value:
            continue
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        if key in _READ:
            text = (
                f"{part} reads {_READ[key]} from a file outside of this one: {shown};"
                " keep both together"
            )
            yield (danger if is_far(value) else notice)("reads-another-file", text)
        elif key == _MODEL or (key == _HANDLE and re.search(r"[/\\:]", value)):
            text = f"{part} loads a model that lies outside of this file: {shown}"
            yield danger("loads-another-file", f"{text}; keep both together")
        elif _ADDRESS.match(value):
            yield notice("names-an-address", f"{part} has the address {shown} as its {key}")
