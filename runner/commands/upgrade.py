"""``caniload upgrade``: what of ours keeps working, as Markdown for the pull request."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from caniload.runner.commands.arguments import locks_of, read, version_of
from caniload.runner.commands.showing import MARKDOWN, written
from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_text
from caniload.runner.upgrading.asking import ask
from caniload.runner.upgrading.judging import exit_code
from caniload.runner.upgrading.telling import as_json, as_lines, as_markdown, as_rows, sentence


def upgrade(arguments: argparse.Namespace) -> int:
    """Write what becomes of each model; docs/exit-codes.md has the exit codes."""
    console = Console(stderr=True)
    out = arguments.output
    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise UsageError(f"-o {out}: no file can be written there")
    matrix, locks = read(arguments), locks_of(arguments)
    before, after, models = _asked(arguments)
    found = ask(
        version_of(before, matrix, locks),
        after,
        models,
        trust=arguments.trust,
        sandbox=arguments.sandbox,
        custom=arguments.custom,
        build=arguments.build,
        packages=arguments.having,
        inputs=arguments.inputs,
        purpose=arguments.purpose,
        remedies=arguments.remedies,
        rollback=arguments.rollback,
        converted=arguments.converted,
        rerun=arguments.rerun,
        jobs=arguments.jobs,
        matrix=matrix,
        locks=locks,
        console=console,
    )
    text = (
        as_markdown(found)
        if arguments.format == MARKDOWN
        else written(
            arguments.format,
            text=lambda: as_lines(found),
            json=lambda: as_json(found),
            rows=lambda: as_rows(found),
            title="caniload upgrade",
        )
    )
    if out is None:
        print(text)
    else:
        put_text(out, f"{text}\n")
        console.print(f"{sentence(found)} See {out}", markup=False, highlight=False, soft_wrap=True)
    return exit_code(found)


def _asked(arguments: argparse.Namespace) -> tuple[str, str, list[Path]]:
    """Return from where, to where and which models: with --env-from, the first word is to where."""
    given = [arguments.before, *filter(None, [arguments.after])]
    models = list(arguments.model)
    if arguments.env_from is not None:
        after, *more = given
        return str(arguments.env_from), after, [*map(Path, more), *models]
    if len(given) == 1:
        raise UsageError("the following arguments are required: TO; see `caniload upgrade --help`")
    return given[0], given[1], models
