"""The scripts that repeat a cell by hand come to what the run has recorded."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from workshop import Workshop

pytest_plugins = ["pipeline_fixtures"]


def repeat(workshop: Workshop, cell_id: str) -> subprocess.CompletedProcess[str]:
    """Print the script of a cell and run it with the very command that it names."""
    printed = workshop.run("reproduce", cell_id)
    assert printed.code == 0, printed.err
    script = workshop.root / "cell.py"
    script.write_text(printed.out)
    (command,) = [line for line in printed.out.splitlines() if line.startswith("#   env -i ")]
    return subprocess.run(
        ["bash", "-c", command.removeprefix("#   ")],
        cwd=workshop.root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_script_says_what_the_run_said(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"))
    workshop.run("matrix")
    recorded = {cell["id"]: cell for cell in workshop.cells()}

    changed = repeat(workshop, "fake-1.0/dense.json/fake-2.0")
    size = recorded["fake-1.0/dense.json/fake-2.0"]["max_abs_diff"]
    assert changed.returncode == 0, changed.stderr
    assert changed.stdout.splitlines()[:2] == [
        f"outputs differ by at most {size}",
        "weights differ by at most 0.0",
    ]

    refused = repeat(workshop, "fake-1.0/dense.keras/fake-2.0")
    error = recorded["fake-1.0/dense.keras/fake-2.0"]["error"]
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == f"{error['type']}: {error['message']}"

    trained = repeat(workshop, "fake-2.0/dense.h5/fake-1.0")
    assert trained.returncode == 0, trained.stderr
    assert "weights after it differ by at most 0.0" in trained.stdout
    assert "'learning_rate': 0.0099999" in trained.stdout

    filled = repeat(workshop, "fake-2.0/dense.weights-h5/fake-1.0")
    assert filled.returncode == 0, filled.stderr
    assert filled.stdout.startswith("outputs differ by at most 0.0\n")

    damaged = repeat(workshop, "fake-2.0/control-empty.h5/fake-2.0")
    assert "JSONDecodeError" in damaged.stderr

    script = (workshop.root / "cell.py").read_text()
    assert "caniload" not in script.replace(str(workshop.root), "").split("\n\n", 1)[1]


@pytest.mark.parametrize(
    ("cell_id", "told"),
    [
        ("fake-1.0/dense.h5/fake-1.0", "has no run to repeat: not run yet"),
        ("fake-1.0/dense.h5/fake-7.0", "there is no cell 'fake-1.0/dense.h5/fake-7.0'"),
    ],
)
def test_nothing_to_repeat(workshop: Workshop, cell_id: str, told: str) -> None:
    workshop.use(("1.0",))
    refused = workshop.run("reproduce", cell_id)
    assert refused.code == 2
    assert told in refused.err
    assert Path(workshop.home / "results").exists() is False
