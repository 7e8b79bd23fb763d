"""A judged matrix that never ran: every outcome, mark and oddity, for tests of the report only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import product

import attacked_example

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import (
    Entry,
    Failure,
    JudgedCell,
    JudgedEnvironment,
    JudgedFormat,
    JudgedMatrix,
    JudgedModel,
    JudgedOrigin,
    Message,
    NoiseFloor,
    Shipped,
    Underway,
    Verdict,
)
from caniload.runner.core.outcomes import NOT_RUN, Outcome

MODELS = (
    ("control", "plain"), ("dense", "plain"), ("conv_bn", "convolution"), ("lstm", "recurrent"),
    ("nested", "structure"), ("lambda_layer", "custom"), ("separable", "convolution"),
    ("gru", "recurrent"), ("attention", "attention"), ("two_by_two", "structure"),
    ("custom_registered", "custom"), ("custom_no_config", "custom"), ("residual", "convolution"),
    ("conv_transpose", "convolution"), ("bidirectional", "recurrent"), ("custom_missing", "custom"),
    ("custom_unregistered", "custom"), ("embedding", "attention"),
)  # fmt: skip
FORMATS = (
    ("h5", "HDF5 (.h5)"), ("keras", "Keras v3 (.keras)"), ("savedmodel", "SavedModel"),
    ("weights-h5", "Weights only (.weights.h5)"), ("checkpoint", "TensorFlow checkpoint"),
    ("json", "JSON + weights"),
)  # fmt: skip
PROVOKES = {"recurrent": ("layer-configuration",), "custom": ("custom-layer",)}
ENVIRONMENTS = (
    "tf-1.15", "tf-2.4", "tf-2.8", "tf-2.10", "tf-2.12", "tf-2.13", "tf-2.14", "tf-2.15",
    "tf-2.16", "tf-2.17", "tf-2.18", "tf-2.19", "tf-2.20", "tf-2.21", "keras-3.15-tensorflow",
    "keras-3.15-jax", "keras-3.15-torch",
)  # fmt: skip
SMALL = (
    "tf-1.15", "tf-2.4", "tf-2.12", "tf-2.15", "tf-2.21", "keras-3.15-jax", "keras-3.15-torch"
)  # fmt: skip
ERA = (0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 5)
FIRST_KERAS_3 = ENVIRONMENTS.index("tf-2.16")

TRAINS_NO_MORE = ("lambda_layer", "keras")
"""Model and format that load and predict in Keras 3, and whose next training step raises."""

ENTRIES = (
    Entry(
        id="compile-lost",
        channels=("logging",),
        means="The model comes back uncompiled.",
        category="compile-state-lost",
        severity="attention",
        advice="Compile it again.",
        remedy="recompile",
    ),
    Entry(
        id="argument",
        channels=("exception",),
        means="A layer is written with an argument that it does not take here.",
        category="layer-config-change",
        severity="danger",
        advice="Drop the argument in a copy of the configuration.",
        remedy="drop-argument",
        cause="The argument came with TensorFlow 2.3.",
        sources=("https://example.org/issues/1", "keras 3.14.1: keras/src/layers/layer.py, line 1"),
    ),
    Entry(
        id="never-heard",
        channels=("native",),
        means="Nothing of this is heard here.",
        category="runtime-noise",
        severity="noise",
        advice="No action.",
    ),
)

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)> \x1b[31mred\x1b[0m \x00nul "
    "\u202etxet desrever\u202c \ud800 lone | pipe `tick` & <b>bold</b> ]]> @everyone"
)


def example(
    *,
    environments: tuple[str, ...] = SMALL,
    models: int = 6,
    formats: int = 3,
    hostile: bool = False,
    meanwhile: bool = False,
) -> JudgedMatrix:
    """Build the matrix; the same arguments give the same matrix.

    ``meanwhile``: a run is going on, and shipped evidence knows some of what is not tested yet.
    """
    known = tuple(_environment(name, hostile=hostile) for name in environments)
    kinds = tuple(_model(name, family, hostile=hostile) for name, family in MODELS[:models])
    ways = tuple(_format(name, label) for name, label in FORMATS[:formats])
    planned = product(
        environments, [kind.id for kind in kinds], [way.id for way in ways], environments
    )
    cells = [
        _cell(
            Cell(artifact=Artifact(saved_by=save, model=model, format=way), loaded_by=load), hostile
        )
        for save, model, way, load in planned
    ]
    if meanwhile:
        cells = [_shipped(one, hostile) for one in cells]
    return JudgedMatrix(
        environments=known,
        models=kinds,
        formats=ways,
        cells=(*cells, *_damaged(environments)),
        noise=NoiseFloor(
            cells=128, bit_identical=120, worst_absolute=2.4e-7, worst_relative=1.1e-6
        ),
        tolerances={"absolute": 1e-5, "relative": 1e-4, "training": 0.02},
        sampling="Every batched cell that was not clean was run again alone.",
        built_at="2026-11-20T12:00:00+00:00",
        version="0.1.0",
        commit="0123456789abcdef",
        machine="Linux x86_64, 2 cores",
        catalogue=ENTRIES,
        origins=tuple(
            _origin(name, way.id, hostile=hostile) for name in environments for way in ways
        ),
        attacks=attacked_example.table(environments, HOSTILE if hostile else ""),
        unshipped=(f"tf-9.9 is locked otherwise here {HOSTILE}",) if meanwhile else (),
        underway=Underway(since="2026-11-20T11:00:00+00:00") if meanwhile else None,
    )


def _shipped(judged: JudgedCell, hostile: bool) -> JudgedCell:  # noqa: FBT001
    """Let what is not tested be known from elsewhere, but for a format and a model."""
    where = judged.cell.artifact
    if judged.outcome is not Outcome.UNTESTED or where.model == "dense":
        return judged
    if judged.cell.loaded_by == "tf-2.4":
        judged = replace(judged, reason=NOT_RUN)
    if where.format == "savedmodel":
        return judged
    told = f"the weights are others {HOSTILE}" if hostile else "the weights are others"
    differs = Verdict(outcome=Outcome.DIFFERS, reason=told, cause="argument")
    fine = Verdict(outcome=Outcome.IDENTICAL, reason="bit for bit the same model")
    wrong = where.model in {"lstm", "nested"}
    only = fine if where.model == "nested" else None
    return replace(
        judged,
        shipped=Shipped(
            verdict=replace(differs, predicting=only) if wrong else fine,
            source="measured until 2026-11-01 with caniload 0.1.0",
        ),
    )


def _environment(name: str, *, hostile: bool) -> JudgedEnvironment:
    place = ENVIRONMENTS.index(name)
    keras = (
        "3.15.1" if name.startswith("keras") else "3.4.1" if place >= FIRST_KERAS_3 else "2.12.0"
    )
    asked = {"keras": keras}
    if name.startswith("tf"):
        asked["tensorflow-cpu"] = f"{name.removeprefix('tf-')}.1"
        label, stack = f"TF {name.removeprefix('tf-')}", "tf.keras"
    else:
        label, stack = f"Keras 3.15 on {name.rpartition('-')[2]}", "keras 3"
    untested = (
        "needs Python 3.8; install it with: uv python install 3.8" if name == "tf-2.4" else None
    )
    lock = f"{name}=={place}.0 \\\n    --hash=sha256:{'0' * 64}\n" * 3
    return JudgedEnvironment(
        id=name,
        label=label,
        stack=stack,
        python="3.11",
        asked=asked,
        variables={"KERAS_BACKEND": name.rpartition("-")[2]} if stack == "keras 3" else {},
        lock_sha256=hashlib.sha256(lock.encode()).hexdigest(),
        lock_text=lock + (f"# {HOSTILE}\n" if hostile else ""),
        versions={}
        if untested
        else {**asked, "numpy": "1.26.4", "h5py": "3.11.0", "python": "3.11.7"},
        packages={} if untested else {"numpy": "1.26.4", "h5py": "3.11.0"},
        platform="Linux-6.1-x86_64",
        built_at="2026-11-20T10:00:00+00:00",
        untested=untested,
    )


def _model(name: str, family: str, *, hostile: bool) -> JudgedModel:
    why = f"the {family} family, in its smallest form" + (f" {HOSTILE}" if hostile else "")
    comment = HOSTILE if hostile else "few weights, every layer"
    source = f"def {name}(keras):\n    # {comment}\n    return keras.Sequential()\n"
    return JudgedModel(
        id=name, family=family, why=why, source=source, control=name == "control",
        provokes=PROVOKES.get(family, ()),
    )  # fmt: skip


def _origin(environment: str, kind: str, *, hostile: bool) -> JudgedOrigin:
    """Let HDF5 state its version, a zip be damaged, and every other format say nothing."""
    said = {"keras_version": "2.12.0" + (HOSTILE if hostile else ""), "backend": "tensorflow"}
    return JudgedOrigin(
        environment=environment,
        format=kind,
        says=said if kind == "h5" else {},
        problem="has no metadata.json" if kind == "keras" else None,
    )


def _format(name: str, label: str) -> JudgedFormat:
    code = f'keras.models.load_model("model.{name}")'
    return JudgedFormat(
        id=name, label=label, carries=("architecture", "weights"), load_code=code,
        save_code=f'model.save("model.{name}")',
    )  # fmt: skip


def _cell(cell: Cell, hostile: bool) -> JudgedCell:  # noqa: FBT001
    """Invent a verdict in the pattern of the real world: a cliff at Keras 3, and some silence."""
    save, load = ENVIRONMENTS.index(cell.artifact.saved_by), ENVIRONMENTS.index(cell.loaded_by)
    chance = int(hashlib.sha256(cell.id.encode()).hexdigest()[:6], 16) % 100
    control = cell.artifact.model == "control"
    outcome = Outcome.IDENTICAL if control else _outcome(cell, save, load, chance)
    judged = _details(
        JudgedCell(
            cell=cell,
            outcome=outcome,
            reason=_REASONS[outcome],
            control=control,
            artifact=f"/var/store/home/artifacts/ab/{cell.artifact.name}",
            artifact_sha256=hashlib.sha256(cell.artifact.id.encode()).hexdigest(),
            artifact_bytes=12_345 + chance,
            python="/var/store/home/environments/tf/bin/python",
            variables={"CUDA_VISIBLE_DEVICES": "-1"},
            solo=outcome is not Outcome.IDENTICAL,
            seconds=0.1 + chance / 100,
        ),
        chance,
        hostile=hostile,
    )
    if outcome in {Outcome.NA, Outcome.UNTESTED}:
        return replace(judged, artifact=None, artifact_sha256=None, artifact_bytes=None, solo=None)
    judged = replace(judged, predicting=_to_predict(judged))
    return replace(
        judged, evidence=cell.loaded_by != "keras-3.15-torch", repeatable=chance // 3 != 13
    )


_REASONS = {
    Outcome.NA: "the .keras format came with TensorFlow 2.12",
    Outcome.IDENTICAL: "outputs, weights and settings are bit for bit the same",
    Outcome.TOLERANCE: "outputs differ by at most 2.4e-07",
    Outcome.WARNING: "the optimizer was not restored",
    Outcome.WORKAROUND: "loads with compile=False",
    Outcome.ERROR: "raises TypeError while loading",
    Outcome.CRASH: "the process died by signal 11 while predicting",
    Outcome.DIFFERS: "the learning rate is 0.001 where 0.01 was saved",
    Outcome.UNTESTED: "tf-2.4 needs Python 3.8; install it with: uv python install 3.8",
}


def _outcome(cell: Cell, save: int, load: int, chance: int) -> Outcome:  # noqa: PLR0911 - a table
    kind, model = cell.artifact.format, cell.artifact.model
    modern_save, modern_load = save >= FIRST_KERAS_3, load >= FIRST_KERAS_3
    if "tf-2.4" in {cell.artifact.saved_by, cell.loaded_by}:
        return Outcome.UNTESTED
    if (kind == "keras" and save < ENVIRONMENTS.index("tf-2.12")) or (
        kind in {"savedmodel", "checkpoint"} and modern_save
    ):
        return Outcome.NA
    if save == load:
        return Outcome.DIFFERS if model == "nested" and kind == "h5" else Outcome.IDENTICAL
    if modern_save and not modern_load:
        return Outcome.ERROR
    if not modern_save and modern_load:
        return _over_the_cliff(kind, model, chance)
    if model == "lambda_layer" and ERA[load] > ERA[save] + 1:
        return Outcome.CRASH
    if ERA[load] < ERA[save] and model in {"attention", "residual", "separable"}:
        return Outcome.ERROR
    return (
        Outcome.IDENTICAL if chance < 80 else Outcome.TOLERANCE if chance < 100 else Outcome.WARNING
    )


def _trains_no_more(cell: Cell) -> bool:
    save, load = ENVIRONMENTS.index(cell.artifact.saved_by), ENVIRONMENTS.index(cell.loaded_by)
    over = save < FIRST_KERAS_3 <= load
    return over and (cell.artifact.model, cell.artifact.format) == TRAINS_NO_MORE


def _over_the_cliff(kind: str, model: str, chance: int) -> Outcome:
    if kind in {"savedmodel", "checkpoint"} or model in {"conv_bn", "separable", "custom_missing"}:
        return Outcome.ERROR
    if model in {"lstm", "gru"}:
        return Outcome.DIFFERS if kind == "h5" else Outcome.WORKAROUND
    if model in {"attention", "nested"}:
        return Outcome.WORKAROUND if kind == "h5" else Outcome.WARNING
    if (model, kind) == TRAINS_NO_MORE:
        return Outcome.ERROR
    return Outcome.TOLERANCE if chance < 90 else Outcome.IDENTICAL


def _details(judged: JudgedCell, chance: int, *, hostile: bool) -> JudgedCell:
    """Add what a cell of that outcome would have heard and measured."""
    extra = f" {HOSTILE}" if hostile else ""
    heard = (
        Message(channel="logging", category="absl", level="WARNING", phase="load",
                severity="attention", rule="compile-lost",
                text=f"Compiled the model, but line {chance} said no.{extra}"),
        Message(channel="warnings", category="UserWarning", level="WARNING", phase="load",
                text=f"You are saving '{judged.cell.artifact.name}' as an HDF5 file.{extra}"),
    )  # fmt: skip
    match judged.outcome:
        case Outcome.ERROR:
            phase = "train" if _trains_no_more(judged.cell) else "load"
            error = Failure(
                type="TypeError", phase=phase,
                message=f"Unrecognized keyword arguments: {{'groups': {chance % 3}}}{extra}",
                traceback='Traceback (most recent call last):\n  File "/var/store/home/environments'
                f'/tf/lib/python3.11/site-packages/keras/saving.py", line 1\nTypeError{extra}',
            )  # fmt: skip
            signature = "TypeError: Unrecognized keyword arguments: <name>"
            return replace(
                judged, error=error, signature=signature, cause="argument", messages=heard[:1]
            )
        case Outcome.CRASH:
            return replace(judged, signature="signal 11 in predict")
        case Outcome.DIFFERS:
            found = (
                {"what": "outputs", "text": "largest difference 0.031", "size": 0.031, "unit": ""},
                {
                    "what": "settings",
                    "text": f"learning rate 0.01 became 0.001{extra}",
                    "size": 0.9,
                    "unit": "of its value",
                },
            )
            return replace(judged, differences=found, signature="settings: learning rate",
                           max_abs_diff=float("nan") if chance < 10 else 0.031, max_rel_diff=0.5,
                           max_ulp_diff=float("inf"))  # fmt: skip
        case Outcome.WARNING | Outcome.WORKAROUND:
            return replace(judged, messages=heard, max_abs_diff=0.0, signature=heard[0].text[:20],
                           cause="compile-lost")  # fmt: skip
        case Outcome.IDENTICAL | Outcome.TOLERANCE:
            size = 0.0 if judged.outcome is Outcome.IDENTICAL else 2.4e-7
            return replace(judged, max_abs_diff=size, max_rel_diff=size, max_ulp_diff=size and 2.0)
        case _:
            return judged


def _to_predict(judged: JudgedCell) -> Verdict | None:
    """Leave out what only training meets: a lost optimizer, a step that raises, other settings."""
    same = Verdict(
        outcome=Outcome.IDENTICAL, reason="bit for bit the same model to predict", max_abs_diff=0.0
    )
    match judged.outcome:
        case Outcome.WARNING:
            return replace(
                same, messages=tuple(replace(one, matters=False) for one in judged.messages)
            )
        case Outcome.ERROR if judged.error and judged.error.phase == "train":
            return replace(same, messages=judged.messages)
        case Outcome.DIFFERS:
            (outputs,) = (one for one in judged.differences if one["what"] == "outputs")
            whole = {name: getattr(judged, name) for name in Verdict.__dataclass_fields__}
            only = {
                "reason": "outputs differ by up to 0.031",
                "signature": "outputs",
                "differences": (outputs,),
            }
            return Verdict(**{**whole, **only})
        case _:
            return None


def _damaged(environments: tuple[str, ...]) -> list[JudgedCell]:
    """Files spoilt on purpose: each must be refused; one environment swallows an empty one."""
    return [
        JudgedCell(
            cell=Cell(
                artifact=Artifact(saved_by=name, model="control", format="h5", damage=damage),
                loaded_by=name,
            ),
            outcome=Outcome.DIFFERS
            if (name, damage) == ("keras-3.15-torch", "empty")
            else Outcome.ERROR,
            reason="the file is spoilt",
            control=True,
        )
        for name in environments
        if name != "tf-2.4"
        for damage in ("truncated", "empty")
    ]
