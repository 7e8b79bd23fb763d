"""``frameworks.yaml``, read and checked once: what is known of frameworks and their packages.

Its head says what each field is.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from packaging.version import InvalidVersion, Version

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix import stacks

FILE = Path(__file__).with_name("frameworks.yaml")
_Lack = Literal["virtualenv", "uv", "compiling", "wheels"]
_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A kind of environment."""

    name: stacks.Stack
    ordered_by: str
    imports: stacks.Imported
    bisected: bool = True
    on_tensorflow: bool = False
    keras_format: Version | None = None
    reads_keras_3: bool = False


@dataclass(frozen=True, kw_only=True)
class Framework:
    """A package that an environment may be asked for by."""

    package: str
    first: Version | None = None


@dataclass(frozen=True, kw_only=True)
class Build:
    """Another build of a package."""

    package: str
    of: str
    asked_for_by: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What a Keras computes with."""

    package: str
    title: str
    compiled: str | None = None
    local: str | None = None
    multi_backend: bool = False
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    patience: int = 1


@dataclass(frozen=True, kw_only=True)
class Since:
    """First versions, of Keras or of TensorFlow as their names say."""

    keras_3: Version
    keras_of_tensorflow: Version
    tensorflow_with_keras_3: Version
    tensorflow_keras_numbered: Version
    tensorflow_keras_apart: Version
    tensorflow_threads: Version
    tensorflow_operations_as_layers: Version
    tensorflow_outputs_by_name: Version
    tensorflow_attention_heeds_masks: Version
    tensorflow_eager: Version


@dataclass(frozen=True, kw_only=True)
class Number:
    """What tf.keras called itself, and the TensorFlow that stands for it."""

    keras: Version
    tensorflow: Version


@dataclass(frozen=True, kw_only=True)
class Python:
    """A Python that probes run on."""

    version: str
    since: date
    lacks: tuple[_Lack, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A package that a bisection exchanges alone, and what goes along with it."""

    package: str
    along: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frameworks:
    """The whole of frameworks.yaml; order in the file is order everywhere."""

    schema: Literal[1]
    prefix: str
    stacks: tuple[Stack, ...]
    frameworks: tuple[Framework, ...]
    builds: tuple[Build, ...]
    backends: tuple[Backend, ...]
    since: Since
    numbers: tuple[Number, ...]
    pythons: tuple[Python, ...]
    suspects: tuple[Suspect, ...]
    companions: tuple[str, ...]
    listed: tuple[str, ...]
    compared: tuple[str, ...]

    def called(self, text: str) -> tuple[str, str]:
        """Return the ids that a person may mean: a bare version is one of TensorFlow."""
        return text, f"{self.prefix}{text}"

    def stack(self, name: str) -> Stack:
        """Return the stack of that name; ``KeyError`` if there is none."""
        by_name: dict[str, Stack] = {one.name: one for one in self.stacks}
        return by_name[name]

    @functools.cached_property
    def whole(self) -> Mapping[str, str]:
        """Of each other build the package that it is in all but name."""
        return {one.package: one.of for one in self.builds}

    @functools.cached_property
    def named(self) -> tuple[str, ...]:
        """The packages that an environment may be asked for by, with their builds."""
        return tuple(
            name
            for one in self.frameworks
            for name in (one.package, *(b.package for b in self.builds if b.of == one.package))
        )

    @functools.cached_property
    def computing(self) -> Mapping[str, Backend]:
        """The backends by the name of their package."""
        return {one.package: one for one in self.backends}

    @functools.cached_property
    def exact(self) -> frozenset[str]:
        """Packages of which a person has to say which release is meant."""
        compiled = {one.compiled for one in self.backends if one.compiled}
        return frozenset({*self.named, *self.computing, *compiled})

    @functools.cached_property
    def suspected(self) -> tuple[str, ...]:
        """The names of the packages that a bisection exchanges alone."""
        return tuple(one.package for one in self.suspects)

    @functools.cached_property
    def python_versions(self) -> tuple[str, ...]:
        """The minor versions of the Pythons that probes run on, newest first."""
        return tuple(one.version for one in self.pythons)

    def lacks(self, python: str, what: _Lack) -> bool:
        """Say whether that Python is known to be without it."""
        return any(what in one.lacks for one in self.pythons if one.version == python)


