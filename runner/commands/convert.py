"""``caniload convert``: bring a model across, or say why it cannot be."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.converting.asking import bring_across
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.telling import as_json, as_lines, as_page
from caniload.runner.core.errors import StrictError, UsageError
from caniload.runner.core.outcomes import Purpose


def convert(arguments: argparse.Namespace) -> int:
    """Bring one model across; exit 0 if it was delivered, 1 if not, 2 if it may not be tried.

    For going on training, what was delivered must have lost nothing of its training; with --strict,
    its proof must not be weak.
    """
    conversion = bring_across(
        Wish(
            path=arguments.model,
            target=arguments.to,
            out=arguments.output or _default_out(arguments.model),
            custom=tuple(arguments.custom),
            inputs=arguments.inputs,
            trusted=arguments.trust,
        ),
        read(arguments),
        locks=locks_of(arguments),
        tell=lambda text: print(text, file=sys.stderr),
    )
    if arguments.report is not None:
        _write_report(arguments.report, conversion)
    if conversion.needs_trust and not arguments.json:
        raise UsageError(f"{arguments.model}: {conversion.reason}")
    if arguments.json:
        print(json.dumps(as_json(conversion), indent=1))
    else:
        print("\n".join(as_lines(conversion)))
    whole = arguments.purpose == Purpose.PREDICT or not conversion.lost
    weak = arguments.strict and conversion.proof is not None and conversion.proof.weak is not None
    if conversion.verdict is Verdict.DELIVERED and whole and not weak:
        return 0
    return UsageError.exit_code if conversion.needs_trust else StrictError.exit_code


def _default_out(model: Path) -> Path:
    return model.with_name(f"{model.name.split('.')[0]}-converted.keras")


def _write_report(path: Path, conversion: Conversion) -> None:
    page = path.suffix in (".html", ".htm")
    text = as_page(conversion) if page else json.dumps(as_json(conversion), indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
