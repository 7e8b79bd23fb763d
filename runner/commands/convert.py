"""``caniload convert``: bring models across, or say why they cannot be."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from caniload.runner.checking.customs import read_custom
from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.commands.showing import TEXT, written
from caniload.runner.converting.asking import bring_across, target_of
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.telling import as_json, as_lines, as_page, as_row
from caniload.runner.core.errors import StrictError, UsageError
from caniload.runner.core.outcomes import Purpose
from caniload.runner.matrix.joining import knows_keras_format
from caniload.runner.matrix.schema import Matrix


def convert(arguments: argparse.Namespace) -> int:
    """Bring models across; exit 0 if all were delivered, 1 if not, 2 if one may not be tried.

    For going on training, what was delivered must have lost nothing of its training; with --strict,
    its proof must not be weak.
    """
    if arguments.into is not None:
        return _convert_all(arguments)
    model = _one_alone(arguments)
    matrix = read(arguments)
    code = read_custom((), build=arguments.build, packages=arguments.having)
    conversion = bring_across(
        Wish(
            path=model,
            build=code.build,
            packages=code.packages,
            written_by=arguments.written_by,
            endpoint=arguments.endpoint,
            target=arguments.to,
            out=arguments.output or _default_out(model, matrix, arguments.to),
            custom=tuple(arguments.custom),
            inputs=arguments.inputs,
            trusted=arguments.trust,
            sandbox=arguments.sandbox,
        ),
        matrix,
        locks=locks_of(arguments),
        tell=lambda text: print(text, file=sys.stderr),
        receipts=arguments.receipt,
    )
    if arguments.report is not None:
        _write_report(arguments.report, conversion)
    if conversion.needs_trust and arguments.format == TEXT:
        raise UsageError(f"{model}: {conversion.reason}")
    print(
        written(
            arguments.format,
            text=lambda: as_lines(conversion),
            json=lambda: json.dumps(as_json(conversion), indent=1),
            rows=lambda: [as_row(conversion, conversion.path, conversion.target)],
            title="caniload convert",
        )
    )
    if model.is_dir() and conversion.verdict is Verdict.REFUSED and not conversion.attempts:
        print("for all models in a folder: --into NEW", file=sys.stderr)
    whole = arguments.purpose == Purpose.PREDICT or not conversion.lost
    weak = arguments.strict and conversion.proof is not None and conversion.proof.weak is not None
    if conversion.verdict is Verdict.DELIVERED and whole and not weak:
        return 0
    return UsageError.exit_code if conversion.needs_trust else StrictError.exit_code


def _convert_all(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415 - as what follows, for many files alone

    from caniload.runner.converting.many import asking, keeping, telling  # noqa: PLC0415
    from caniload.runner.converting.many.running import Order  # noqa: PLC0415

    for name in ("output", "report"):
        if getattr(arguments, name) is not None:
            raise UsageError(
                f"--{name} is for one model: with --into, manifest.json says it of all"
            )
    code = read_custom((), build=arguments.build, packages=arguments.having)
    order = Order(
        target=arguments.to,
        build=code.build,
        packages=code.packages,
        written_by=arguments.written_by,
        endpoint=arguments.endpoint,
        custom=tuple(arguments.custom),
        inputs=arguments.inputs,
        trusted=arguments.trust,
        sandbox=arguments.sandbox,
        receipts=arguments.receipt,
        rerun=arguments.rerun,
    )
    manifest = asking.bring_all_across(
        arguments.model,
        order,
        arguments.into,
        read(arguments),
        jobs=arguments.jobs,
        locks=locks_of(arguments),
        console=Console(stderr=True),
    )
    text = written(
        arguments.format,
        text=lambda: telling.as_lines(manifest),
        json=lambda: keeping.as_json(manifest),
        rows=lambda: [as_row(one, one.name, manifest.target) for one in manifest.models],
        title="caniload convert",
        sentence=telling.sentence(manifest),
    )
    print(text)
    if arguments.format == TEXT:
        print(f"{arguments.into / keeping.TABLE} and {keeping.MANIFEST} have all of it")
    models = manifest.models
    if any(one.needs_trust for one in models):
        return UsageError.exit_code
    training = arguments.purpose == Purpose.TRAIN
    if arguments.strict and any(one.proof is not None and one.proof.weak for one in models):
        return StrictError.exit_code
    whole = all(one.verdict is Verdict.DELIVERED and not (training and one.lost) for one in models)
    return 0 if whole else StrictError.exit_code


def _one_alone(arguments: argparse.Namespace) -> Path:
    """Return the one model of a command without a folder for results."""
    for name in ("rerun", "jobs"):
        if getattr(arguments, name):
            raise UsageError(f"--{name} is for many models: name a folder for results with --into")
    model: Path
    model, *more = arguments.model
    if more:
        raise UsageError(f"{model} and {more[0]}: to convert several, name a folder with --into")
    index = model.with_name(f"{model.name}.index")  # what is beside the prefix of a checkpoint
    return index if index.is_file() and not model.exists() else model


def _default_out(model: Path, matrix: Matrix, target: str) -> Path:
    there = matrix.environment(target_of(matrix, target))
    suffix = "keras" if knows_keras_format(there) else "h5"
    return model.with_name(f"{model.name.split('.')[0]}-converted.{suffix}")


def _write_report(path: Path, conversion: Conversion) -> None:
    page = path.suffix in (".html", ".htm")
    text = as_page(conversion) if page else json.dumps(as_json(conversion), indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
