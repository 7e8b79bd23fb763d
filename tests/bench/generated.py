"""A judged matrix of any size, made of nothing but numbers that were measured.

The sizes are those of the results of the profile ``quick`` on 2026-11-28: 4,716 cells of six
environments, 19 models and 10 formats, with 1,515 distinct verdicts.

- Outcomes: 48 % error, 25 % not applicable, 14 % identical, 7 % warning, 3 % within tolerance, 3 %
  differs, under 0.1 % crash.
- Distinct verdicts: errors 1,055 of 2,260 cells, not applicable 143 of 1,178, the others 315 of
  1,278. With a sixth of the savers there are a fourth as many, with a sixth of the readers a fifth,
  with a fourth of the models a third: near every reader and model has texts of its own, and savers
  of one era share theirs.
- Of ten errors with verdicts of their own, six have messages of their own, and nine tracebacks.
- Lengths (quantiles 0, 10, 25, 50, 75, 90, 100 %) are in ``LENGTHS``; 22 % of the errors' cells
  tell where their file lies; 126 signatures of errors; 74 % of cells heard nothing, the others 1 to
  40 messages out of 274.

- Which cells end otherwise for whoever only predicts is by the 7,686 cells of sixteen environments
  that the profile ``default`` had measured by the evening of that day: 87 % of those that differ
  and 13 % of those within tolerance. Of errors it is 0.3 %, which is left out.

Whether the savers' and readers' eras of a whole matrix are as many as here is not known: this
makes ten, and 3 % of cells that are as their neighbours are not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from caniload.runner.core.judged import (
    Failure,
    JudgedEnvironment,
    JudgedFormat,
    JudgedMatrix,
    JudgedModel,
    Message,
    NoiseFloor,
    Verdict,
)
from caniload.runner.core.judgedrows import Shared
from caniload.runner.core.judgedtable import (
    MARK,
    NONE,
    Columns,
    Derived,
    File,
    JudgedTable,
    Names,
    Process,
    Verdicts,
    nothing,
)
from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.catalogue import read_catalogue

WHOLE = 5_615_739  # cells of --profile all: 67 environments, 215 models in 5.8 formats each
ENVIRONMENTS, FILES_OF_EACH, FORMATS, ERAS = 67, 1_251, 10, 10
HOME = "/var/generated/home"

SHARES = {
    Outcome.NA: 0.25, Outcome.IDENTICAL: 0.141, Outcome.TOLERANCE: 0.031, Outcome.WARNING: 0.07,
    Outcome.ERROR: 0.479, Outcome.CRASH: 0.001, Outcome.DIFFERS: 0.028,
}  # fmt: skip
LENGTHS = {
    "reason": (45, 85, 141, 285, 1207, 3202, 8085),
    "message": (20, 70, 211, 575, 2703, 4724, 11867),
    "traceback": (442, 1133, 1499, 2401, 3430, 5014, 6766),
    "refusal": (309, 776, 785, 833, 967, 999, 2606),
    "heard": (20, 60, 90, 121, 200, 400, 1377),
    "messages": (1, 1, 1, 4, 9, 19, 40),
}
QUANTILES = (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)
SIGNATURES, MESSAGES = 126, 274
MESSAGES_OF_8 = 5
NOISE, MARKED, DERIVED = 0.03, 0.22, 0.5
PARTED = {Outcome.DIFFERS: 0.87, Outcome.TOLERANCE: 0.13}

OF_TRAINING = ("optimizer", "training")

ENTRIES = [rule.entry for rule in read_catalogue()]
CAUSES = [entry.id for entry in ENTRIES if "exception" in entry.channels]
HEARD = [entry.id for entry in ENTRIES if "logging" in entry.channels]
"""Entries of the catalogue; nineteen of twenty texts have one."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many there are of what; the last file of a model may lack formats."""

    environments: int
    files: int

    @property
    def models(self) -> int:
        return -(-self.files // 6)


def shape(cells: int) -> Shape:
    """Return what a matrix of about that many cells looks like."""
    environments = max(6, min(ENVIRONMENTS, round(ENVIRONMENTS * (cells / WHOLE) ** 0.25)))
    return Shape(environments=environments, files=max(10, cells // environments**2))


def generated(cells: int, seed: int = 0) -> JudgedMatrix:
    """Make the matrix; the same arguments give the same one."""
    size, chance = shape(cells), np.random.default_rng(seed)
    environments = [f"tf-{2 + place // 40}.{place % 40}" for place in range(size.environments)]
    return JudgedMatrix(
        environments=tuple(map(_environment, environments)),
        models=tuple(_model(place) for place in range(size.models)),
        formats=tuple(_format(place) for place in range(FORMATS)),
        cells=_cells(size, environments, chance),
        noise=NoiseFloor(cells=1, bit_identical=1, worst_absolute=0.0, worst_relative=0.0),
        tolerances={"absolute": 1e-5},
        sampling="Nothing here was run.",
        built_at="2026-11-28T00:00:00+00:00",
        version="0",
        commit="",
        machine="none",
        catalogue=tuple(ENTRIES),
    )


def _environment(name: str) -> JudgedEnvironment:
    return JudgedEnvironment(
        id=name,
        label=f"TF {name.removeprefix('tf-')}",
        stack="tf.keras" if name < "tf-2.30" else "keras 3",
        python="3.11",
        asked={"tensorflow-cpu": name.removeprefix("tf-"), "keras": name.removeprefix("tf-")},
        variables={},
        lock_sha256="0" * 64,
        lock_text="package==1 --hash=sha256:0\n" * 60,
        versions={"tensorflow": name.removeprefix("tf-"), "keras": name.removeprefix("tf-")},
    )


def _model(place: int) -> JudgedModel:
    provokes = (("layer-configuration",), ("custom-layer",), ("weight-shape",), (), ())[place % 5]
    return JudgedModel(
        id=f"model_{place}",
        family=f"family_{place // 8}",
        why="generated",
        source="def model(keras):\n    return keras.Sequential()\n" * 5,
        control=place == 0,
        provokes=provokes,
    )


def _format(place: int) -> JudgedFormat:
    name = ("h5", "keras", "savedmodel", "weights-h5", "checkpoint", "json")[place % 6]
    name += "" if place < 6 else f"-{place}"
    return JudgedFormat(id=name, label=name, carries=("weights",), load_code="", save_code="")


def _cells(size: Shape, environments: list[str], chance: np.random.Generator) -> JudgedTable:
    saver, file, reader = (
        axis.ravel()
        for axis in np.indices((size.environments, size.files, size.environments), dtype=np.int32)
    )
    era = np.arange(size.environments) * ERAS // size.environments
    outcome = _outcomes(size, era, chance)[saver, file, reader]
    told = _told(outcome, saver, file, reader, era)
    keys, first, verdict = np.unique(told, return_index=True, return_inverse=True)
    lengths = [len(_artifact(environments[saver[row]], file[row])) for row in first]
    shared = Shared()
    verdicts = Verdicts(
        shared(
            _verdict(
                Outcome(list(Outcome)[outcome[row]]), int(key), environments[reader[row]], length
            )
        )
        for key, row, length in zip(keys, first, lengths, strict=True)
    )
    derived, derivations = _derivations(outcome, (saver, file, reader), era, environments)
    ran = ~np.isin(outcome, [0])
    count, formats = len(outcome), [_format(place).id for place in range(FORMATS)]
    return JudgedTable(
        names=Names(
            savers=tuple(environments),
            models=tuple(f"model_{place}" for place in range(size.models)),
            formats=tuple(formats),
            readers=tuple(environments),
            damages=(),
            files=(File(), *(_file(name, n) for name in environments for n in range(size.files))),
            processes=tuple(
                Process(f"{HOME}/environments/{name}/bin/python", (("CUDA", "-1"),))
                for name in environments
            ),
            repeats=("",),
            derivations=derivations,
        ),
        columns=Columns(
            saver=saver.astype(np.int16),
            model=(file // 6).astype(np.int16),
            format=((file % 6 + file // 6) % FORMATS).astype(np.int16),
            reader=reader.astype(np.int16),
            damage=np.full(count, NONE, dtype=np.int8),
            file=np.where(ran, saver * size.files + file + 1, 0).astype(np.int32),
            process=reader,
            verdict=verdict.astype(np.int32),
            repeat=np.zeros(count, dtype=np.int32),
            derived=derived,
            solo=np.where(ran, outcome > 2, NONE).astype(np.int8),
            control=np.zeros(count, dtype=bool),
            evidence=saver % 29 != 28,
            repeatable=chance.random(count) > 0.0005,
            seconds=np.where(ran, np.round(chance.exponential(0.2, count), 4), np.nan),
            shipped=nothing(count),
        ),
        verdicts=verdicts,
    )


def _outcomes(size: Shape, era: Ints, chance: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return of [saver, file, reader] an outcome: one for each era of both, and some noise."""
    codes = [list(Outcome).index(one) for one in SHARES]
    shares = np.array(list(SHARES.values()))
    alike = chance.choice(codes, (ERAS, size.files, ERAS), p=shares / shares.sum())
    unsaved = chance.random((ERAS, size.files)) < SHARES[Outcome.NA]
    alike[alike == 0] = codes[4]
    alike[unsaved] = 0
    found = alike[era][:, :, era].astype(np.uint8)
    other = chance.random(found.shape) < NOISE
    found[other & (found != 0)] = codes[1]
    return found


def _told(outcome: Any, saver: Any, file: Any, reader: Any, era: Ints) -> Ints:
    """Return a number of what is told of each cell; as many are different as in real results."""
    saver, file, reader = (axis.astype(np.int64) for axis in (saver, file, reader))
    third = era[saver] // 3
    by_all = ((reader * 2_000 + file) * 4 + third) * 16 + outcome
    by_reader = (reader * 40 + file % 40) * 16 + outcome
    unsaved = (saver * 200 + file % 200) * 16
    told = np.where(outcome == list(Outcome).index(Outcome.ERROR), by_all, by_reader)
    told = np.where(outcome == list(Outcome).index(Outcome.DIFFERS), by_all, told)
    found: Ints = np.where(outcome == 0, unsaved, told)
    return found


def _verdict(outcome: Outcome, key: int, reader: str, length: int) -> Verdict:
    chance = np.random.default_rng(key)
    if outcome in (Outcome.NA, Outcome.ERROR):
        return _raised(outcome, key, reader, length, chance)
    heard = _heard(chance) if outcome is Outcome.WARNING or chance.random() < NOISE * 9 else ()
    size = 0.0 if outcome is Outcome.IDENTICAL else float(chance.exponential(1e-6))
    parted = chance.random() < PARTED.get(outcome, 0)
    differences: tuple[dict[str, Any], ...] = ()
    signature = ""
    if outcome is Outcome.DIFFERS:
        what = ("outputs", "weights", "optimizer", "training")[key % 4]
        what = what if what in OF_TRAINING or not parted else OF_TRAINING[key % 2]
        size = float(chance.exponential(0.1))
        signature = f"differs: {what}"
        differences = ({"what": what, "text": f"by {size:.3g} {key}", "size": size, "unit": ""},)
    if outcome in (Outcome.WARNING, Outcome.CRASH):
        signature = f"{outcome}: kind {key % 4}"
    only = Verdict(outcome=Outcome.IDENTICAL, reason="bit for bit the same model", messages=heard)
    return Verdict(
        outcome=outcome,
        predicting=only if parted else None,
        reason=f"{outcome}: differ by at most {size:.1e}",
        signature=signature,
        messages=heard,
        differences=differences,
        max_abs_diff=size,
        max_rel_diff=size * 3,
        max_ulp_diff=size * 1e7,
    )


def _raised(
    outcome: Outcome, key: int, reader: str, length: int, chance: np.random.Generator
) -> Verdict:
    number = key % SIGNATURES
    alike = key if key // 16 % 8 < MESSAGES_OF_8 else key - key // 16 % 8 * 16
    words = np.random.default_rng(alike)
    path = f"{HOME}/artifacts/{MARK * length}/model.h5"
    where = f" filepath={path}" if words.random() < MARKED and outcome is Outcome.ERROR else ""
    size = _length("message" if outcome is Outcome.ERROR else "refusal", words) // (
        1 if outcome is Outcome.ERROR else 4
    )
    message = f"kind {alike % SIGNATURES} of layer '{alike}'{where} " + _filler(alike, size)
    kind = ("TypeError", "ValueError", "AttributeError")[alike % 3]
    place = f'  File "{HOME}/environments/{reader}/lib/python3.11/site-packages/keras/layers.py"'
    steps = f"{place}, line {number}, in from_config\n    return cls(**config)\n"
    frames = max(1, (_length("traceback", chance) - min(size, 900)) // len(steps))
    traceback = f"Traceback\n{steps * frames}{kind}: {message[:2_000]}"
    return Verdict(
        outcome=outcome,
        reason=f"does not load: {kind}: {message[: _length('reason', words)]}",
        signature=f"load: {kind}: kind {'abcdefghijk'[number // 12]} of layer '…' {number % 12}",
        cause=CAUSES[number % len(CAUSES)] if number % 20 else None,
        error=Failure(type=kind, message=message, phase="load", traceback=traceback),
        messages=_heard(chance) if chance.random() < NOISE * 4 else (),
    )


def _heard(chance: np.random.Generator) -> tuple[Message, ...]:
    count = _length("messages", chance)
    return tuple(_message(int(one)) for one in chance.integers(0, MESSAGES, count))


def _message(number: int) -> Message:
    text = f"Warning {number}: " + _filler(number, _length("heard", np.random.default_rng(number)))
    return Message(
        channel="logging", category="absl", level="WARNING", text=text, phase="load",
        severity="info", rule=HEARD[number % len(HEARD)] if number % 20 else None,
    )  # fmt: skip


def _length(what: str, chance: np.random.Generator) -> int:
    return int(np.interp(chance.random(), QUANTILES, LENGTHS[what]))


def _filler(key: int, size: int) -> str:
    """Return words as in the configuration of a layer."""
    part = f"{{'units': {key % 97}, 'activation': 'relu', 'dtype': 'float32', 'name': 'l{key}'}} "
    return (part * (size // len(part) + 1))[:size]


def _artifact(saver: str, file: int) -> str:
    digest = hashlib.sha256(f"{saver} {file}".encode()).hexdigest()
    return f"{saver}/model_{file // 6}/h5-{digest[:12]}"


def _file(saver: str, file: int) -> File:
    stands = _artifact(saver, file)
    digest = hashlib.sha256(stands.encode()).hexdigest()
    return File(f"{HOME}/artifacts/{stands}/model.h5", digest, 20_000 + file, stands)


def _derivations(
    outcome: Any, axes: tuple[Any, Any, Any], era: Ints, environments: list[str]
) -> tuple[npt.NDArray[np.int32], tuple[Derived, ...]]:
    """Let half of the cells be told by what the first saver of their era gave."""
    saver, file, reader = axes
    first = np.searchsorted(era, era)[saver]
    twin = (first != saver) & (outcome != 0) & (file % 2 < DERIVED * 2)
    twin &= file % 100 < DERIVED * 160
    size, readers = int(file.max()) + 1, len(environments)
    source = (first.astype(np.int64) * size + file) * readers + reader
    sources, code = np.unique(source[twin], return_inverse=True)
    derived = np.full(len(outcome), NONE, dtype=np.int32)
    derived[twin] = code
    names = [_format(place).id for place in range(FORMATS)]
    return derived, tuple(
        Derived("same-content", _id(int(one), size, environments, names)) for one in sources
    )


def _id(source: int, size: int, environments: list[str], formats: list[str]) -> str:
    rest, reader = divmod(source, len(environments))
    saver, file = divmod(rest, size)
    kind = formats[(file % 6 + file // 6) % FORMATS]
    return f"{environments[saver]}/model_{file // 6}.{kind}/{environments[reader]}"
