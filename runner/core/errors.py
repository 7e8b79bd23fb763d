"""Every way to stop, each with its exit code; caught once, in ``caniload.runner.commands.cli``.

Exit codes: 0 the run did its work (whatever the cells say), 1 under ``--strict`` something is
untested or a control failed, or `convert` delivered no model, 2 bad input (matrix.yaml, arguments,
a model file that `inspect` finds damaged or no model, or that `convert` may not run), 3 another run
holds the store, 4 the machine cannot do what was asked (disk, no interpreter at all, no answer from
the package index), 130 interrupted. `check` says by 1 that a model does not stay the same
somewhere, and by 5 that this is not known; `upgrade` by 1 that something is to be done for it;
`merge` by 1 that results contradict each other, and by 5 that shards are missing; `evidence merge`
by 1 that measurements in a pack do; `nightly compare` by 1 that something is new, and by 5 that
nothing ran.
"""

from __future__ import annotations


class CaniloadError(Exception):
    """A stop that is expected and explained: each line says what, where and what to do next."""

    exit_code = 4


class UsageError(CaniloadError):
    """An argument that cannot be used, such as an environment that matrix.yaml does not name."""

    exit_code = 2


class MatrixError(CaniloadError):
    """matrix.yaml, or data that ships, cannot be used; one line for each problem."""

    exit_code = 2


class StoreBusyError(CaniloadError):
    """Another run is writing to the same store."""

    exit_code = 3


class StrictError(CaniloadError):
    """Under ``--strict``: the run ended, but something is untested or a control failed."""

    exit_code = 1


class IncompleteError(CaniloadError):
    """Of the shards of a plan some are missing."""

    exit_code = 5


class EnvironmentUnusable(Exception):  # noqa: N818 - a fact about a row, not a fault of the run
    """The row cannot be tested; ``reason`` is one sentence: what is wrong, and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
