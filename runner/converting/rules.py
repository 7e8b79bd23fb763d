"""``rules.yaml``, read and checked: what configurations say elsewhere, as data."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field

Keeps = Literal["outputs", "inference", "initial"]
Kind = Literal["layer", "initializer", "function"]
_NUMBER = re.compile(r"\d+(\.\d+)*")


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Node):
    """One known cause, and what is done about it; the head of rules.yaml says what fields mean."""

    id: str
    kind: Kind = "layer"
    written_by: str = Field(default="", alias="from")
    wanted_by: str = Field(default="", alias="to")
    classes: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    when: tuple[Any, ...] | None = None
    rename: Mapping[str, str] = {}
    become: str | None = None
    set: Mapping[str, Any] = {}
    names: Mapping[str, str] = {}
    apply: str | None = None
    keeps: Keeps
    loses: str | None = None
    why: str
    source: str

    def holds(self, written: Version, wanted: Version) -> bool:
        """Say whether the rule is about these two versions of Keras."""
        return SpecifierSet(self.written_by).contains(written, prereleases=True) and SpecifierSet(
            self.wanted_by
        ).contains(wanted, prereleases=True)

    def concerns(self, class_name: str) -> bool:
        return class_name in self.classes or "*" in self.classes


class Operation(_Node):
    """A function of TensorFlow and the one of Keras 3 that computes the same.

    ``takes`` are TensorFlow's arguments in their order, by what Keras calls them, ``none`` where it
    has no such; then only the value in ``usual`` (else false or 0) is taken, any other refused.
    ``ignores`` are arguments that change no number whatever they are.
    """

    to: str
    takes: Mapping[str, str] = {}
    ignores: tuple[str, ...] = ("name",)
    usual: Mapping[str, Any] = {}
    fixed: Mapping[str, Any] = {}
    raw: tuple[str, ...] = ()
    """Names of the operation in a graph, for files of TensorFlow 2.3 and before."""


class Silent(_Node):
    """A layer whose numbers changed between two versions without a word in the file.

    Files that were written by ``written_by`` (a version of TensorFlow) are read by an environment
    whose TensorFlow is in ``read_by``; ``having`` are settings that the layer must have, by name.
    """

    id: str
    classes: tuple[str, ...]
    having: Mapping[str, str] = {}
    written_by: str
    read_by: str
    why: str
    source: str


class Rules(_Node):
    schema_version: Literal[1] = Field(alias="schema")
    rules: tuple[Rule, ...]
    operations: Mapping[str, Operation] = {}
    silent: tuple[Silent, ...] = ()

    def of(self, kind: Kind, written: Version, wanted: Version) -> list[Rule]:
        return [one for one in self.rules if one.kind == kind and one.holds(written, wanted)]


@functools.cache
def read_rules() -> Rules:
    text = Path(__file__).with_name("rules.yaml").read_text("utf-8")
    return Rules.model_validate(yaml.safe_load(text))


def keras_version(text: str | None) -> Version | None:
    """Return the version out of what files say, such as ``2.2.4-tf``; None if it says nothing."""
    found = _NUMBER.match(text or "")
    try:
        return Version(found[0]) if found else None
    except InvalidVersion:
        return None
