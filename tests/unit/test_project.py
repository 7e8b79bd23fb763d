"""`[tool.caniload]`: what is typed counts first, then a variable, then the project."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.commands.cli import main
from caniload.runner.commands.grammar.parser import parser
from caniload.runner.core.errors import UsageError
from caniload.runner.project import keys, reading
from caniload.runner.sandbox import walls


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in keys.KEYS:
        monkeypatch.delenv(keys.variable(key), raising=False)
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.caniload]\n{text}\n")


def read(*words: str) -> argparse.Namespace:
    return parser().parse_args(words)


ALL = """
models = ["models/"]
to = ["2.15", "2.21"]
for = "train"
custom = "layers.py"
with = ["scipy"]
sandbox = "landlock"
jobs = 3
color = "never"
"""


def test_a_project_says_it_once_for_all_commands(here: Path) -> None:
    project(here, ALL)
    checking = read("check")
    assert (checking.model, checking.to) == ([Path("models/")], ("2.15", "2.21"))
    assert (checking.purpose, checking.custom, checking.having) == (
        "train",
        ["layers.py"],
        ["scipy"],
    )
    assert (checking.sandbox, checking.jobs, checking.color) == ("landlock", 3, "never")
    upgrading = read("upgrade", "2.15", "2.21")
    assert (upgrading.model, upgrading.purpose) == ([Path("models/")], "train")
    assert read("convert", "m.h5", "--to", "2.21").custom == [Path("layers.py")]
    assert read("bisect", "m.h5", "--good", "1", "--bad", "2").sandbox == "landlock"


def test_what_is_typed_counts_before_a_variable_and_that_before_the_project(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(here, ALL)
    monkeypatch.setenv("CANILOAD_TO", "2.16\n2.17")
    monkeypatch.setenv("CANILOAD_CUSTOM", "other.py")
    monkeypatch.setenv("CANILOAD_JOBS", "")  # as good as not there
    one = read("check")
    assert (one.to, one.custom, one.jobs) == (("2.16", "2.17"), ["other.py"], 3)
    one = read("check", "a.h5", "--to", "2.4", "--custom", "mine.py")
    assert (one.model, one.to, one.custom) == ([Path("a.h5")], ("2.4",), ["mine.py"])


def test_environments_that_are_typed_are_all_that_is_asked(here: Path) -> None:
    project(here, ALL)
    one = read("check", "a.h5", "--envs", "tf-2.4")
    assert (one.to, one.envs) == ((), ("tf-2.4",))


def test_without_a_word_it_is_as_usual() -> None:
    one = read("check", "a.h5")
    assert (one.to, one.purpose, one.custom, one.inputs) == ((), "predict", [], None)
    assert (one.sandbox, one.jobs, one.color, one.having) == ("auto", None, "auto", [])
    assert read("inspect", "a.h5").fail_on is None


def test_a_list_is_never_shared_between_two_calls() -> None:
    read("check", "a.h5").custom.append("x")
    assert read("check", "a.h5").custom == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["check"], "model; see `caniload check --help`"),
        (["inspect"], "model; see `caniload inspect --help`"),
        (["convert", "a.h5"], "--to; see `caniload convert --help`"),
    ],
)
def test_what_nobody_says_is_asked_for(words: list[str], named: str) -> None:
    with pytest.raises(UsageError, match="the following arguments are required: ") as told:
        read(*words)
    assert str(told.value).endswith(named)


def test_paths_are_those_of_the_file_that_says_them(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(here, 'models = ["models"]\ncustom = ["layers.py:objects", "package.mod:objects"]')
    (here / "models").mkdir()
    (here / "layers.py").touch()
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    one = read("check", "--to", "2.21")
    assert one.model == [Path("../models")]
    assert one.custom == ["../layers.py:objects", "package.mod:objects"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("too = '2.21'", "[tool.caniload] has no key 'too'; nearest: to, "),
        ("to = 2.21", "[tool.caniload] to is a text or a list of texts, not 2.21"),
        ("to = []", "[tool.caniload] to is a text or a list of texts, not []"),
        ("jobs = 'all'", "[tool.caniload] jobs is a whole number, not 'all'"),
        ("jobs = 0", "[tool.caniload] jobs: '0' is not a number of 1 or more"),
        ("for = 'fun'", "[tool.caniload] for: invalid choice: 'fun' (choose from "),
        ("trust = true", "[tool.caniload] cannot say trust for you; say --trust when"),
        ("sandbox = 'none'", "[tool.caniload] cannot say sandbox = none for you; say --sand"),
        ("to = '2.21'\n[tool]\ncaniload = 3", "cannot be read: "),
    ],
)
def test_what_is_not_understood_is_told_in_a_line(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    hdf5(here / "m.h5", functional(INPUT, DENSE))
    project(here, text)
    assert main(["check", "m.h5"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    place = here / "pyproject.toml"
    assert line.startswith(f"caniload: {place}: {told}")


def test_a_variable_is_named_where_it_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANILOAD_FOR", "fun")
    assert main(["check", "m.h5"]) == 2
    assert capsys.readouterr().err.startswith("caniload: CANILOAD_FOR: invalid choice: 'fun'")


def test_a_variable_that_is_empty_is_not_set(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a step of CI sets one whose input nobody gave; the wall looks at its own, too."""
    for key in keys.KEYS:
        monkeypatch.setenv(keys.variable(key), "")
    assert read("check", "a.h5").sandbox == "auto"
    assert walls.of("auto", here) is walls.of("auto", here)


def test_help_reads_no_project(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here, "nonsense = 1")
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "[model ...]" in capsys.readouterr().out


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON | st.dictionaries(st.sampled_from([*keys.KEYS, "x"]), JSON))
def test_whatever_is_written_it_is_taken_or_told_in_a_line(table: object) -> None:
    told = ""
    try:
        assert keys.check(table, "p") is table
    except UsageError as error:
        told = str(error)
    assert not told or told.startswith("p: [tool.caniload]")


@given(st.sampled_from([*keys.KEYS]), st.text(alphabet="ab ,\n/."))
def test_a_variable_says_what_stands_in_its_lines(key: str, text: str) -> None:
    told = reading.said(Path("/"), {keys.variable(key): text}).get(key)
    if keys.KEYS[key] == keys.TABLES:
        assert told is None
    elif told is not None:
        assert "".join("".join(told.values).split()) == "".join(text.split())
        assert told.where == keys.variable(key)
    else:
        assert not text.strip()
