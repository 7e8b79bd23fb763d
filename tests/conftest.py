"""What holds for all tests, on whatever machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from caniload.runner.sandbox import walls
from caniload.runner.sandbox.words import AUTO, Level


@pytest.fixture(scope="session", autouse=True)
def _without_a_wall_where_none_is_to_be_had(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Let tests load files of their own making on a machine without bubblewrap and Landlock.

    The tests of the walls themselves are left out there, each with the reason.
    """
    with pytest.MonkeyPatch.context() as patch:
        if walls.of(AUTO, tmp_path_factory.mktemp("walls")).refusal is not None:
            patch.setenv(walls.VARIABLE, Level.NONE)
        yield
