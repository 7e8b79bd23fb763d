"""Environments as others read them: pylock.toml, and the head of a script."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.version import Version

from caniload.runner.commands.cli import main
from caniload.runner.core.shipped import MATRIX
from caniload.runner.environments import inlined, processes, pylocks
from caniload.runner.environments.locking import (
    LockError,
    first_lock,
    locked_versions,
    normal_name,
)
from caniload.runner.environments.variables import replay_variables
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

KNOWN = read_matrix(MATRIX)
SCRIPT = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
"""As PEP 723 has it."""


def stated(environment: Environment) -> Mapping[str, Any]:
    text = f"# a line before\n\n{inlined.header(environment)}\n\nimport os\n"
    (found,) = re.finditer(SCRIPT, text)
    assert found["type"] == "script"
    lines = found["content"].splitlines(keepends=True)
    return tomllib.loads("".join(one[2:] if one.startswith("# ") else one[1:] for one in lines))


@pytest.mark.parametrize("environment", KNOWN.environments, ids=lambda one: str(one.id))
def test_a_script_states_all_that_the_lock_has(environment: Environment) -> None:
    read = stated(environment)
    pins = locked_versions(first_lock(environment).read_text("utf-8"))
    asked = [Requirement(one) for one in read["dependencies"]]
    assert {normal_name(one.name): str(one.specifier) for one in asked} == {
        name: f"=={Version(version).public}" for name, version in pins.items()
    }
    assert read["requires-python"] == f"=={environment.python}.*"
    overrides = read.get("tool", {}).get("uv", {}).get("override-dependencies", [])
    assert overrides == list(environment.overrides)


def test_a_script_sets_what_its_processes_have() -> None:
    environment = KNOWN.environment("tf-2.16")
    done = subprocess.run(
        [sys.executable, "-c", f"{inlined.variables(environment)}\nprint(dict(os.environ))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert replay_variables(environment).items() <= ast.literal_eval(done.stdout).items()


def answering(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, *, without: str = ""
) -> None:
    """Let uv answer with all files that are locked, and with others for each package."""
    hashes = pylocks.locked_hashes(first_lock(environment).read_text("utf-8"))

    def wheel(name: str, version: str, sha256: str) -> str:
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        place = f"https://me:secret@index.example/{sha256[:8]}/{file}"
        return f'{{ url = "{place}", size = 1, hashes = {{ sha256 = "{sha256}" }} }}'

    def run(command: list[str], *, stdin: str, **_: object) -> processes.Finished:
        parts = ['lock-version = "1.0"', 'created-by = "uv"']
        for line in stdin.splitlines():
            name, version = line.split("==")
            listed = [*hashes[name]] if name != without else []
            wheels = ", ".join(wheel(name, version, one) for one in [*listed, "0" * 64])
            parts += ["[[packages]]", f'name = "{name}"', f'version = "{version}"']
            parts += [f"wheels = [{wheels}]"]
        return processes.Finished(code=0, output="\n".join(parts))

    monkeypatch.setattr(processes, "run", run)


def test_a_pylock_has_the_files_of_the_lock_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = KNOWN.environment("tf-2.16")
    answering(monkeypatch, environment)
    monkeypatch.chdir(tmp_path)
    assert main(["--matrix", str(MATRIX), "env", "export", "tf-2.16"]) == 0
    assert capsys.readouterr().out == "pylock.tf-2-16.toml\n"
    text = (tmp_path / "pylock.tf-2-16.toml").read_text()
    assert "secret" not in text
    read = Pylock.from_dict(tomllib.loads(text))
    locked = pylocks.locked_hashes(first_lock(environment).read_text("utf-8"))
    assert {
        one.name: {wheel.hashes["sha256"] for wheel in one.wheels or ()} for one in read.packages
    } == locked
    assert main(["--matrix", str(MATRIX), "env", "export", "tf-2.16", "-o", "-"]) == 0
    assert capsys.readouterr().out == text


def test_a_file_that_is_not_locked_is_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = KNOWN.environment("tf-2.16")
    answering(monkeypatch, environment, without="numpy")
    with pytest.raises(LockError, match=r"no file of numpy 1\.26\.4 with a hash of the lock"):
        pylocks.pylock(environment)
