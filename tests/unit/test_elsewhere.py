"""Which environments have wheels on other platforms, by the files that an index lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version
from recorded import LISTING, matrix

from caniload.runner.commands.cli import main
from caniload.runner.commands.grammar.matrix import PLATFORMS as WRITTEN
from caniload.runner.packages import elsewhere, index
from caniload.runner.packages.listing import HERE, PLATFORMS, File, Listing, Release

MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")
ENVIRONMENT = matrix("tf-2.16").environment("tf-2.16")
OURS = dict(ENVIRONMENT.packages)


def release(package: str, version: str, *names: str, python: str | None = None) -> Release:
    files = tuple(
        File(name=name, requires_python=python, uploaded=None, yanked=False) for name in names
    )
    return Release(package=package, version=Version(version), files=files)


def listed(
    *tensorflow: str, h5py: str = "h5py-3.11.0-cp311-cp311-macosx_11_0_arm64.whl"
) -> Listing:
    version = OURS["tensorflow-cpu"]
    return {
        "tensorflow-cpu": (
            release(
                "tensorflow-cpu",
                version,
                f"tensorflow_cpu-{version}-cp311-cp311-manylinux_2_17_x86_64.whl",
            ),
        ),
        "tensorflow": (release("tensorflow", version, *tensorflow),),
        "keras": (release("keras", OURS["keras"], f"keras-{OURS['keras']}-py3-none-any.whl"),),
        "numpy": (
            release("numpy", "1.26.4", "numpy-1.26.4-cp311-cp311-macosx_11_0_universal2.whl"),
        ),
        "h5py": (release("h5py", "3.11.0", h5py),),
        "protobuf": (
            release("protobuf", "4.25.3", "protobuf-4.25.3-cp37-abi3-macosx_10_9_universal2.whl"),
        ),
    }


def row(listing: Listing, platform: str = "macosx_arm64") -> elsewhere.Row:
    (found,) = elsewhere.rows([ENVIRONMENT], listing, platform)
    return found


def test_what_another_build_lacks_the_whole_may_have() -> None:
    version = OURS["tensorflow-cpu"]
    found = row(listed(f"tensorflow-{version}-cp311-cp311-macosx_12_0_arm64.whl"))
    assert (found.python, found.instead) == ("3.11", {"tensorflow-cpu": "tensorflow"})
    assert (found.missing, found.source) == ((), ())


def test_a_further_python_may_have_what_the_first_has_not() -> None:
    version = OURS["tensorflow-cpu"]
    listing = listed(f"tensorflow-{version}-cp312-cp312-macosx_12_0_arm64.whl")
    found = row(listing)
    assert found.python == "3.12"
    assert found.source == ("numpy 1.26.4", "h5py 3.11.0")  # wheels are of 3.11


def test_what_is_of_another_platform_or_another_release_does_not_count() -> None:
    version = OURS["tensorflow-cpu"]
    for name in (
        f"tensorflow-{version}-cp311-cp311-macosx_10_15_x86_64.whl",
        f"tensorflow-{version}-cp311-cp311-win_amd64.whl",
        f"tensorflow-{version}-cp310-cp310-macosx_12_0_arm64.whl",
        f"tensorflow-{version}.tar.gz",
    ):
        found = row(listed(name))
        assert found.python is None
        assert found.missing == (f"tensorflow-cpu {version} for Python 3.12",)


def test_where_we_are_all_of_the_recorded_have_wheels() -> None:
    environments = matrix().environments
    found = elsewhere.rows(environments, LISTING, HERE)
    assert [one.environment for one in found if one.python is None] == []


def test_every_platform_is_told_by_its_name() -> None:
    assert tuple(PLATFORMS) == WRITTEN


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    version = OURS["tensorflow-cpu"]
    listing = listed(f"tensorflow-{version}-cp311-cp311-macosx_12_0_arm64.whl", h5py="h5py.tar.gz")
    monkeypatch.setattr(index, "releases", lambda names: {one: listing[one] for one in names})
    words = ["--matrix", MATRIX, "plan", "--envs", "tf-2.16", "--platform", "macosx_arm64"]
    assert main(words) == 0
    head, line, note = capsys.readouterr().out.splitlines()
    assert head == "macosx_arm64: 1 of 1 environments have wheels of what they are about"
    assert line.split(", ") == [
        "  tf-2.16  Python 3.11",
        "tensorflow in place of tensorflow-cpu",
        "h5py 3.11.0 from source alone",
    ]
    assert note.endswith("nothing was run there.")
    assert main([*words, "--json"]) == 0
    (read,) = json.loads(capsys.readouterr().out)
    assert (read["environment"], read["source"]) == ("tf-2.16", ["h5py 3.11.0"])


def test_without_an_index_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert main(["--matrix", MATRIX, "plan", "--platform", "win_amd64"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "caniload: UV_OFFLINE is set, so the package index is not asked; unset it"
