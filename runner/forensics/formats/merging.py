"""Parts of an Inspection, put in one after the other; each step returns a new one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caniload.runner.forensics import configuration, contents, stated, training
from caniload.runner.forensics.facts import Finding, Inspection, damage, danger, notice, unchecked


def adding(so_far: Inspection, *findings: Finding) -> Inspection:
    return dataclasses.replace(so_far, findings=(*so_far.findings, *findings))


def with_architecture(config: Any, so_far: Inspection) -> Inspection:
    """Add what a model's configuration says; anything else than one is a finding."""
    if config is None:
        return so_far
    if not configuration.is_model(config):
        text = "its configuration describes no model"
        return adding(so_far, damage("damaged-configuration", text))
    read = configuration.read(config)
    inside = contents.of(config)
    if not read.complete:
        text = f"has more than {configuration.LAYERS:,} layers: the rest is not listed"
        so_far = adding(so_far, unchecked("layers", text))
    return dataclasses.replace(
        so_far,
        model_class=read.model_class,
        model_name=read.model_name,
        layers=read.layers,
        layers_by_class=read.layers_by_class,
        inputs=so_far.inputs or read.inputs,
        outputs=so_far.outputs or read.outputs,
        dtype_policies=read.dtype_policies,
        asks_for=inside.asks_for,
        stated=_unique([*so_far.stated, *stated.of(config)]),
        custom=_unique([*so_far.custom, *inside.custom]),
        code=_unique([*so_far.code, *inside.code]),
        findings=(*so_far.findings, *inside.findings, *map(_told, inside.code)),
    )


def _told(code: Any) -> Finding:
    where = f"layer {code.where}" if code.where else "its configuration"
    if code.kind == "pickle":
        return danger(
            "pickled-module", f"{where} holds a pickled PyTorch module: loading runs code"
        )
    return danger("bytecode", f"{where} holds Python bytecode, which runs when it is loaded")


def with_training(compiled: Any, so_far: Inspection) -> Inspection:
    read = training.read(compiled)
    inside = contents.of(compiled, layers_under="training")
    return dataclasses.replace(
        so_far,
        optimizer=read.optimizer,
        loss=read.loss,
        metrics=read.metrics,
        asks_for=(so_far.asks_for or 0) + inside.asks_for if so_far.layers else so_far.asks_for,
        stated=_unique([*so_far.stated, *stated.of(compiled, key="")]),
        custom=_unique([*so_far.custom, *inside.custom, *read.custom]),
        code=_unique([*so_far.code, *inside.code]),
        findings=(*so_far.findings, *inside.findings, *map(_told, inside.code)),
    )


def with_parts(parts: list[Any], so_far: Inspection) -> Inspection:
    """Add what descriptions of a model's parts hold that its own does not: code, and dangers."""
    inside = contents.of(parts)
    code = _unique([*so_far.code, *inside.code])
    more = [*inside.findings, *map(_told, code[len(so_far.code) :])]
    return dataclasses.replace(so_far, code=code, findings=_unique([*so_far.findings, *more]))


def with_files(so_far: Inspection, folder: Path, files: Iterable[Path]) -> Inspection:
    there = [path for path in files if path.is_file()]
    return dataclasses.replace(
        so_far,
        files=tuple(path.relative_to(folder).as_posix() for path in there),
        bytes=sum(path.stat().st_size for path in there),
    )


def misnamed(name: str, endings: tuple[str, ...], what: str) -> tuple[Finding, ...]:
    """Find a name that does not end as what it is should; loaders of Keras 3 go by that alone."""
    if name.endswith(endings):
        return ()
    text = f"is {what} under a name that does not end in {' or '.join(endings)}, by which newer"
    return (notice("misnamed", f"{text} versions choose how to read it"),)


def stated_text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
