"""The package index that this machine is set up for, really asked; builds and runs nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.pylock import Pylock

from caniload.runner.environments import uv
from caniload.runner.environments.locking import locked_versions
from caniload.runner.packages import index

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]


def caniload(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "caniload", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_it_tells_what_we_need_to_know() -> None:
    found = index.releases(["tensorflow", "tf-keras", "there-is-no-such-package-at-all"])
    (one,) = [release for release in found["tensorflow"] if str(release.version) == "2.16.1"]
    assert one.fits("3.11")
    assert not one.fits("3.8")
    assert one.uploaded is not None
    assert one.uploaded.isoformat() == "2024-03-09"
    assert found["there-is-no-such-package-at-all"] == ()


def test_an_environment_taken_away_is_found_again(tmp_path: Path) -> None:
    whole = yaml.safe_load((ROOT / "matrix.yaml").read_text(encoding="utf-8"))
    entries = {entry["id"]: entry for entry in whole["environments"]}
    left = _without(whole, "tf-2.16")
    path = tmp_path / "matrix.yaml"
    path.write_text(yaml.safe_dump(left, sort_keys=False), encoding="utf-8")

    done = caniload("--matrix", str(path), "releases", "--json")

    assert done.returncode == 0, done.stderr
    offers = json.loads(done.stdout)["releases"]
    (again,) = [
        offer
        for offer in offers
        if offer["package"] == "tensorflow" and offer["version"].startswith("2.16.")
    ]
    assert again["entry"]["id"] == "tf-2.16"
    assert again["entry"]["packages"] == entries["tf-2.16"]["packages"]
    assert again["cost"]["cells"] > 0


def _without(matrix: dict[str, Any], name: str) -> dict[str, Any]:
    """Take one environment away: its entry, and its id where a choice names it; rules name none."""

    def left(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: left(one) for key, one in value.items()}
        if isinstance(value, list):
            return [left(one) for one in value if one != name and _id(one) != name]
        return value

    return {key: left(value) for key, value in matrix.items()}


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else None


def test_what_is_exported_is_taken_by_uv_and_is_the_lock(tmp_path: Path) -> None:
    out = tmp_path / "pylock.tf-2-21.toml"
    done = caniload("env", "export", "tf-2.21", "-o", str(out))
    assert done.returncode == 0, done.stderr
    read = Pylock.from_dict(tomllib.loads(out.read_text("utf-8")))
    locked = {one.name: str(one.version) for one in read.packages}
    texts = (one.read_text("utf-8") for one in (ROOT / "runner" / "locks").glob("tf-2.21.*txt"))
    assert locked in [locked_versions(text) for text in texts]  # of the Python that is here
    program = uv.find_uv()
    assert program
    taken = subprocess.run(
        [
            *(program, "pip", "install", "--dry-run", "--color=never", "-r", str(out)),
            *("--target", str(tmp_path / "nowhere"), "--python", sys.executable),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert taken.returncode == 0, taken.stderr
    assert dict(re.findall(r"^ \+ ([\w-]+)==(\S+)", taken.stderr, re.MULTILINE)) == locked


def test_the_platform_where_we_are_has_wheels_of_all() -> None:
    words = ["plan", "--profile", "default", "--platform", "manylinux_x86_64", "--json"]
    done = caniload(*words)
    assert done.returncode == 0, done.stderr
    assert [one for one in json.loads(done.stdout) if one["python"] is None] == []
