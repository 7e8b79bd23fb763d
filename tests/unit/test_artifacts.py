"""Artifacts on disk: content-addressed, checked, and spoilt on purpose."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from caniload.runner.core.cells import Artifact
from caniload.runner.evidence import artifacts
from caniload.runner.evidence.artifacts import Stored, intact, sha256_of, spoil, take


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", '{"class": "Model"}')
    return file.getvalue()


def stored(root: Path, files: dict[str, bytes]) -> Stored:
    return take(folder(root / "tmp-new", files), root, "tf-2.10/dense/h5")


def test_taken_in_under_the_hash_of_its_content(tmp_path: Path) -> None:
    first = stored(tmp_path, {"model.h5": b"abc", "deep/er": b"de"})
    assert first.path == f"tf-2.10/dense/h5-{first.sha256[:12]}"
    assert (tmp_path / first.path / "deep/er").read_bytes() == b"de"
    assert first.bytes == 5
    assert not (tmp_path / "tmp-new").exists()
    assert stored(tmp_path, {"model.h5": b"abc", "deep/er": b"de"}) == first
    assert intact(Stored(**asdict(first)), tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"model.h5": b"abd", "deep/er": b"de"}, id="content"),
        pytest.param({"model.h5": b"abc", "deep/est": b"de"}, id="name"),
        pytest.param({"model.h5": b"abcde", "deep/er": b""}, id="content moved"),
        pytest.param({"model.h5": b"abc", "deep/er": b"de", "more": b""}, id="one file more"),
        pytest.param({"model.h5": b"abc"}, id="one file less"),
    ],
)
def test_the_hash_tells_folders_apart(tmp_path: Path, files: dict[str, bytes]) -> None:
    one = folder(tmp_path / "one", {"model.h5": b"abc", "deep/er": b"de"})
    assert sha256_of(one) != sha256_of(folder(tmp_path / "other", files))


def test_tampering_is_noticed(tmp_path: Path) -> None:
    found = stored(tmp_path, {"model.h5": b"abc"})
    file = tmp_path / found.path / "model.h5"
    file.write_bytes(b"abd")
    assert not intact(found, tmp_path)
    file.unlink()
    assert not intact(found, tmp_path)
    file.parent.rmdir()
    assert not intact(found, tmp_path)
    # What is taken in again goes in the place of what was tampered with.
    assert intact(stored(tmp_path, {"model.h5": b"abc"}), tmp_path)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [("truncated", b"\x89HD"), ("bitflipped", b"\x99HDF567"), ("empty", b"")],
)
def test_damage(tmp_path: Path, damage: str, expected: bytes) -> None:
    whole = stored(tmp_path, {"model.h5": b"\x89HDF567", "none": b""})
    artifact = Artifact(saved_by="tf-2.10", model="dense", format="h5", damage=damage)

    spoilt = spoil(whole, artifact, tmp_path)

    assert (tmp_path / spoilt.path / "model.h5").read_bytes() == expected
    assert (tmp_path / spoilt.path / "none").read_bytes() == b""
    assert spoilt.path.startswith(f"tf-2.10/dense-{damage}/h5-")
    assert spoil(whole, artifact, tmp_path) == spoilt
    assert intact(whole, tmp_path)
    assert not list(tmp_path.glob("tmp-*"))


def test_a_zip_is_damaged_where_its_reader_looks(tmp_path: Path) -> None:
    content = zipped()
    flipped = artifacts._DAMAGES["bitflipped"](content)
    assert sum(a != b for a, b in zip(content, flipped, strict=True)) == 1
    with zipfile.ZipFile(io.BytesIO(flipped)) as archive:
        assert archive.read("metadata.json") == b"{}"
        with pytest.raises(zipfile.BadZipFile, match="CRC"):
            archive.read("config.json")
