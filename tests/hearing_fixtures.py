"""What is heard of a test module's ``SCENARIOS``, under every Python that this machine has.

A scenario is source text that a probe could contain, by name. Each Python runs all of a module's in
one process, so that they prove reuse as well.
"""

from __future__ import annotations

import pytest
from hearing_driver import Heard, Ran, run

from caniload.runner.environments.pythons import find_pythons

MINORS = [f"3.{minor}" for minor in range(6, 14)]


@pytest.fixture(scope="module", params=MINORS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One Python's run of the module's scenarios: the process, and what was heard by name."""
    python = find_pythons([request.param]).get(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} on this machine")
    return run(python.path, request.module.SCENARIOS, tmp_path_factory.mktemp("hearing"))


@pytest.fixture
def heard(ran: Ran) -> Heard:
    """Return what was heard in a scenario."""
    return lambda name: ran[1][name]
