"""Interpreters are found where they are, proved by running them, and can be hidden."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from caniload.runner.environments import pythons
from caniload.runner.environments.pythons import Interpreter, find_pythons, how_to_get

MINOR = "{}.{}".format(*sys.version_info)


def program(path: Path, version: str) -> Path:
    """Write a program that answers as that Python would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_the_running_python_is_found_without_being_named() -> None:
    found = find_pythons([MINOR], {})
    assert found[MINOR].version == "{}.{}.{}".format(*sys.version_info)


def test_only_what_was_named_is_looked_at(tmp_path: Path) -> None:
    variables = {"CANILOAD_PYTHONS": str(tmp_path), "CANILOAD_PYTHONS_ONLY": "1"}
    assert find_pythons([MINOR, "3.7"], variables) == {}
    named = program(tmp_path / "python3.7", "3.7.17")
    assert find_pythons([MINOR, "3.7"], variables) == {"3.7": Interpreter(named, "3.7.17")}


@pytest.mark.parametrize(
    "place", ["python", "bin/python3.6", "3.6.15/bin/python", "cpython-3.6.15-linux/bin/python3"]
)
def test_a_named_folder_may_hold_programs_or_installations(tmp_path: Path, place: str) -> None:
    path = program(tmp_path / place, "3.6.15")
    variables = {"CANILOAD_PYTHONS": str(tmp_path), "CANILOAD_PYTHONS_ONLY": "1"}
    assert find_pythons(["3.6"], variables) == {"3.6": Interpreter(path, "3.6.15")}


def test_what_is_named_goes_before_what_is_found(tmp_path: Path) -> None:
    named = program(tmp_path / "mine" / "anything", f"{MINOR}.99")
    found = find_pythons([MINOR], {"CANILOAD_PYTHONS": str(named), "HOME": str(tmp_path)})
    assert found[MINOR] == Interpreter(named, f"{MINOR}.99")


def test_version_managers_are_searched_newest_first(tmp_path: Path) -> None:
    versions = tmp_path / ".pyenv" / "versions"
    for version in ("3.6.9", "3.6.15", "3.60.1"):
        program(versions / version / "bin" / "python3.6", version)
    found = find_pythons(["3.6"], {"HOME": str(tmp_path), "PATH": ""})
    assert found["3.6"].version == "3.6.15"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            "#!/bin/sh\necho 'pyenv: python3.6: command not found' >&2; exit 127", id="shim"
        ),
        pytest.param("#!/bin/sh\necho 3.5.2", id="another version"),
        pytest.param("#!/bin/sh\necho hello", id="no Python"),
        pytest.param("#!/no/such/interpreter\n", id="broken"),
        pytest.param("#!/bin/sh\nexec sleep 30", id="hangs"),
    ],
)
def test_what_does_not_answer_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(pythons, "_VERIFY_SECONDS", 0.5)
    bad = program(tmp_path / "bad" / "python3.6", "")
    bad.write_text(script)
    good = program(tmp_path / "good" / "python3.6", "3.6.15")
    variables = {"PATH": f"{bad.parent}:{good.parent}", "HOME": str(tmp_path)}
    assert find_pythons(["3.6"], variables)["3.6"] == Interpreter(good, "3.6.15")


def test_how_to_get() -> None:
    assert "uv python install 3.12" in how_to_get("3.12")
    assert "uv" not in how_to_get("3.7")  # which it does not offer
    assert "pyenv install 3.7" in how_to_get("3.7")
