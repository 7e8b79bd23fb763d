"""The judged matrix: all that ``reports`` may know, and the only thing it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caniload.runner.core.attacked import AttackTable
from caniload.runner.core.cells import Cell
from caniload.runner.core.outcomes import Outcome, Purpose

SEVERITIES = ("noise", "info", "attention", "danger")
EXCEPTION = "exception"
"""The channel of what is raised."""
CHANNELS = ("warnings", "logging", "stdout", "stderr", "native", EXCEPTION)
CATEGORIES = (
    *("backend-mismatch", "layer-config-change", "custom-object-missing", "weight-shape-mismatch"),
    *("version-mismatch", "optimizer-state-lost", "compile-state-lost", "metrics-unbuilt"),
    *("weights-partially-loaded", "legacy-format", "deprecated-argument", "unsafe-code"),
    *("companion-package", "file-damaged", "training", "runtime-noise", "backend-limit"),
)


DERIVED: Mapping[str, str] = {
    "same-content": "whose file has the same content",
    "refused-by-name": "which was refused by the file's name alone, unopened",
}
"""Why a cell may be told by what another one gave, and what is to be said of that other one."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a message or an exception: an entry of ``runner/judging/catalogue.yaml``.

    ``means`` says it in plain words, ``cause`` why it comes, as far as ``sources`` (addresses, or
    places in the code of a release) show; ``advice`` what to do, and ``remedy`` names that in one
    word. ``example`` is a text as it was recorded, empty where none has been.
    """

    id: str
    channels: tuple[str, ...]
    means: str
    category: str
    severity: str
    advice: str
    remedy: str = ""
    cause: str = ""
    sources: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One warning that was heard, on one of the four channels.

    ``channel`` is ``warnings``, ``logging``, ``stdout``, ``stderr`` or ``native`` (the C++
    runtime); ``category`` the warning class or the logger's name; ``level`` as in ``logging``
    (``WARNING``...); ``phase`` one of import, build, save, load, predict, train. ``rule`` is the id
    of the entry of ``runner/judging/catalogue.yaml`` that it matched, ``severity`` that entry's, or
    ``unknown``. ``matters``: a person has to act on it, so it makes a cell ``warning``.
    """

    channel: str
    category: str
    level: str
    text: str
    phase: str
    shown_by_default: bool = True
    rule: str | None = None
    severity: str = "unknown"
    matters: bool = False


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The exception that ended a cell, or left it without a file, with its whole message."""

    type: str
    message: str
    phase: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An outcome with all that explains it; many cells share one.

    ``reason`` is one plain sentence. ``cause`` is the id of the entry of the catalogue that names
    what was raised, or what has to be acted on, if one does. ``signature`` groups cells that failed
    alike: the error or warning text with names, paths and numbers taken out. ``max_abs_diff``,
    ``max_rel_diff`` and ``max_ulp_diff`` are the worst over all outputs (``None``: never compared;
    ``inf``/``nan`` are possible). ``differences`` lists what differs, each ``{"what": "outputs" |
    "weights" | "settings" | "optimizer" | "training" | "trainable" | "structure" | "signatures",
    "text": ..., "size": float | None, "unit": what the size is in}``.

    It is the verdict for whoever goes on training; ``predicting`` is that for whoever only
    predicts, where it is another one.
    """

    outcome: Outcome
    reason: str
    signature: str = ""
    cause: str | None = None
    error: Failure | None = None
    messages: tuple[Message, ...] = ()
    differences: tuple[Mapping[str, Any], ...] = ()
    max_abs_diff: float | None = None
    max_rel_diff: float | None = None
    max_ulp_diff: float | None = None
    predicting: Verdict | None = None

    def to(self, purpose: Purpose) -> Verdict:
        """Return the verdict for a purpose."""
        return self.predicting or self if purpose is Purpose.PREDICT else self


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """What the evidence that comes with caniload says of a cell that has no result here.

    ``source`` says who measured it, until when and on what. It is no result of this machine: the
    cell's own verdict stays ``untested``, and whatever counts results counts it as that.
    """

    verdict: Verdict
    source: str


@dataclass(frozen=True, kw_only=True)
class Underway:
    """A run that was going on when the matrix was judged: since when, ISO 8601 UTC."""

    since: str


