"""The pytest plugin, in pytests of its own: which tests it makes, and what each says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import entry_points

import pytest
from model_files import EXAMPLES, unsigned

pytest_plugins = ["pytester"]

MODULE = "caniload.pytest_plugin"
INSTALLED = any(one.value == MODULE for one in entry_points(group="pytest11"))
"""An older installation may not name it, and naming it twice is an error of pytest's."""
TEST = """
import pytest

@pytest.mark.caniload({marker})
def test_our_models_load(caniload):
    assert caniload.good
"""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CANILOAD_HOME", str(pytester.path / "home"))
    (pytester.path / "models").mkdir()
    for name in ("text.h5", "text_3.keras"):
        shutil.copy(EXAMPLES / name, pytester.path / "models")
    unsigned(pytester.path / "models")
    plugin = [] if INSTALLED else ["-p", MODULE]

    def running(marker: str | None, *words: str, text: str = "") -> pytest.RunResult:
        pytester.makepyfile(test_models=text or TEST.format(marker=marker))
        return pytester.runpytest_subprocess(*plugin, "-v", "-rs", "-p", "no:cacheprovider", *words)

    return running


def test_there_is_a_test_for_each_model_and_version(run: Run) -> None:
    result = run('"models/", to=["tf-2.15", "tf-2.21"]')
    result.assert_outcomes(passed=2, failed=2, skipped=2)
    told = result.stdout.str()
    for name, word in (
        ("text.h5-tf-2.15", "PASSED"),
        ("text.h5-tf-2.21", "FAILED"),
        ("text_3.keras-tf-2.21", "PASSED"),
        ("unsigned.h5-tf-2.21", "SKIPPED"),
    ):
        assert f"test_our_models_load[models/{name}] {word}" in told
    result.stdout.fnmatch_lines(
        [
            "*text.h5 in tf-2.21: likely error: does not load: *'time_major'*",
            "SKIPPED * not known: the file states no layers, or not what saved it*",
        ]
    )


def test_what_is_not_known_can_fail(run: Run) -> None:
    run('"models/unsigned.h5", to="tf-2.21", unknown="fail"').assert_outcomes(failed=1)


def test_a_project_says_which_models_and_versions(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(
        '[tool.caniload]\nmodels = "models/text_3.keras"\nto = ["tf-2.21", "tf-2.21-keras-3.15"]'
    )
    run("").assert_outcomes(passed=2)
    run('to="tf-2.21"').assert_outcomes(passed=1)
    run('envs="tf-2.21-keras-3.15"').assert_outcomes(passed=1)
    run("", "--caniload-to", "tf-2.15").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ('"models/", too="tf-2.21"', "*caniload: the marker has no argument 'too'; nearest: to, *"),
        ('"models/", to="tf-9"', "*caniload: --to tf-9: no environment and no *"),
        ("", '*caniload: name models in the marker, @pytest.mark.caniload("models/")*'),
        ('"models/", unknown="?"', "*caniload: unknown is 'skip' or 'fail', not '?'*"),
        ('"empty/", to="tf-2.21"', "*/empty: an empty folder*"),
    ],
)
def test_what_cannot_be_asked_is_told_when_tests_are_collected(
    run: Run, pytester: pytest.Pytester, marker: str, told: str
) -> None:
    pytester.mkdir("empty")
    result = run(marker)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])


def test_a_file_that_is_none_fails(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "models" / "torn.h5").write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    result = run('"models/torn.h5", to="tf-2.21"')
    assert result.parseoutcomes() in ({"failed": 1}, {"errors": 1}, {"error": 1})
    result.stdout.fnmatch_lines(["*models/torn.h5: *"])


def test_the_fixture_takes_a_marker(run: Run) -> None:
    result = run(None, text="def test_it(caniload):\n    pass\n")
    result.stdout.fnmatch_lines(["*the fixture takes a marker: @pytest.mark.caniload*"])
    assert result.ret != 0


def test_who_does_not_ask_imports_nothing_of_it(run: Run) -> None:
    text = """
import sys

def test_it():
    assert not [name for name in sys.modules if name.startswith("caniload.runner")]

def test_its_marker_is_known(pytestconfig):
    assert any(one.startswith("caniload(") for one in pytestconfig.getini("markers"))
"""
    run(None, "--strict-markers", text=text).assert_outcomes(passed=2)


def test_each_model_is_asked_about_once(run: Run) -> None:
    text = """
import pytest
from caniload.runner.answering import asking

asked = []
answer = asking.ask

def counted(models, *given, **named):
    asked.append(models)
    return answer(models, *given, **named)

asking.ask = counted

@pytest.mark.caniload("models/", to=["tf-2.20", "tf-2.21"])
def test_it(caniload):
    pass

def test_count():
    assert len(asked) == 3
"""
    run(None, text=text).assert_outcomes(passed=5, skipped=2)
