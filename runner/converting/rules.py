"""``rules.yaml``, read and checked: what configurations say elsewhere, as data."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from caniload.runner.converting.transforms import TRANSFORMS
from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.places import (
    as_json,
    read_yaml,
    repeated_ids,
    say_problems,
    sentence,
    written,
)
from caniload.runner.matrix.where import Node as _Node
from caniload.runner.matrix.where import Specifier, specifier

FILE = Path(__file__).with_name("rules.yaml")
Keeps = Literal["outputs", "inference", "initial"]
Kind = Literal["layer", "initializer", "regularizer", "constraint", "function"]
ACTIONS = ("drop", "rename", "become", "set", "names", "differs", "apply")
_NUMBER = re.compile(r"\d+(\.\d+)*")


def _transform(name: str) -> str:
    if name not in TRANSFORMS:
        raise PydanticCustomError("transform", "should be a function of transforms.py")
    return name


def _writer(text: str) -> str:
    """Check who wrote a file: a backend of multi-backend Keras, or versions of TensorFlow."""
    known = frameworks().computing.get(text)
    return text if known is not None and known.multi_backend else specifier(text)


class Rule(_Node):
    """One known cause, and what is done about it; the head of rules.yaml says what fields mean."""

    id: str
    kind: Kind = "layer"
    written_by: Specifier = Field(default="", alias="from")
    wanted_by: Specifier = Field(default="", alias="to")
    classes: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    when: tuple[Any, ...] | None = None
    rename: Mapping[str, str] = {}
    become: str | None = None
    set: Mapping[str, Any] = {}
    names: Mapping[str, str] = {}
    lacking: str | None = None
    differs: tuple[str, ...] = ()
    apply: Annotated[str, AfterValidator(_transform)] | None = None
    keeps: Keeps
    loses: str | None = None
    why: str
    source: str

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if not any(getattr(self, name) for name in ACTIONS):
            raise PydanticCustomError(
                "no_action", f"does nothing: give one of {', '.join(ACTIONS)}"
            )
        if self.when is not None and not self.drop:
            raise PydanticCustomError("no_action", "`when` is of `drop`, which is not here")
        return self

    def holds(self, written: Version, wanted: Version) -> bool:
        """Say whether the rule is about these two versions of Keras."""
        return SpecifierSet(self.written_by).contains(written, prereleases=True) and SpecifierSet(
            self.wanted_by
        ).contains(wanted, prereleases=True)

    def concerns(self, class_name: str) -> bool:
        return class_name in self.classes or "*" in self.classes


class Missing(_Node):
    """Arguments that an older class does not know, and at which values it does as they say."""

    id: str
    kind: Kind = "layer"
    classes: tuple[str, ...] = ("*",)
    arguments: tuple[str, ...]
    value: Literal["default", "unmasked", "any"] = "default"
    keeps: Keeps
    loses: str | None = None
    why: str
    source: str


class Called(_Node):
    """An argument that older layers are not called with, and the setting that did the same."""

    id: str
    wanted_by: Specifier = Field(alias="to")
    classes: tuple[str, ...]
    argument: str
    sets: Mapping[str, Any] = {}
    keeps: Keeps
    loses: str | None = None
    why: str
    source: str

    def concerns(self, class_name: str, wanted: Version) -> bool:
        allowed = SpecifierSet(self.wanted_by)
        return class_name in self.classes and allowed.contains(wanted, prereleases=True)


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
    written_by: Annotated[str, AfterValidator(_writer)]
    read_by: Specifier
    why: str
    source: str


class Rules(_Node):
    schema_version: Literal[1] = Field(alias="schema")
    rules: tuple[Rule, ...]
    missing: tuple[Missing, ...] = ()
    calls: tuple[Called, ...] = ()
    operations: Mapping[str, Operation] = {}
    silent: tuple[Silent, ...] = ()

    def of(self, kind: str, written: Version, wanted: Version) -> list[Rule]:
        return [one for one in self.rules if one.kind == kind and one.holds(written, wanted)]

    def without(self, kind: str, class_name: str, argument: str) -> Missing | None:
        """Return what is known of a class that does not know an argument."""
        for one in self.missing:
            concerned = class_name in one.classes or "*" in one.classes
            if one.kind == kind and concerned and {argument, "*"} & set(one.arguments):
                return one
        return None


@functools.cache
def read_rules() -> Rules:
    """Return the rules that ship with caniload."""
    return parse_rules(FILE.read_text("utf-8"))


def parse_rules(text: str) -> Rules:
    """Check the text of a rules.yaml; ``MatrixError`` names every problem, one line each."""
    problems, data = read_yaml(text, FILE.name)
    problems += repeated_ids(data, ("rules", "missing", "calls", "silent"))
    rules: Rules | None = None
    try:
        rules = Rules.model_validate_json(as_json(data))
    except ValidationError as error:
        problems += [
            (written(detail["loc"]), sentence(detail, "runner/converting/rules.py"))
            for detail in error.errors(include_url=False)
        ]
    if problems or rules is None:
        raise MatrixError(say_problems(text, problems, name=FILE.name))
    return rules


def keras_version(text: str | None) -> Version | None:
    """Return the version out of what files say, such as ``2.2.4-tf``; None if it says nothing."""
    found = _NUMBER.match(text or "")
    try:
        return Version(found[0]) if found else None
    except InvalidVersion:
        return None
