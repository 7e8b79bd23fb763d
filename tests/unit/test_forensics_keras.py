"""What is said of .keras files, whole, unpacked and spoilt."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from model_files import DENSE, INPUT, functional, keras_file, kinds

from caniload.runner.forensics.facts import Holds, Severity
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]


def test_a_real_keras_file(recorded: Path) -> None:
    one = inspect_here(recorded / "keras-2.15.keras")
    assert (one.format, one.holds) == ("keras", Holds.MODEL)
    assert one.origin.keras_version == "2.15.0"
    assert one.origin.date_saved == "2026-11-22@18:08:46"
    assert one.origin.backend is None
    assert one.weights is not None
    assert one.weights.parameters == 37
    assert one.optimizer is None
    assert not one.findings


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../../evil", "zip-path-traversal"), ("/etc/evil", "zip-path-traversal")],
)
def test_zip_members_with_names_that_lead_out(tmp_path: Path, name: str, kind: str) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE), **{name: b"x"})
    assert kinds(inspect_here(path), Severity.DANGER) == {kind}


def test_a_zip_member_that_grows(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/bomb", bytes(4 * 2**20))
    assert kinds(inspect_here(path), Severity.DANGER) == {"zip-bomb"}


def test_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    content = path.read_bytes()
    place = content.rindex(b"\x89HDF") + 600
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert "zip-checksum" in kinds(inspect_here(path), Severity.DAMAGE)


def test_a_keras_file_unpacked_as_a_folder(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "m")
    one = inspect_here(tmp_path / "m")
    assert (one.format, one.variant, one.sound) == ("keras", "folder", True)
    assert one.weights is not None
    assert one.weights.parameters == 10
