"""The hooks of pre-commit: what they start is a command of ours, on files that are models."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from caniload.runner.commands.grammar.parser import parser

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_starts_a_command_that_takes_files(hook: dict[str, str]) -> None:
    program, *words = shlex.split(hook["entry"])
    assert program == "caniload"
    arguments = parser().parse_args([*words, "a.h5", "b.keras"])
    assert arguments.model == [Path("a.h5"), Path("b.keras")]
    assert hook["language"] == "python"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("model.h5", True),
        ("a/b.keras", True),
        ("old.hdf5", True),
        ("served/1/saved_model.pb", True),
        ("saved_model.pb", True),
        ("other.pb", False),
        ("keras.py", False),
        ("my_saved_model.pb", False),
    ],
)
def test_hooks_are_about_models(name: str, *, meant: bool) -> None:
    assert all(bool(re.search(hook["files"], name)) is meant for hook in HOOKS)
