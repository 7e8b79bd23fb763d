"""What is wrong with a file is said in one line, by the command itself; nothing is built for it."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import caniload
from caniload.runner.answering import asking
from caniload.runner.checking.subjects import gather
from caniload.runner.commands import cli
from caniload.runner.sandbox import walls

ROOT = Path(__file__).parents[2]
MATRIX = str(ROOT / "matrix.yaml")
RECORDED = Path(__file__).with_name("recorded_models.zip")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    folder = tmp_path / "files"
    with zipfile.ZipFile(RECORDED) as archive:
        archive.extractall(folder)
    whole = (folder / "tf-1.15-lstm.h5").read_bytes()
    (folder / "truncated.h5").write_bytes(whole[: len(whole) // 2])
    (folder / "text.h5").write_text("just a text\n")
    (folder / "zero.h5").write_bytes(b"")
    (folder / "pickle.h5").write_bytes(pickle.dumps({"a": 1}))
    (folder / "empty").mkdir()
    (folder / "closed").mkdir()
    monkeypatch.chdir(folder)
    return folder


def check(*arguments: str) -> int:
    return cli.main(["--matrix", MATRIX, "check", *arguments])


@pytest.mark.parametrize(
    ("name", "told", "code"),
    [
        ("truncated.h5", "HDF5 file that is cut off: ", 2),
        ("text.h5", "no model: a text, and no description of one", 2),
        ("zero.h5", "an empty file", 2),
        ("empty", "an empty folder", 2),
        ("missing.h5", "there is no such file or folder", 2),
        ("pickle.h5", "a pickle, which is not opened", 2),
        ("savedmodel", "not run, for loading it runs or reaches more than a model", 2),
        ("keras-3.13.weights.h5", "weights only: code must build the model first", 5),
        ("checkpoint", "weights only: code must build the model first", 5),
    ],
)
def test_one_clear_line(
    name: str, told: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(name, "--run", "--to", "2.15") == code
    said = capsys.readouterr().out.splitlines()
    assert said[0] == name
    assert said[1].strip().startswith(told)  # before what the file says of itself
    assert len(said) <= 3


@pytest.mark.parametrize(
    ("name", "held"), [("savedmodel", True), ("truncated.h5", False), ("pickle.h5", False)]
)
def test_what_could_be_loaded_and_is_not_is_held_back(
    name: str,
    held: bool,  # noqa: FBT001 - a table
    capsys: pytest.CaptureFixture[str],
) -> None:
    check(name, "--run", "--to", "2.15", "--json")
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["held_back"], found["readable"]) == (held, False)


def test_without_a_sandbox_it_is_the_machine_that_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    none = SimpleNamespace(refusal="no sandbox holds here")
    monkeypatch.setattr(walls, "of", lambda *_: none)
    assert check("keras-2.15.keras", "--run", "--to", "2.15", "--json") == 2
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["problem"], found["held_back"]) == ("no sandbox holds here", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "closed").chmod(0)
    assert check("closed") == 2
    assert "no permission to read it" in capsys.readouterr().out


@pytest.fixture
def nothing_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "shelf", lambda _home: ([], []))


@pytest.mark.usefixtures("nothing_brought")
def test_without_any_evidence_it_says_so_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check("tf-1.15-lstm.h5", "--to", "2.15", "--json") == 5
    (found,) = json.loads(capsys.readouterr().out)
    assert "`caniload matrix`" in found["notes"][0]
    assert {one["basis"] for one in found["answers"]} == {"not known"}
    assert all("--run tries it" in one["reason"] for one in found["answers"])


@pytest.mark.usefixtures("nothing_brought")
def test_constructors_need_no_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("tf-1.15-lstm.h5", "--to", "2.21", "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)
    refused = [one for one in found["answers"] if "constructors" in one["basis"]]
    assert refused
    assert all(one["outcome"] == "error" and "time_major" in one["reason"] for one in refused)


@pytest.mark.usefixtures("nothing_brought")
def test_a_rule_needs_no_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("savedmodel", "--to", "2.21", "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert {one["basis"] for one in found["answers"]} == {"by rule"}


def test_what_comes_with_caniload_is_marked_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("keras-2.15.keras", "--to", "2.21", "--json") in (1, 5)
    (found,) = json.loads(capsys.readouterr().out)
    used = [one for one in found["answers"] if one["cells"]]
    assert used
    assert all(one["likely"] for one in used)
    assert "measured for this release of caniload" in " ".join(found["notes"])


@pytest.mark.parametrize(("purpose", "told"), [("train", True), ("predict", False)])
def test_who_trains_is_told_that_nothing_was_compiled(
    purpose: str,
    told: bool,  # noqa: FBT001 - a table
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = str(ROOT / "docs" / "examples" / "keras_model.h5")
    check(model, "--to", "2.15", "--for", purpose, "--json")
    (found,) = json.loads(capsys.readouterr().out)
    assert ("compile it before" in " ".join(found["notes"])) is told


def test_versions_that_are_named_one_by_one_are_all_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check("keras-2.15.keras", "--to", "2.15", "--to", "2.18,2.21", "--json")
    (found,) = json.loads(capsys.readouterr().out)
    asked = [one["environment"] for one in found["answers"]]
    assert {"tf-2.15", "tf-2.18", "tf-2.21"} <= {*asked}


def test_a_path_alone_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zero.h5"]) == 2
    assert "an empty file" in capsys.readouterr().out
    assert cli.main(["empty"]) == 2  # a folder of that name is here
    assert cli.main(["dance"]) == 2  # and none of this


def test_a_zoo_is_all_models_in_it(files: Path) -> None:
    (files / "config.json").write_text("{}")
    names = [one.path.relative_to(files).as_posix() for one in gather([files])]
    assert "config.json" not in names
    assert "savedmodel/saved_model.pb" not in names
    assert {"savedmodel", "keras-2.15.keras", "tf-1.15-lstm.h5", "zero.h5"} <= set(names)


def test_the_same_content_under_another_name_is_the_same(files: Path) -> None:
    whole = (files / "tf-1.15-lstm.h5").read_bytes()
    (files / "copy.h5").write_bytes(whole)
    (files / "copy.hdf5").write_bytes(whole)
    one, copy, other = gather([files / "tf-1.15-lstm.h5", files / "copy.h5", files / "copy.hdf5"])
    assert one.sha256 == copy.sha256
    assert one.sha256 != other.sha256  # loaders go by the ending


def test_weights_under_a_name_that_is_read_otherwise_are_another_file(tmp_path: Path) -> None:
    """Keras from 2.12 on reads x.weights.h5 in another layout than x.h5, whatever is in it."""
    content = Path(__file__).with_name("recorded_models.zip")
    with zipfile.ZipFile(content) as archive:
        whole = archive.read("keras-3.13.weights.h5")
    for name in ("a.h5", "b.h5", "b.weights.h5"):
        (tmp_path / name).write_bytes(whole)
    found = {one.path.name: one.sha256 for one in gather([tmp_path])}
    assert found["a.h5"] == found["b.h5"] != found["b.weights.h5"]


def test_inputs_must_be_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("tf-1.15-lstm.h5", "--inputs", "text.h5") == 2
    assert "no .npz file" in capsys.readouterr().err


def test_python_asks_the_same(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (found,) = caniload.check(files / "zero.h5")
    assert found.problem == "an empty file"
    assert not found.readable


@pytest.mark.parametrize("spoilt", ["saved_model.pb", "fingerprint.pb"])
def test_a_damaged_model_is_one_and_not_the_weights_in_it(tmp_path: Path, spoilt: str) -> None:
    with zipfile.ZipFile(Path(__file__).with_name("recorded_models.zip")) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "savedmodel"
    (folder / spoilt).write_bytes(b"\xff" * 100)
    (one,) = gather([folder])
    assert one.path == folder
    assert ("is damaged" in (one.problem or "")) == (spoilt == "saved_model.pb")
