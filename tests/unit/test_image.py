"""The Dockerfile holds every Python that the matrix asks for; it is built where Docker is (CI)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from caniload.runner.core.shipped import MATRIX
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.reading import read_matrix

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def held() -> set[str]:
    """Return the Pythons that are in the image, by how they come there."""
    (fetched,) = re.findall(r"uv python install --no-bin ([\d. ]+)", TEXT)
    copied = re.findall(r"^COPY --from=\w+ /usr/local /opt/python/(\S+)$", TEXT, re.MULTILINE)
    (own,) = re.findall(r"^FROM python:(\d+\.\d+)-slim-\w+$", TEXT, re.MULTILINE)
    return {*fetched.split(), *copied, own}


def test_no_python_is_missing_and_none_is_there_for_nothing() -> None:
    asked = {
        python for one in read_matrix(MATRIX).environments for python in (one.python, *one.pythons)
    }
    assert held() == asked


def test_what_uv_has_not_comes_from_an_image_of_that_python() -> None:
    lacking = {one.version for one in frameworks().pythons if frameworks().lacks(one.version, "uv")}
    stages = dict(re.findall(r"^FROM python:(\d+\.\d+)\.\d+-\S+ AS (\w+)$", TEXT, re.MULTILINE))
    assert stages.keys() == lacking
    for version, stage in stages.items():
        assert f"COPY --from={stage} /usr/local /opt/python/{version}\n" in TEXT


def test_they_are_found_where_the_image_has_them(tmp_path: Path) -> None:
    """By the folders that CANILOAD_PYTHONS names there, laid out as they are there."""
    (named,) = re.findall(r"CANILOAD_PYTHONS=(\S+)", TEXT)
    for version, folder in (("3.6", "3.6"), ("3.12", "uv/cpython-3.12.7-linux-x86_64-gnu")):
        program = tmp_path / "opt/python" / folder / "bin" / f"python{version}"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho {version}.1\n")
        program.chmod(0o755)
    variables = {
        "CANILOAD_PYTHONS": named.replace("/opt", str(tmp_path / "opt")),
        "CANILOAD_PYTHONS_ONLY": "1",
    }
    assert {*find_pythons(["3.6", "3.12"], variables)} == {"3.6", "3.12"}


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="there is no hadolint here")
def test_it_is_written_as_such_files_should_be() -> None:
    done = subprocess.run(
        ["hadolint", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
