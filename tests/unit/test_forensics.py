"""What is said of any file: what is no model, what kills its reader, and how it is told."""

from __future__ import annotations

import json
import os
import pickle
import random
from pathlib import Path
from typing import Any

import mutations
import pytest
from model_files import DENSE, INPUT, functional, hdf5

import caniload
from caniload.runner.commands import cli
from caniload.runner.forensics import apart, worker
from caniload.runner.forensics.describe import as_json, as_lines, shown
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("unpickled",)


def test_a_pickle_is_told_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    one = inspect_here(path)
    assert "mkdir" in one.findings[0].text
    assert one.problem is not None
    assert not Path("unpickled").exists()


OTHERS = {
    "nothing": (b"", "an empty file"),
    "text": (b"hello", "no model: a text, and no description of one"),
    "json": (b'{"a": 1}', "a JSON text, but no description of a model"),
    "zeros": (bytes(100), "begins with zeros"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
    "html": (b"<!DOCTYPE html><p>404", "an HTML or XML text, perhaps the error page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(100), "a TensorFlow Lite model"),
    "hdf5 cut short": (b"\x89HDF\r\n\x1a\n" + b"\xff" * 300, "HDF5 file that cannot be opened"),
    "zip cut short": (b"PK\3\4" + b"\xff" * 300, "a zip file that is cut short"),
    "brackets": (b"[" * 100_000, "holds JSON nested deeper than is read"),
    "deep": (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper"),
}


@pytest.mark.parametrize(("content", "told"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_model_is_named_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    one = inspect_here(path)
    assert told in str(one.problem)
    assert "\n" not in str(one.problem)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in str(inspect_here(tmp_path / "pipe").problem)
    assert inspect_here(tmp_path / "none").problem == "there is no such file or folder"
    (tmp_path / "folder").mkdir()
    assert inspect_here(tmp_path / "folder").problem == "an empty folder"
    for name in ("a.h5", "b.h5"):
        hdf5(tmp_path / "folder" / name)
    assert "name one in it: a.h5, b.h5" in str(inspect_here(tmp_path / "folder").problem)


def test_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    config = functional(INPUT, DENSE)
    config["config"]["name"] = "\x1b[2Jgone\u202e\nx"
    lines = list(as_lines(inspect_here(hdf5(tmp_path / "m.h5", config))))
    assert "  model       Functional gone x" in lines
    assert shown("x" * 1_000) == f"{'x' * 200}…"


def test_the_schema_stays(recorded: Path) -> None:
    """A field that goes, or is called otherwise, needs another number in ``facts.SCHEMA``."""
    (data,) = as_json([(inspect_here(recorded / "keras-2.15.keras"), ())])
    assert data["schema"] == 1
    assert set(data) == {
        *("path", "schema", "problem", "format", "variant", "holds", "files", "bytes", "origin"),
        *("model_class", "model_name", "layers", "layers_by_class", "inputs", "outputs"),
        *("dtype_policies", "stated", "custom", "code", "optimizer", "loss", "metrics", "weights"),
        *("findings", "asks_for", "sha256", "stops", "allowed", "advisories", "packaging"),
        *("signatures", "tags"),
    }
    assert set(data["origin"]) == {
        *("keras_version", "tensorflow_version", "backend", "date_saved", "graph_producer")
    }


def test_inspect_from_python(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    assert caniload.inspect(path) == inspect_here(path)
    assert caniload.inspect(str(tmp_path / "none")).problem == "there is no such file or folder"


def test_a_file_that_kills_its_reader_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is replaced by one that dies on the second path, by a signal and by a fault."""
    good = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    dies = apart._START.replace(
        "main()",
        "import os, signal, caniload.runner.forensics.worker as w; read = w.inspect_here;"
        "w.inspect_here = lambda p: os.kill(os.getpid(), signal.SIGSEGV)"
        " if p.name == 'segv' else 1 / 0 if p.name == 'fault' else read(p); main()",
    )
    monkeypatch.setattr(apart, "_START", dies)
    names = [good, Path("segv"), good, Path("fault"), good]
    found = list(apart.inspect_all(names))
    assert [one.path for one in found] == [str(name) for name in names]
    assert [one.problem for one in found] == [
        None,
        "crashes the library that reads it (SIGSEGV)",
        None,
        "cannot be read for a fault of caniload's own: ZeroDivisionError: division by zero",
        None,
    ]


def test_time_is_bounded_by_size(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_bytes(b"x")
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(10**12)
    assert worker.budget(small) < 1
    assert worker.budget(tmp_path / "large") == worker.SECONDS_AT_MOST
    assert worker.budget(tmp_path / "none") == worker.SECONDS


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(hdf5(tmp_path / "m.h5", functional(INPUT, DENSE)))
    assert cli.main(["inspect", good]) == 0
    assert "parameters  10 in 2 arrays, float32, 40 bytes" in capsys.readouterr().out
    assert cli.main(["inspect", "--json", "nowhere", good]) == 2
    bad, fine = json.loads(capsys.readouterr().out)
    assert (bad["problem"], fine["problem"]) == ("there is no such file or folder", None)
    assert fine["weights"]["parameters"] == 10


def test_damaged_copies_end_in_an_answer(recorded: Path, tmp_path: Path) -> None:
    """`python tests/mutations.py FOLDER` does the same 5,000 times, with files of every version."""
    found = mutations.originals(recorded) + sorted(recorded.glob("*.*"))
    found += [recorded / "savedmodel", recorded / "checkpoint" / "model.ckpt.index"]
    chance = random.Random(7)
    paths = [
        mutations.spoil(found[n % len(found)], chance.choice(found), tmp_path / str(n), chance)
        for n in range(200)
    ]
    answers = list(apart.inspect_all(paths))
    assert len(answers) == len(paths)
    for one in answers:
        assert "fault of caniload" not in (one.problem or "")
        assert list(as_lines(one))
