"""The steps of action.yml, run by hand as a runner of GitHub runs them.

    python tests/action_steps.py PROJECT [INPUT=VALUE…]    # installs, asks, prints what came out

Each ``run:`` is given to ``bash --noprofile --norc -eo pipefail``, as there, with the variables and
files that a job has. Steps that use another action are named, not run. Of the expressions only
those are known that stand in our file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass(kw_only=True)
class Job:
    """What a run of the action left; ``used`` are the steps of other actions with what they got."""

    code: int = 0
    said: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    summary: str = ""
    given: dict[str, str] = field(default_factory=dict)

    def value(self, text: object) -> str:
        """Return a text with its expressions worked out; ``KeyError``: one that is not known."""
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda one: self._of(one[1]), str(text))

    def holds(self, text: str) -> bool:
        """Say whether a condition holds: comparisons, all of them."""
        for part in text.split(" && "):
            found = re.fullmatch(r"(\S+) (==|!=) '(.*)'", part)
            assert found, f"a condition that is not known here: {part}"
            if (self._of(found[1]) == found[3]) is not (found[2] == "=="):
                return False
        return True

    def _of(self, name: str) -> str:
        if name == "github.token":
            return "a-token"
        kind, _, rest = name.partition(".")
        if kind == "inputs":
            return self.given[rest]
        step, _, output = rest.partition(".outputs.")
        assert kind == "steps", name
        return self.outputs.get(step, {}).get(output, "")


def read() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def run(
    project: Path,
    temporary: Path,
    given: Mapping[str, str],
    surroundings: Mapping[str, str],
    without: Sequence[str] = (),
) -> Job:
    """Run all steps but those of an id in ``without``; a step that fails ends the job."""
    action = read()
    assert given.keys() <= action["inputs"].keys()
    job = Job(given={name: str(one["default"]) for name, one in action["inputs"].items()})
    job.given = {name: job.value(value) for name, value in job.given.items()} | {**given}
    summary = temporary / "summary.md"
    summary.touch()
    for number, step in enumerate(action["runs"]["steps"]):
        if "if" in step and not job.holds(step["if"]):
            continue
        if "uses" in step:
            job.used.append((step["uses"], {k: job.value(v) for k, v in step["with"].items()}))
            continue
        if step.get("id") in without:
            continue
        script, out = temporary / f"step-{number}.sh", temporary / f"outputs-{number}"
        script.write_text(step["run"], encoding="utf-8")
        out.touch()
        done = subprocess.run(
            [*SHELL, str(script)],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                **surroundings,
                "RUNNER_TEMP": str(temporary),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_OUTPUT": str(out),
                **{name: job.value(value) for name, value in step.get("env", {}).items()},
            },
        )
        job.said += done.stdout + done.stderr
        lines = (line.partition("=") for line in out.read_text("utf-8").splitlines())
        job.outputs[step.get("id", str(number))] = {key: value for key, _, value in lines}
        if done.returncode:
            job.code = done.returncode
            break
    job.summary = summary.read_text("utf-8")
    return job


def main() -> None:
    project, *words = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        given = dict(word.split("=", 1) for word in words)
        job = run(Path(project), Path(folder), given, {})
        print(job.said, end="")
        for name, values in job.outputs.get("ask", {}).items():
            print(f"output {name}={values}")
        for name, with_what in job.used:
            print(f"not run: {name} {with_what}")
        print(f"summary: {len(job.summary)} characters\nexit code {job.code}")


if __name__ == "__main__":
    main()
