"""The nightly run is text for other machines: what it asks for exists, and it may do little."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from caniload.runner.commands.grammar.parser import parser

FOLDER = Path(__file__).parents[2] / ".github"
NIGHTLY: dict[str, Any] = yaml.safe_load((FOLDER / "workflows" / "nightly.yml").read_text("utf-8"))
SETUP: dict[str, Any] = yaml.safe_load(
    (FOLDER / "actions" / "caniload" / "action.yml").read_text("utf-8")
)
JOBS: dict[str, dict[str, Any]] = NIGHTLY["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
COMMANDS = [
    line.strip()
    for step in STEPS
    for line in step.get("run", "").splitlines()
    if line.strip().startswith("caniload ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_parsed(command: str) -> None:
    command = re.sub(r"\$\{\{ matrix\.shard \}\}", "2/6", command.partition(" > ")[0])
    assert parser().parse_args(shlex.split(command)[1:]).command


def test_save_comes_before_load_and_both_are_whole_before_the_report() -> None:
    asked = [[step.get("run", "") for step in JOBS[name]["steps"]] for name in JOBS]
    stages = [
        next((line.split()[1] for line in lines if line.startswith("caniload ")), None)
        for lines in asked
    ]
    assert list(JOBS) == ["plan", "save", "saved", "load", "report"]
    assert stages == ["plan", "matrix", "merge", "matrix", "merge"]
    needs = [JOBS[name].get("needs") for name in JOBS]
    assert needs == [None, "plan", "save", ["plan", "saved"], "load"]
    assert sum("--stage save homes" in command for command in COMMANDS) == 1
    assert sum("--stage load homes" in command for command in COMMANDS) == 1


def test_every_shard_runs_although_one_has_failed_and_stays_within_a_runner_s_disk() -> None:
    for name in ("save", "load"):
        strategy = JOBS[name]["strategy"]
        assert strategy["fail-fast"] is False
        assert strategy["matrix"]["shard"] == "${{ fromJson(needs.plan.outputs." + name + ") }}"
        (command,) = [one for one in COMMANDS if f"--stage {name} --max-disk 10G" in one]
        assert command.startswith("caniload matrix --shard ${{ matrix.shard }}")


def test_it_may_write_nothing_and_actions_are_pinned() -> None:
    assert NIGHTLY["permissions"] == {"contents": "read"}
    assert not [name for name, job in JOBS.items() if "permissions" in job]
    used = [
        step["uses"] for step in itertools.chain(STEPS, SETUP["runs"]["steps"]) if "uses" in step
    ]
    assert all(re.search(r"@v\d+$", one) for one in used if not one.startswith("./"))
    assert {one for one in used if one.startswith("./")} == {"./.github/actions/caniload"}


def test_machines_have_the_same_pythons() -> None:
    """Results are kept under the exact Python: what is cached on an image may differ in a night."""
    (python,) = [one for one in SETUP["runs"]["steps"] if "setup-python" in one.get("uses", "")]
    assert python["with"]["check-latest"] is True
