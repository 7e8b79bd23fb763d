"""The lock file of an environment: who holds it may build or remove the environment."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator

from caniload.runner.environments.home import Home

_POLL_SECONDS = 0.1


class HeldError(Exception):
    """Another process held the environment for as long as we were willing to wait."""


@contextlib.contextmanager
def held(environment_id: str, home: Home, *, seconds: float = 0) -> Iterator[int]:
    """Hold the environment, after waiting for it at most ``seconds``; yield the descriptor.

    Plain ``flock``: it belongs to the open file, which an installer inherits. So the environment
    stays held until the last installer has ended, even if this process is killed before.
    """
    until = time.monotonic() + seconds
    home.environments.mkdir(parents=True, exist_ok=True)
    with (home.environments / f"{environment_id}.lock").open("a") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise HeldError(environment_id) from None
                time.sleep(_POLL_SECONDS)
        yield stream.fileno()
