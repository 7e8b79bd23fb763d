"""The workflow that publishes the site asks for what exists, and takes no report of a stranger."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
SITE: dict[str, Any] = yaml.safe_load((WORKFLOWS / "site.yml").read_text("utf-8"))
NIGHTLY: dict[str, Any] = yaml.safe_load((WORKFLOWS / "nightly.yml").read_text("utf-8"))
STEPS = [step for job in SITE["jobs"].values() for step in job["steps"]]
(OURS,) = [step["env"]["OURS"] for step in STEPS if "OURS" in step.get("env", {})]


def test_it_runs_after_the_night_and_takes_what_that_leaves() -> None:
    # YAML takes "on" for true.
    assert SITE[True]["workflow_run"]["workflows"] == [NIGHTLY["name"]]  # type: ignore[index]
    left = [
        step["with"]["name"]
        for job in NIGHTLY["jobs"].values()
        for step in job["steps"]
        if "upload-artifact" in step.get("uses", "")
    ]
    assert "report" in left
    assert any("--name report " in step.get("run", "") for step in STEPS)


def test_the_session_exists_and_writes_where_it_is_taken_from() -> None:
    assert any("nox -s site" in step.get("run", "") for step in STEPS)
    assert "def site(session" in (ROOT / "noxfile.py").read_text("utf-8")
    (path,) = [step["with"]["path"] for step in STEPS if "upload-pages" in step.get("uses", "")]
    assert f'ROOT / "{Path(path).parent}" / "{Path(path).name}"' in (
        ROOT / "docs" / "site" / "build.py"
    ).read_text("utf-8")


def test_only_publishing_may_write_and_actions_are_pinned() -> None:
    assert set(SITE["permissions"].values()) == {"read"}
    assert [name for name, job in SITE["jobs"].items() if "permissions" in job] == ["publish"]
    assert all(re.search(r"@v\d+$", step["uses"]) for step in STEPS if "uses" in step)


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is what GitHub's client filters with")
def test_a_report_of_a_stranger_is_passed_over() -> None:
    def artifact(run: int, repository: int, branch: str = "main", **more: bool) -> dict[str, Any]:
        where = {"id": run, "head_branch": branch, "head_repository_id": repository}
        return {"expired": False, "workflow_run": {**where, "repository_id": 1}, **more}

    def chosen(*found: dict[str, Any]) -> str:
        answer = json.dumps({"artifacts": found})
        return subprocess.run(
            ["jq", "-r", OURS], input=answer, capture_output=True, text=True, check=True
        ).stdout.strip()

    gone, strange = artifact(4, 1, expired=True), artifact(3, 2)
    assert chosen(gone, strange, artifact(2, 1, "topic"), artifact(1, 1)) == "1"
    assert chosen(gone, strange) == ""
    assert chosen() == ""
