"""The nightly run is text for other machines: what it asks for exists, and it may do little."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from nights_made import bad, book, night, said

from caniload.runner.commands.grammar.parser import parser
from caniload.runner.nightly import issues

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
    command = re.sub(r"\$\{\{ matrix\.shard \}\}", "2/6", command)
    command = re.split(r" (?:2?>|\|\|) ", command)[0]  # what the shell does with it
    words = shlex.split(command.replace('"${words[@]}"', "numpy==2.0.0"))[1:]
    assert parser().parse_args(words).command


def test_save_comes_before_load_and_both_are_whole_before_the_report() -> None:
    asked = [[step.get("run", "") for step in JOBS[name]["steps"]] for name in JOBS]
    stages = [
        next((line.split()[1] for line in lines if line.startswith("caniload ")), None)
        for lines in asked
    ]
    measuring = ["plan", "save", "saved", "load", "report"]
    assert list(JOBS) == [*measuring, "issues", "look", "try", "propose", "verdict"]
    assert stages[:5] == ["plan", "matrix", "merge", "matrix", "report"]
    needs = [JOBS[name].get("needs") for name in measuring]
    assert needs == [None, "plan", "save", ["plan", "saved"], "load"]
    assert sum("--stage save homes" in command for command in COMMANDS) == 1
    assert sum("--stage load --incomplete homes" in command for command in COMMANDS) == 1


def test_every_shard_runs_although_one_has_failed_and_stays_within_a_runner_s_disk() -> None:
    for name in ("save", "load"):
        strategy = JOBS[name]["strategy"]
        assert strategy["fail-fast"] is False
        assert strategy["matrix"]["shard"] == "${{ fromJson(needs.plan.outputs." + name + ") }}"
        (command,) = [one for one in COMMANDS if f"--stage {name} --max-disk 10G" in one]
        assert ("--pulse" in command) is (name == "load")
        assert command.startswith("caniload matrix --shard ${{ matrix.shard }}")


MAY_WRITE = {
    "issues": {"issues"},
    "propose": {"contents", "pull-requests"},
}
"""Jobs, and what each may write; none of them runs what came out tonight."""


def test_each_job_may_write_no_more_than_it_does_and_actions_are_pinned() -> None:
    assert NIGHTLY["permissions"] == {"contents": "read"}
    for name, job in JOBS.items():
        may = {what for what, how in job.get("permissions", {}).items() if how == "write"}
        assert may == MAY_WRITE.get(name, set()), name
        runs = "".join(step.get("run", "") for step in job["steps"])
        if may:
            assert not re.search(r"caniload (matrix|env|report|merge|plan|cells)", runs), name
        if name != "propose":  # who pushes keeps the token
            checkouts = [one for one in job["steps"] if "checkout" in one.get("uses", "")]
            assert all(one["with"] == {"persist-credentials": False} for one in checkouts)
        assert "${{" not in runs.replace("${{ matrix.shard }}", "").replace(
            "${{ strategy.job-index }}", ""
        ), f"{name}: hand texts over as variables, a shell reads them"
    used = [
        step["uses"] for step in itertools.chain(STEPS, SETUP["runs"]["steps"]) if "uses" in step
    ]
    assert all(re.search(r"@v\d+$", one) for one in used if not one.startswith("./"))
    assert {one for one in used if one.startswith("./")} == {"./.github/actions/caniload"}


def test_machines_have_the_same_pythons() -> None:
    """Results are kept under the exact Python: what is cached on an image may differ in a night."""
    (python,) = [one for one in SETUP["runs"]["steps"] if "setup-python" in one.get("uses", "")]
    assert python["with"]["check-latest"] is True


@pytest.mark.parametrize("name", ["issues", "verdict"])
def test_what_is_told_is_told_although_something_has_failed(name: str) -> None:
    assert any(word in JOBS[name]["if"] for word in ("!cancelled()", "always()"))
    assert "!cancelled()" in JOBS["report"]["if"]


def test_the_night_is_kept_and_restored_under_the_same_name() -> None:
    cached = {
        step["uses"].partition("@")[0].rpartition("/")[2]: step["with"]
        for step in JOBS["report"]["steps"]
        if "actions/cache" in step.get("uses", "")
        and step["with"]["path"] == "caniload-home/nights"
    }
    assert cached["restore"]["key"] == cached["save"]["key"]
    assert cached["save"]["key"].startswith(cached["restore"]["restore-keys"])


GH = """#!/bin/bash
printf '%s\\x1f' "$@" >> calls
while [ $# -gt 0 ]; do
  if [ "$1" = --body-file ]; then cat "$2" >> calls; fi
  shift
done
printf '\\x1e' >> calls
"""


def step_of(job: str, name: str) -> str:
    (found,) = [step["run"] for step in JOBS[job]["steps"] if step.get("name") == name]
    return str(found)


def carried_out(folder: Path, script: str, **variables: str) -> list[list[str]]:
    """Run a step of the workflow as GitHub does, with a `gh` that notes what it is told."""
    stub = folder / "bin" / "gh"
    stub.parent.mkdir()
    stub.write_text(GH)
    stub.chmod(0o755)
    path = f"{stub.parent}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        check=True,
        timeout=60,
    )
    calls = folder / "calls"
    told = calls.read_text() if calls.exists() else ""
    return [one.split("\x1f") for one in told.split("\x1e") if one]


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq: apt install jq")


@needs_jq
def test_issues_are_carried_out_as_planned_whatever_stands_in_them(tmp_path: Path) -> None:
    evil = "$(touch harmed) `touch harmed`; \"quoted\" 'x' \\n --repo other"
    by = book()
    first = said(night({"a-1/lstm.h5/a-2": bad(evil)}), by=by)
    plan = issues.plan(first, []).as_json()
    number = {"number": 7, "comment": "over", "body": "", "title": ""}
    (opened,) = plan["steps"]
    steps = [opened, {**opened, **number, "do": "close"}, {**opened, "number": 8, "do": "update"}]
    (tmp_path / "plan.json").write_text(json.dumps({**plan, "steps": steps}))
    calls = carried_out(tmp_path, step_of("issues", "carry out"))
    assert [one[:3] for one in calls] == [
        ["issue", "create", "--title"],
        ["issue", "comment", "7"],
        ["issue", "close", "7"],
        ["issue", "edit", "8"],
    ]
    assert calls[0][3] == opened["title"]
    assert calls[0][-1] == opened["body"] == calls[3][-1]
    assert calls[1][-1] == "over"
    assert not (tmp_path / "harmed").exists()


@needs_jq
def test_proposals_become_branches_with_the_row_and_its_lock(tmp_path: Path) -> None:
    def git(*words: str, at: Path = tmp_path / "work") -> str:
        done = subprocess.run(
            ["git", *words], cwd=at, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    work, id_ = tmp_path / "work", "tf-9.9-numpy-9.9"
    (work / "runner" / "locks").mkdir(parents=True)
    git("init", "--quiet", "--bare", str(tmp_path / "origin"), at=tmp_path)
    git("init", "--quiet")
    git("remote", "add", "origin", str(tmp_path / "origin"))
    (work / "matrix.yaml").write_text("before\n")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "first")
    tried = work / "tried" / f"proposal-{id_}"
    tried.mkdir(parents=True)
    for name, text in (("matrix.yaml", "after\n"), (f"{id_}.txt", "lock\n"), ("body.md", "body\n")):
        (tried / name).write_text(text)
    proposals = [
        {"environment": "never-locked", "branch": "caniload/never-locked", "title": "Add nothing"},
        {"environment": id_, "branch": f"caniload/{id_}", "title": "Add numpy 9.9 beside tf-9.9"},
    ]
    calls = carried_out(
        work,
        step_of("propose", "propose"),
        PROPOSALS=json.dumps(proposals),
        GITHUB_SHA=git("rev-parse", "HEAD").strip(),
    )
    assert [one[:4] for one in calls] == [["pr", "create", "--head", f"caniload/{id_}"]]
    assert calls[0][-1] == "body\n"
    pushed = git(
        "log", "--format=%s", "--name-only", "-1", f"caniload/{id_}", at=tmp_path / "origin"
    )
    assert pushed.split("\n\n") == [
        "feat: add numpy 9.9 beside tf-9.9",
        f"matrix.yaml\nrunner/locks/{id_}.txt\n",
    ]
