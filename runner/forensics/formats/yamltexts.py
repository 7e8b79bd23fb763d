"""YAML texts from strangers -> plain values; apart from JSON, for few files need PyYAML."""

from __future__ import annotations

import json
from typing import Any

import yaml

from caniload.runner.forensics.facts import UnreadableError
from caniload.runner.forensics.formats.documents import TaggedError, check_size

YAML_BYTES = 2**20
"""Longest YAML text: reading it takes a hundred times as long as JSON."""

_PYTHON_TUPLE = "tag:yaml.org,2002:python/tuple"


def read_yaml(text: bytes | str) -> Any:
    """Return what a YAML text says, tuples as lists; any other Python tag is refused."""
    if len(text) > YAML_BYTES:
        raise UnreadableError("holds a YAML text that is longer than is read")
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with one type more
    except RecursionError as error:
        raise UnreadableError("holds YAML nested deeper than is read") from error
    except (yaml.YAMLError, ValueError, TypeError, KeyError) as error:
        if "tag:yaml.org,2002:python/" in str(error):
            raise TaggedError("asks its reader for a Python object by a YAML tag") from error
        raise UnreadableError("not YAML that describes a model") from error
    check_size(data)
    return json.loads(json.dumps(data, default=str))  # dates and keys that are numbers, as text


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The one written in C, where there is one: ten times as fast."""


_Loader.add_constructor(_PYTHON_TUPLE, yaml.SafeLoader.construct_yaml_seq)
