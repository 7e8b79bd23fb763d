"""One line of the worker -> the Inspection that it made; the classes in ``facts`` say its form.

Plain code instead of a library that checks types: that takes ten times as long to import as all
else that ``caniload inspect`` needs, and who writes these lines is our own worker.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from caniload.runner.forensics.facts import Inspection


def inspection(line: bytes) -> Inspection:
    """Return what a line of ``worker.as_line`` says."""
    found: Inspection = made(Inspection, json.loads(line))
    return found


def made(kind: Any, value: Any) -> Any:
    """Return a value of JSON as the kind that a field has: its class, or a tuple of its classes."""
    if value is None:
        return None
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is tuple:
        return tuple(made(get_args(kind)[0], one) for one in value)
    if isinstance(kind, type) and is_dataclass(kind):
        kinds = _kinds(kind)
        return kind(**{name: made(kinds[name], one) for name, one in value.items()})
    return kind(value) if isinstance(kind, type) and issubclass(kind, StrEnum) else value


@functools.cache
def _kinds(of: type) -> Mapping[str, Any]:
    return get_type_hints(of)
