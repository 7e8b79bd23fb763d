"""What is known of dialects: ``words.yaml`` by hand, ``defaults.json`` by ``tests/defaults.py``."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEFAULTS = Path(__file__).with_name("defaults.json")


@functools.cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """Return what versions call the same; the head of each part says what it is."""
    text = Path(__file__).with_name("words.yaml").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return loaded


@functools.cache
def defaults() -> Mapping[str, Mapping[str, list[Any]]]:
    """Return what arguments are where they are not given, by folded class; any version's."""
    loaded: Mapping[str, Mapping[str, list[Any]]] = json.loads(DEFAULTS.read_text("utf-8"))
    return loaded
