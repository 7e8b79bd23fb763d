"""Where there is no wall, one that leaks, or one that may have stopped what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_sandbox import PYTHON, VARIABLES

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.evidence.results import answered
from caniload.runner.sandbox import levels
from caniload.runner.sandbox.blaming import suspicion
from caniload.runner.sandbox.levels import Held
from caniload.runner.sandbox.walls import Walls
from caniload.runner.sandbox.words import Level


def test_where_there_is_no_wall_nothing_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Walls, "_tried", lambda *_: "not here")
    one = Walls(wanted="auto", root=tmp_path)
    assert one.held is None
    assert "apt-get install bubblewrap" in str(one.refusal)
    assert "--sandbox none" in str(one.refusal)
    with pytest.raises(CaniloadError, match="bubblewrap"):
        one.confined(PYTHON, VARIABLES)
    assert Walls(wanted="none", root=tmp_path).refusal is None
    wanted = Walls(wanted="container", root=tmp_path).refusal
    assert str(wanted).startswith("not loaded, for the sandbox container cannot be had here (cont")
    with pytest.raises(UsageError, match="no sandbox 'vm'"):
        Walls(wanted="vm", root=tmp_path)


def test_a_wall_that_lets_one_thing_through_is_none() -> None:
    assert Held(level=Level.BWRAP, blocked=tuple(levels.NEEDED)).holds
    for one in levels.NEEDED:
        assert not Held(level=Level.BWRAP, blocked=tuple(levels.NEEDED - {one})).holds


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        ({"type": "PermissionError", "message": "x", "errno": 13}, True),
        ({"type": "OSError", "message": "[Errno 30] Read-only file system: '/x'"}, True),
        ({"type": "MemoryError", "message": ""}, True),
        ({"type": "URLError", "message": "<urlopen error>"}, True),
        ({"type": "InternalError", "message": "Could not start thread creation"}, True),
        ({"type": "FileNotFoundError", "message": "No such file: '/here/words.txt'"}, True),
        ({"type": "FileNotFoundError", "message": "No such file: '/nowhere/words.txt'"}, False),
        ({"type": "TypeError", "message": "unexpected keyword 'groups'"}, False),
        ({"type": "ValueError", "message": "Unknown layer: Mine"}, False),
    ],
)
def test_what_a_wall_may_have_stopped_is_told_apart(error: dict[str, Any], blamed: bool) -> None:  # noqa: FBT001
    found = suspicion(error, None, "", lambda path: path.startswith("/here"))
    assert (found is not None) is blamed


def test_a_full_disk_is_the_walls_where_there_is_one() -> None:
    """Where there is none, it is the machine's; never is it the file's."""
    message = "[Errno 28] No space left on device"
    error = {"type": "OSError", "message": message, "phase": "load", "errno": 28}
    found = answered({"error": error})
    assert found.facts is None
    assert found.fault == f"this machine has no more room: OSError: {message}"
    assert suspicion(found.error, None, "", lambda _: False) == (
        "the sandbox may have stopped it (no space left)"
    )


def test_a_crash_is_the_walls_only_where_a_limit_was_met() -> None:
    died = {"kind": "signal", "signal": "SIGSEGV"}
    assert suspicion(None, died, "Fatal Python error", lambda _: False) is None
    assert suspicion(None, died, "pthread_create: Resource temporarily unavailable", bool)
    assert suspicion(None, {"kind": "signal", "signal": "SIGXFSZ"}, "", bool)
    assert suspicion(None, {"kind": "memory"}, "cannot allocate memory", bool) is None