@functools.cache
def frameworks() -> Frameworks:
    """Return what ships with caniload."""
    return read_frameworks(FILE.read_text(encoding="utf-8"))


def plain(package: str) -> str:
    """Return a package's name; another build of TensorFlow is TensorFlow."""
    return frameworks().whole.get(package, package)


def read_frameworks(text: str) -> Frameworks:
    """Read and check the text; ``MatrixError`` says where what is wrong."""
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise MatrixError(f"{FILE.name}: not YAML: {str(error).splitlines()[0]}") from error
    found = _made(Frameworks, data, "")
    _check(found)
    return found


def _check(found: Frameworks) -> None:
    """Refuse what is well-formed but cannot be meant."""
    for place, names in (
        ("stacks", [one.name for one in found.stacks]),
        ("frameworks", [one.package for one in found.frameworks]),
        ("builds", [one.package for one in found.builds]),
        ("backends", [one.package for one in found.backends]),
        ("pythons", [one.version for one in found.pythons]),
        ("suspects", [one.package for one in found.suspects]),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                raise _wrong(f"{place}[{index}]", f"{name!r} is there twice")
    _check_stacks(found.stacks)
    known = {one.package for one in found.frameworks}
    for index, stack in enumerate(found.stacks):
        if stack.ordered_by not in known:
            raise _wrong(f"stacks[{index}].ordered_by", f"no framework {stack.ordered_by!r} below")
    for index, build in enumerate(found.builds):
        if build.of not in known:
            raise _wrong(f"builds[{index}].of", f"there is no framework {build.of!r} above")


def _check_stacks(found: tuple[Stack, ...]) -> None:
    """Refuse to be without one that types know; one that they do not know is none of theirs."""
    for what, known in (("name", stacks.Stack), ("imports", stacks.Imported)):
        for one in typing.get_args(known):
            if one not in {getattr(stack, what) for stack in found}:
                raise _wrong("stacks", f"none has the {what} {one!r}, which stacks.py knows")


def _wrong(place: str, problem: str) -> MatrixError:
    return MatrixError(f"{FILE.name}: {place or '(the whole file)'}: {problem}")


def _made(kind: type[_Made], data: Any, place: str) -> _Made:
    """Return a dataclass of what a mapping has, each value of the type that its field says."""
    if not isinstance(data, dict):
        raise _wrong(place, "is no mapping")
    hints = _hints(typing.cast("Any", kind))
    below = f"{place}." if place else ""
    for name in data:
        if name not in hints:
            raise _wrong(f"{below}{name}", "unknown key; the head of the file has the known ones")
    for one in dataclasses.fields(typing.cast("Any", kind)):
        required = one.default is one.default_factory is dataclasses.MISSING
        if required and one.name not in data:
            raise _wrong(f"{below}{one.name}", "is missing")
    return kind(**{name: _value(hints[name], data[name], f"{below}{name}") for name in data})


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(kind: Any, value: Any, place: str) -> Any:
    """Return the value as its type; a version in quotes is a version."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:  # Version | None: what may be left out
        return _value(inner[0], value, place)
    if origin is Literal:
        if value not in inner:
            raise _wrong(place, f"{value!r} is not one of {', '.join(map(repr, inner))}")
        return value
    if origin is tuple:
        items = _checked(list, value, place)
        return tuple(_value(inner[0], one, f"{place}[{i}]") for i, one in enumerate(items))
    if origin is Mapping:
        items = _checked(dict, value, place)
        return {name: _checked(str, one, f"{place}.{name}") for name, one in items.items()}
    if kind is Version:
        return _version(_checked(str, value, place), place)
    return _checked(kind, value, place) if kind in _WORDS else _made(kind, value, place)


def _version(text: str, place: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise _wrong(place, f"{text!r} is no version") from None


def _checked(kind: type, value: Any, place: str) -> Any:
    if type(value) is kind:
        return value
    hint = "; quote it" if kind is str and isinstance(value, int | float) else ""
    raise _wrong(place, f"{value!r} is no {_WORDS[kind]}{hint}")


_WORDS = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    date: "date",
    list: "list",
    dict: "mapping",
}