@dataclass(frozen=True, kw_only=True)
class JudgedCell(Verdict):
    """One planned cell with its verdict.

    ``solo``: the recorded run had a process to itself. ``evidence`` is ``False`` where a control of
    the loading or saving environment failed, so that the cell proves nothing. ``repeatable`` is
    ``False`` where the batched and the solo run disagreed. ``repeat`` is the command that runs the
    cell again, empty where ``caniload reproduce`` with its id does. ``derived`` is ``None`` where
    the cell itself was run, else ``{"rule": one of ``DERIVED``, "from": id of the cell that was}``.
    ``shipped`` is what is known of it from elsewhere, where it is ``untested`` here.
    """

    cell: Cell
    artifact: str | None = None
    artifact_sha256: str | None = None
    artifact_bytes: int | None = None
    python: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    solo: bool | None = None
    evidence: bool = True
    repeatable: bool = True
    seconds: float | None = None
    control: bool = False
    repeat: str = ""
    derived: Mapping[str, str] | None = None
    shipped: Shipped | None = None


@dataclass(frozen=True, kw_only=True)
class JudgedEnvironment:
    """An environment as it was found: what matrix.yaml asked for and what was really inside.

    ``versions`` are those reported by the framework and its companions from inside (keys such as
    ``tensorflow``, ``keras``, ``numpy``, ``h5py``, ``protobuf``, ``python``, ``backend``);
    ``packages`` every installed distribution. ``untested`` holds the reason, with what to do,
    where the environment could not be used, else ``None``. ``twin``: the environment that it
    differs from in one companion alone.
    """

    id: str
    label: str
    stack: str
    python: str
    asked: Mapping[str, str]
    variables: Mapping[str, str]
    lock_sha256: str
    lock_text: str
    versions: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    built_at: str = ""
    untested: str | None = None
    twin: str | None = None


@dataclass(frozen=True, kw_only=True)
class JudgedModel:
    """A reference model: ``why`` is one line, ``source`` the code that builds it.

    ``provokes`` names what loading it elsewhere puts to the test, as matrix.yaml does.
    """

    id: str
    family: str
    why: str
    source: str
    control: bool = False
    provokes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JudgedFormat:
    id: str
    label: str
    carries: tuple[str, ...]
    load_code: str
    save_code: str


@dataclass(frozen=True, kw_only=True)
class JudgedOrigin:
    """What the control's file, as one environment saved it in one format, says of its origin.

    ``says`` is by the names that stand in the file, empty where it says nothing; ``problem`` is why
    it could not be read.
    """

    environment: str
    format: str
    says: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Aside:
    """What an environment said apart from any cell, importing the framework or saving a file."""

    environment: str
    message: Message
    times: int


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Largest share of what was heard and raised that the catalogue may leave without a name."""

    unmatched_messages: float = 1.0
    unmatched_errors: float = 1.0


@dataclass(frozen=True, kw_only=True)
class NoiseFloor:
    """How much a model differs from itself, saved and loaded by one environment."""

    cells: int
    bit_identical: int
    worst_absolute: float
    worst_relative: float


@dataclass(frozen=True, kw_only=True)
class JudgedMatrix:
    """The whole result, in the order of matrix.yaml; ``cells`` follows the plan, none missing.

    ``built_at`` is ISO 8601 UTC; ``tolerances``, ``limits``, ``sampling`` and ``rules`` are
    sentences or numbers to print as they are. ``catalogue`` is all that is known of messages
    and exceptions, ``bounds`` how much may be missing from it. ``whole``: nothing that
    matrix.yaml has was left out, and every environment was there. ``attacks`` is what came of files
    that attack, where it is known. ``unshipped`` are sentences on shipped evidence that is not used
    here, ``underway`` the run that is to bring more.
    """

    environments: tuple[JudgedEnvironment, ...]
    models: tuple[JudgedModel, ...]
    formats: tuple[JudgedFormat, ...]
    cells: Sequence[JudgedCell]
    noise: NoiseFloor
    tolerances: Mapping[str, float]
    sampling: str
    built_at: str
    version: str
    commit: str
    machine: str
    catalogue: tuple[Entry, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)
    rules: tuple[str, ...] = ()
    asides: tuple[Aside, ...] = ()
    origins: tuple[JudgedOrigin, ...] = ()
    whole: bool = False
    attacks: AttackTable | None = None
    unshipped: tuple[str, ...] = ()
    underway: Underway | None = None
