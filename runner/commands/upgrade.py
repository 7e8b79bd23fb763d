"""``caniload upgrade``: what of ours keeps working, as Markdown for the pull request."""

from __future__ import annotations

import argparse

from rich.console import Console

from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.commands.showing import MARKDOWN, written
from caniload.runner.core.errors import UsageError
from caniload.runner.upgrading.asking import ask
from caniload.runner.upgrading.judging import exit_code
from caniload.runner.upgrading.telling import as_json, as_lines, as_markdown, as_rows, sentence


def upgrade(arguments: argparse.Namespace) -> int:
    """Write what becomes of each model; docs/exit-codes.md has the exit codes."""
    console = Console(stderr=True)
    out = arguments.output
    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise UsageError(f"-o {out}: no file can be written there")
    found = ask(
        arguments.before,
        arguments.after,
        arguments.model,
        trust=arguments.trust,
        sandbox=arguments.sandbox,
        custom=arguments.custom,
        inputs=arguments.inputs,
        purpose=arguments.purpose,
        remedies=arguments.remedies,
        rollback=arguments.rollback,
        converted=arguments.converted,
        rerun=arguments.rerun,
        jobs=arguments.jobs,
        matrix=read(arguments),
        locks=locks_of(arguments),
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
        out.write_text(f"{text}\n", encoding="utf-8")
        console.print(f"{sentence(found)} See {out}", markup=False, highlight=False, soft_wrap=True)
    return exit_code(found)
