"""The ``caniload`` command: parses, calls one function, catches once."""

from __future__ import annotations

import os
import sys

from caniload.runner.commands.grammar import parser
from caniload.runner.commands.grammar.parts import Command
from caniload.runner.core.errors import CaniloadError, EnvironmentUnusable
from caniload.runner.core.machine import NO_FETCH


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        words = _with_command(sys.argv[1:] if argv is None else argv)
        arguments = parser.parser().parse_args(words)
        if getattr(arguments, "no_fetch", False):
            os.environ[NO_FETCH] = "1"  # whichever room asks for the home
        command: Command = arguments.command
        return command(arguments)
    except CaniloadError as error:
        for line in str(error).splitlines():
            print(f"caniload: {line}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("caniload: interrupted; run it again to go on from here", file=sys.stderr)
        return 130
    except EnvironmentUnusable as error:
        print(f"caniload: {error.reason}", file=sys.stderr)
        return CaniloadError.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`caniload cells | head`): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"caniload: {where}{error.strerror or error}", file=sys.stderr)
        return CaniloadError.exit_code


def _with_command(argv: list[str]) -> list[str]:
    """Put ``check`` before what is no command but looks like a path."""
    first = argv[0] if argv else ""
    if not first or first.startswith("-") or first in parser.COMMANDS:
        return argv
    is_path = "/" in first or "." in first or os.path.exists(first)  # noqa: PTH110 - as of parts.path
    return ["check", *argv] if is_path else argv


if __name__ == "__main__":
    sys.exit(main())
