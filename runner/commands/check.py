"""``caniload check``: the verdict about models of a person's own, known or measured."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from caniload.runner.answering.asking import ask
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.describe import SIGNS, as_json, as_lines
from caniload.runner.checking.headline import headline
from caniload.runner.checking.request import Request
from caniload.runner.checking.sheets import (
    ALL_GOOD,
    NOT_GOOD,
    NOT_KNOWN,
    as_table,
    exit_code,
    rows,
    sentence,
)
from caniload.runner.commands.arguments import read
from caniload.runner.commands.requests import request_of
from caniload.runner.commands.showing import TEXT, is_coloured, painted, written
from caniload.runner.core.errors import UsageError
from caniload.runner.core.texts import shown

_SECURE = 500
"""Letters of a line of both matrices joined: it names files that attack."""

MANY = 3
"""Most models of a folder that are shown in full."""


def check(arguments: argparse.Namespace) -> int:
    """Print what is known of each model, after measuring it where that is asked for."""
    matrix = read(arguments)
    request = request_of(arguments, matrix, build=arguments.build)
    if arguments.secure:
        everywhere = not (arguments.to or arguments.envs)
        found = _secured(arguments, request, everywhere=everywhere)
    else:
        found = ask(arguments.model, request, run=arguments.run, aloud=True)
    text = written(
        arguments.format,
        text=lambda: _text(found, arguments),
        json=lambda: as_json(found),
        rows=lambda: rows(found),
        title="caniload check",
        sentence=sentence(found) or "".join(map(headline, found)),
    )
    is_text = arguments.format == TEXT
    print(painted(text, SIGNS) if is_text and is_coloured(arguments.color) else text)
    if arguments.report is not None:
        print(f"report: {_drawn(found, request, arguments.report)}", file=sys.stderr)
    code = secure_code(found) if arguments.secure else exit_code(found)
    return ALL_GOOD if arguments.lenient and code == NOT_KNOWN else code


def _secured(arguments: argparse.Namespace, request: Request, *, everywhere: bool) -> list[Checked]:
    """Ask with the security matrix beside; in all its releases, where no version is named."""
    from caniload.runner.answering.securing import secured  # noqa: PLC0415 - few ask for it
    from caniload.runner.attacking.attacks import is_released  # noqa: PLC0415
    from caniload.runner.attacking.kept import table  # noqa: PLC0415

    matrix = request.matrix
    rows = table(matrix.environments, home=request.home, locks=request.locks)
    if everywhere:
        known = {
            row.id
            for row in rows.environments
            if is_released((row.keras, row.versions.get("tensorflow", row.keras)))
        }
        asked = [one for one in matrix.environments if one.id in known]
        request = replace(request, asked=asked or request.asked)
    found = ask(arguments.model, request, run=arguments.run, aloud=True)
    return [secured(one, rows) for one in found]


def _text(found: Sequence[Checked], arguments: argparse.Namespace) -> Iterator[str]:
    """Yield what a person is shown: of the models in a folder a table, of others all there is."""
    if len(found) > max(MANY, len(arguments.model)) and not arguments.verbose:
        yield from as_table(found)
        return
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from as_lines(one, full=arguments.verbose)
        if one.secure is not None:
            from caniload.runner.answering.securing import as_lines as doors  # noqa: PLC0415

            yield from (f"  {shown(line, _SECURE)}" for line in doors(one.secure))


def _drawn(found: Sequence[Checked], request: Request, folder: Path) -> Path:
    from caniload.reports import site  # noqa: PLC0415 - pandas takes half a second to import
    from caniload.runner.checking.reporting import judged  # noqa: PLC0415 - as do all that judge

    try:
        return site.render(judged(found, request), folder, home=request.home.root)[0]
    except FileExistsError as error:
        raise UsageError(f"{error}; choose another folder with --report") from error


def secure_code(found: Sequence[Checked]) -> int:
    """Return whether each model has a version without an open door; docs/exit-codes.md has it."""
    if not found or any(not one.readable for one in found):
        return UsageError.exit_code
    told = [one.secure for one in found]
    if any(one is not None and one.choice is None and one.known for one in told):
        return NOT_GOOD
    return ALL_GOOD if all(one is not None and one.choice for one in told) else NOT_KNOWN
