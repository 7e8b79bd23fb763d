"""``caniload diff``: two model files beside each other, without any framework."""

from __future__ import annotations

import argparse
from pathlib import Path

from caniload.runner.commands.showing import written
from caniload.runner.comparing.apart import compare
from caniload.runner.comparing.facts import Status
from caniload.runner.comparing.page import as_html
from caniload.runner.comparing.telling import as_json, as_lines, as_rows, sentence
from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_text

EXIT = {Status.SAME: 0, Status.DIFFERENT: 1, Status.UNREADABLE: 2, Status.UNKNOWN: 5}


def diff(arguments: argparse.Namespace) -> int:
    """Print what differs, or write it; docs/exit-codes.md has the exit codes."""
    out = arguments.output
    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise UsageError(f"-o {out}: no file can be written there")
    if out is not None and out.exists() and any(map(out.samefile, _there(arguments))):
        raise UsageError(f"-o {out}: is one of the two models")
    found = compare(arguments.before, arguments.after)
    text = (
        as_html(found)
        if arguments.format == "html"
        else written(
            arguments.format,
            text=lambda: as_lines(found),
            json=lambda: as_json(found),
            rows=lambda: as_rows(found),
            title="caniload diff",
            sentence=sentence(found),
        )
    )
    if out is None:
        print(text)
    else:
        put_text(out, f"{text}\n")
        print(f"{sentence(found)}. See {out}")
    return EXIT[found.status]


def _there(arguments: argparse.Namespace) -> list[Path]:
    return [path for path in (arguments.before, arguments.after) if path.exists()]
