"""Pythons of a machine that has not the first choice: fetched from a mirror, or another of its own.

The mirror is a folder with a Python of this machine, packed as uv expects it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from test_environments import LIMITS, MINOR, Workshop

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments.build import Receipt, build
from caniload.runner.environments.fetching import Offer
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.evidence.resolve import Resolved, resolve
from caniload.runner.matrix.schema import Environment

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

VERSION = "{}.{}.{}".format(*sys.version_info)
UNNEEDED = ("/test", "/site-packages/", "/dist-packages/", "/__pycache__", "/config-", "/idlelib")
ADDRESS = "https://github.com/astral-sh/python-build-standalone/releases/download"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop on a machine without a Python, whose installers see its wheels and its mirror."""
    made = Workshop(tmp_path)
    made.home = Home(root=made.home.root, fetches=True)
    made.wheel("keras", "9.0", "__version__ = '9.0'\n")
    (tmp_path / "mirror" / "1").mkdir(parents=True)
    (tmp_path / "mirror" / "list.json").write_text(json.dumps({"cpython": _listed()}))
    settings = {
        "HOME": str(tmp_path / "somebody"),
        "CANILOAD_PYTHONS": str(tmp_path / "none"),
        "CANILOAD_PYTHONS_ONLY": "1",
        "PIP_FIND_LINKS": str(made.wheels),
        "PIP_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_INSTALL_MIRROR": (tmp_path / "mirror").as_uri(),
        "UV_PYTHON_DOWNLOADS_JSON_URL": (tmp_path / "mirror" / "list.json").as_uri(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    return made


def _listed() -> dict[str, object]:
    major, minor, patch = sys.version_info[:3]
    return {
        "name": "cpython",
        "arch": {"family": "x86_64", "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": f"{ADDRESS}/1/python.tar.gz",
        "sha256": None,
        "variant": None,
        "build": "1",
    }


def _pack(archive: Path) -> None:
    """Pack the Python that runs the tests: its program and its standard library."""

    def wanted(one: tarfile.TarInfo) -> tarfile.TarInfo | None:
        # Debian's has links to /etc, which uv takes from nobody.
        leads_out = one.issym() and one.linkname.startswith("/")
        return None if leads_out or any(name in one.name for name in UNNEEDED) else one

    root = Path(sys.base_prefix)
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add((root / "bin" / f"python{MINOR}").resolve(), f"python/bin/python{MINOR}")
        for library in (root / "lib").glob(f"libpython{MINOR}.so*"):
            packed.add(library, f"python/lib/{library.name}")
        packed.add(
            root / "lib" / f"python{MINOR}",
            f"python/lib/python{MINOR}",
            filter=wanted,
        )


def _resolved(workshop: Workshop, environment: Environment) -> Resolved:
    found = resolve([environment], home=workshop.home, locks=workshop.locks)
    return found.usable[environment.id]


def _built(workshop: Workshop, found: Resolved) -> Receipt:
    return build(
        found.environment,
        home=workshop.home,
        interpreter=found.interpreter,
        limits=LIMITS,
        locks_dir=workshop.locks,
    )


def test_a_missing_python_comes_from_the_mirror_into_the_home(workshop: Workshop) -> None:
    _pack(workshop.home.root.parent / "mirror" / "1" / "python.tar.gz")
    environment = workshop.environment()
    workshop.lock(environment, find_pythons([MINOR], {}).get(MINOR))
    offered = _resolved(workshop, environment)

    receipt = _built(workshop, offered)

    assert isinstance(offered.interpreter, Offer)
    assert receipt.python == offered.interpreter.version == VERSION
    assert Path(receipt.interpreter).is_relative_to(workshop.home.pythons)
    assert not list((workshop.home.root.parent).glob("somebody/.local/bin/*"))
    again = _resolved(workshop, environment)
    assert not isinstance(again.interpreter, Offer)
    assert again.fingerprint == offered.fingerprint
    assert _built(workshop, again) == receipt


def test_a_python_that_cannot_be_had_is_no_error_of_ours(workshop: Workshop) -> None:
    environment = workshop.environment()
    workshop.lock(environment, find_pythons([MINOR], {}).get(MINOR))
    with pytest.raises(EnvironmentUnusable) as refused:
        _built(workshop, _resolved(workshop, environment))
    assert f"needs Python {MINOR}, which cannot be fetched: uv says: " in refused.value.reason
    assert "No such file" in refused.value.reason


def test_tensorflow_on_another_python_than_its_first(
    shared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_pythons(["3.13"]).get("3.13")
    if found is None:
        pytest.skip("this machine has no Python 3.13")
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CANILOAD_PYTHONS", str(found.path))
    monkeypatch.setenv("CANILOAD_PYTHONS_ONLY", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(shared_home / "cache" / "uv"))

    chosen = ("--envs", "tf-2.21", "--models", "dense", "--formats", "keras")
    done = subprocess.run(
        [sys.executable, "-m", "caniload", "matrix", "--no-fetch", *chosen],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert "on Python 3.13, for want of their first: tf-2.21" in done.stderr
    receipt = json.loads((tmp_path / "home/environments/tf-2.21/receipt.json").read_text())
    assert receipt["python"] == found.version
    told = subprocess.run(
        [sys.executable, "-m", "caniload", "cells", *chosen],
        capture_output=True,
        text=True,
        check=True,
    )
    (cell,) = map(json.loads, told.stdout.splitlines())
    assert (cell["outcome"], cell["evidence"]) == ("identical", True)
