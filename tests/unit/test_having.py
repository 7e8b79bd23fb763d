"""A project's lock as what somebody has: read in every format, and the nearest environment told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from caniload.runner.commands.cli import main
from caniload.runner.core.errors import UsageError
from caniload.runner.environments import having
from caniload.runner.environments.locking import first_lock
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.project import locked

ROOT = Path(__file__).parents[2]
MATRIX = read_matrix(ROOT / "matrix.yaml")
EXAMPLE = ROOT / "docs" / "examples" / "text.h5"

UV = """version = 1
revision = 2
requires-python = ">=3.11"

[[package]]
name = "tensorflow"
version = "2.16.1"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "keras" }]

[[package]]
name = "keras"
version = "3.4.1"
source = { registry = "https://index.example/simple" }

[[package]]
name = "ours"
source = { virtual = "." }
"""
PYLOCK = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "tensorflow-cpu"
version = "2.16.1"

[[packages]]
name = "Keras"
version = "3.4.1"
"""
POETRY = """[[package]]
name = "tensorflow"
version = "2.16.1"
description = "..."
optional = false
files = []

[[package]]
name = "keras"
version = "3.4.1"

[metadata]
lock-version = "2.1"
"""
REQUIREMENTS = """# by pip-compile
--index-url https://index.example/simple
tensorflow[and-cuda]==2.16.1 ; python_version >= "3.9" \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via ours
keras == 3.4.1  # as TensorFlow has it
numpy>=1.23
-r more.txt
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV),
        ("pylock.toml", PYLOCK),
        ("poetry.lock", POETRY),
        ("requirements.txt", REQUIREMENTS),
    ],
)
def test_every_kind_of_lock_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    (tmp_path / "more.txt").write_text("scipy==1.13.0\n")
    found = having.nearest(locked.read(path), MATRIX.environments)
    assert found.environment.id == "tf-2.16"
    assert found.sentence.startswith(
        "nearest is tf-2.16: the same keras 3.4.1; otherwise tensorflow"
    )
    assert "tensorflow 2.16.1 (2.16.2 there)" in found.sentence
    words = ["--matrix", str(ROOT / "matrix.yaml"), "check", str(EXAMPLE), "--env-from", str(path)]
    main(words)
    out, err = capsys.readouterr()
    assert err.startswith(f"{path}: nearest is tf-2.16: ")
    assert "tf-2.16  " in out
    assert "tf-2.21" not in out


def test_our_own_locks_are_nearest_to_their_own_environments() -> None:
    """Each finds itself, or one with the same of all that is compared."""
    for one in MATRIX.environments:
        found = having.nearest(locked.read(first_lock(one)), MATRIX.environments)
        assert found.exact, (one.id, found.sentence)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flask==3.0\n", "has no exact version of tensorflow or keras or tf-keras"),
        ("tensorflow>=2.16\n", "no exact version is in it; known are uv.lock, "),
        ("[project]\nname = 'x'\n", "no packages are listed in it; known are uv.lock, "),
        ("\0\0", "no exact version is in it"),
        ("-r nowhere.txt\n", "nowhere.txt: No such file or directory"),
        ("-r requirements.txt\n", "no exact version is in it"),
    ],
)
def test_what_is_no_lock_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    assert main(["check", str(EXAMPLE), "--env-from", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_of_several_versions_the_newest_counts_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    older = UV.split("\n\n")[1].replace("2.16.1", "2.15.1")
    path.write_text(f"{UV}\n{older}")
    found = having.nearest(locked.read(path), MATRIX.environments)
    assert found.environment.id == "tf-2.16"
    assert found.sentence.endswith("(it has several of tensorflow: the newest counts)")


def test_an_upgrade_begins_where_a_lock_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "uv.lock").write_text(UV)
    matrix = ["--matrix", str(ROOT / "matrix.yaml")]
    for words in (["upgrade", "uv.lock", "2.21"], ["upgrade", "--env-from", "uv.lock", "2.21"]):
        assert main([*matrix, *words]) == 5
        out, err = capsys.readouterr()
        assert err.startswith("uv.lock: nearest is tf-2.16: ")
        assert out.startswith("# Upgrade from TF 2.16 to TF 2.21")
    assert main([*matrix, "upgrade", "2.15"]) == 2
    assert "the following arguments are required: TO" in capsys.readouterr().err


def test_a_plan_is_made_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    (tmp_path / "uv.lock").write_text(UV)
    words = ["--matrix", str(ROOT / "matrix.yaml"), "plan", "--models", "control"]
    assert main([*words, "--env-from", str(tmp_path / "uv.lock")]) == 0
    out, err = capsys.readouterr()
    assert "nearest is tf-2.16" in err
    assert "tf-2.16" in out
    assert "tf-2.21" not in out


VERSIONS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(Version, st.from_regex(r"[0-3]\.[0-9]\.[0-9](rc1)?", fullmatch=True)),
)


@given(VERSIONS, VERSIONS)
def test_a_distance_is_none_only_between_equals(
    one: dict[str, Version], other: dict[str, Version]
) -> None:
    names = ("a", "b", "c")
    apart = having.distance(one, other, names)
    assert apart == having.distance(other, one, names)
    assert (not any(map(any, apart))) == (one == other)


@given(st.text())
def test_whatever_a_file_says_it_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("lock") / "x.lock"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    told = ""
    try:
        assert locked.read(path).versions
    except UsageError as error:
        told = str(error)
    assert not told or told.startswith(str(path.parent))
