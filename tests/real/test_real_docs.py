"""The transcripts that need real TensorFlows, in the home that all real tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from transcripts import MINUTES, PAGES, REAL, ROOT, Shell, blocks, differences

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

NEEDED = ("tf-2.15", "tf-2.21")
KINDS = (*REAL, *MINUTES) if os.environ.get("CANILOAD_TEST_ALL") else REAL
WITH_SOME = [page for page in PAGES if any(block.mark in KINDS for block in blocks(page))]


@pytest.fixture(scope="module", autouse=True)
def built(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "caniload", "env", "build", *NEEDED],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{home}: {done.stderr}"


@pytest.mark.parametrize("page", WITH_SOME, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_needs_environments_prints_what_the_page_says(
    page: Path, home: Path, tmp_path: Path
) -> None:
    shell = Shell(tmp_path / "models", home)
    told = [
        one for block in blocks(page) if block.mark in KINDS for one in differences(block, shell)
    ]
    assert not told, "\n\n".join(told)
