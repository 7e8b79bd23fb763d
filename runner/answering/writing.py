"""What was judged here -> rows of a pack: no path, no traceback, no code."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from caniload.runner.answering.features import Features
from caniload.runner.answering.references import row_of
from caniload.runner.core import texts
from caniload.runner.core.cells import Artifact
from caniload.runner.core.judged import Failure, Message
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.version import version
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_path, lock_sha256, locked_versions
from caniload.runner.evidence import keys
from caniload.runner.evidence.known import Evidence, Saved
from caniload.runner.evidence.packed import MEASURED
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs.columns import Row
from caniload.runner.packs.pack import Contents
from caniload.runner.packs.shelf import environment_row, python_of

_DISTANCES = ("max_abs", "max_rel", "max_ulp")
_DERIVED = ("rule", "from")
_SAID = ("what", "text", "size", "unit")


class Judged(Protocol):
    """What a judged cell and an answer about somebody's file have in common."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def reason(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def cause(self) -> str | None: ...
    @property
    def error(self) -> Failure | None: ...
    @property
    def messages(self) -> Collection[Message]: ...
    @property
    def differences(self) -> Collection[Mapping[str, Any]]: ...
    @property
    def max_abs_diff(self) -> float | None: ...
    @property
    def max_rel_diff(self) -> float | None: ...
    @property
    def max_ulp_diff(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Writing:
    """Puts into ``contents`` what was measured in a home; ``day`` is that of the last of it."""

    contents: Contents
    environments: Mapping[str, Environment]
    resolution: Resolution
    home: Home
    locks: Path
    day: str
    _keys: dict[str, str] = field(default_factory=dict)

    def file(
        self, saved: Saved, found: Features, evidence: Evidence, cells: Mapping[str, Row]
    ) -> None:
        """Take in a reference file; ``cells`` are by the environment's id."""
        artifact: Artifact = saved.artifact
        row = {
            **row_of(found),
            "saver": self.environment(artifact.saved_by),
            "model": artifact.model,
            "sha256": saved.file.sha256,
            "expected": saved.expected.sha256,
            "family": evidence.family(artifact.model).sha256,
            "form": read_form(artifact.format).sha256,
        }
        self.put(artifact.format, row, cells)

    def put(self, format_id: str, row: Row, cells: Mapping[str, Row]) -> None:
        by_key = {self.environment(name): verdict for name, verdict in cells.items()}
        self.contents.put(format_id, row, by_key)

    def environment(self, name: str) -> str:
        """Return the key of an environment as it is on this machine."""
        if name not in self._keys:
            row = self._environment(name)
            self._keys[name] = self.contents.environment(row)
        return self._keys[name]

    def _environment(self, name: str) -> Row:
        one = self.environments[name]
        lock = lock_sha256(one, self.locks)
        text = lock_path(one, self.locks).read_text(encoding="utf-8")
        self.contents.locks[lock] = locked_versions(text)
        found = self.resolution.usable.get(name)
        python = found.interpreter.version if found else python_of(one, self.home)
        return environment_row(one, python, lock)

    @cached_property
    def source(self) -> str:
        return self.contents.source(source(self.day))

    def verdict(self, judged: Judged, predicting: Judged | None, **more: Any) -> Row:
        """Return what verdicts rest on; ``predicting`` where it is another one."""
        return {
            "source": self.source,
            **self._ended(judged),
            "predicting": predicting and _said(self._ended(predicting)),
            **{name: _number(getattr(judged, f"{name}_diff")) for name in _DISTANCES},
            "differences": [self._difference(one) for one in judged.differences] or None,
            "rules": sorted({one.rule for one in judged.messages if one.rule}) or None,
            **more,
        }

    def _ended(self, judged: Judged) -> Row:
        error = judged.error
        return {
            "outcome": str(judged.outcome),
            "reason": self._told(judged.reason),
            "signature": judged.signature or None,
            "cause": judged.cause,
            "phase": error.phase if error else None,
            "raised": texts.raised(error.type, error.message) if error else None,
        }

    def _difference(self, one: Mapping[str, Any]) -> Row:
        said = {name: one[name] for name in _SAID if one.get(name) is not None}
        told = {"text": self._told(str(one["text"]))} if "text" in said else {}
        size = {"size": _number(one["size"])} if "size" in said else {}
        return {**said, **told, **size}

    def _told(self, text: str) -> str:
        """Return a sentence without paths, of the home or others, and without configurations."""
        for folder in (self.home.root, Path.home()):
            text = text.replace(f"{folder}/", "/path/")
        return texts.plain(texts.without_configuration(text))


def source(day: str) -> Row:
    """Return who measures here: which caniload, and what its facts mean."""
    measurement = {kind: keys.schema(kind) for kind in MEASURED}
    return {"caniload": version(), "when": day, "measurement": measurement}


def derived_of(record: Mapping[str, Any] | None) -> Row | None:
    """Return by which rule, and of which cell, a result was taken that was not run itself."""
    told = (record or {}).get("derived")
    return {name: str(told.get(name, "")) for name in _DERIVED} if told else None


def _said(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _number(value: float | None) -> float | str | None:
    """Return a number as JSON has it: what is not finite, as text."""
    return value if value is None or math.isfinite(value) else str(value)
