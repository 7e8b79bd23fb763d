"""Locks: what stands in those of the repository, and how a stale one is noticed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.core.errors import UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import locking, processes, uv
from caniload.runner.environments.locking import (
    BUILD_TOOLS,
    LockError,
    compile_lock,
    download_bytes,
    lock_path,
    lock_problem,
    lock_sha256,
    locked_versions,
    source_packages,
    version_exists,
)
from caniload.runner.environments.processes import Finished
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

MATRIX = Path(__file__).parents[2] / "matrix.yaml"
VARIANTS = [one for row in read_matrix(MATRIX).environments for one in row.variants]

PYLOCK = """
lock-version = "1.0"
[[packages]]
name = "keras"
version = "3.0"
sdist = {url = "https://files.example/keras.tar.gz", size = 5, hashes = {sha256 = "cc"}}
wheels = [
  {url = "https://files.example/keras-2.whl", size = 20, hashes = {sha256 = "bb"}},
  {url = "https://files.example/keras-1.whl", size = 30, hashes = {sha256 = "aa"}},
]
[[packages]]
name = "gast"
version = "0.2.2"
sdist = {url = "https://files.example/gast.tar.gz", size = 7, hashes = {sha256 = "dd"}}
"""


def environment(**changes: Any) -> Environment:
    asked = {
        "id": "some-3.0",
        "stack": "keras 3",
        "label": "Some",
        "python": "3.11",
        "imports": "keras",
        "packages": {"keras": "3.0"},
        "cutoff": "2024-01-01",
        **changes,
    }
    return Environment.model_validate(asked)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Finished]:
    """What uv will say, in turn; nothing is run."""
    said: list[Finished] = []
    monkeypatch.setattr(uv, "find_uv", lambda: "uv")
    monkeypatch.setattr(processes, "run", lambda *_, **__: said.pop(0))
    return said


@pytest.mark.parametrize("one", VARIANTS, ids=lambda one: f"{one.id} on {one.python}")
def test_locks_of_the_repository(one: Environment) -> None:
    text = lock_path(one).read_text()
    versions = locked_versions(text)

    assert lock_problem(one) is None
    assert {name: versions.get(name) for name in one.packages} == dict(one.packages)
    assert "://" not in text
    assert not [name for name in versions if name.startswith(("nvidia-", "triton"))]
    assert len(
        re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    ) == len(versions)


def test_no_lock_is_left_over() -> None:
    known = {lock_path(one).name for one in VARIANTS} | {BUILD_TOOLS.name}
    assert {path.name for path in LOCKS.glob("*.txt")} == known


def test_build_tools_are_pinned_with_hashes() -> None:
    text = BUILD_TOOLS.read_text()
    assert len(locked_versions(text)) == text.count("--hash=sha256:") == 3


def test_a_lock_holds_wheels_where_there_are_any(answers: list[Finished]) -> None:
    answers.append(Finished(code=0, output=PYLOCK))

    text = compile_lock(environment(), None)

    assert text == (
        "# some-3.0: written by `nox -s locks`; do not edit\n"
        '# for: {"python": "3.11", "packages": {"keras": "3.0"}, "pins": [], '
        '"cutoff": "2024-01-01"}\n'
        "# built from source: gast\n"
        "keras==3.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "gast==0.2.2 \\\n    --hash=sha256:dd\n"
    )
    assert source_packages(text) == ["gast"]
    assert locked_versions(text) == {"keras": "3.0", "gast": "0.2.2"}


def test_overrides_reach_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def run(command: Sequence[str], **_: Any) -> Finished:
        (option,) = (part for part in command if part.startswith("--overrides="))
        told.append(Path(option.removeprefix("--overrides=")).read_text())
        return Finished(code=0, output=PYLOCK)

    monkeypatch.setattr(uv, "find_uv", lambda: "uv")
    monkeypatch.setattr(processes, "run", run)

    assert '"overrides": ["a==1", "b==2"]' in compile_lock(
        environment(overrides=("a==1", "b==2")), None
    )
    assert told == ["a==1\nb==2"]


def test_download_is_the_largest_file_that_fits(answers: list[Finished]) -> None:
    answers.append(Finished(code=0, output=PYLOCK))
    assert download_bytes(locking.resolve(environment(), None)) == 30 + 7


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"label": "Another", "variables": {"A": "b"}}, None, id="no part of it"),
        pytest.param(
            {"packages": {"keras": "3.1"}}, "keras 3.0, matrix.yaml asks 3.1", id="version"
        ),
        pytest.param(
            {"packages": {"jax": "1.0"}}, "no jax, matrix.yaml asks 1.0", id="another package"
        ),
        pytest.param({"python": "3.12"}, "python 3.11, matrix.yaml asks 3.12", id="python"),
        pytest.param({"cutoff": "2025-01-01"}, "matrix.yaml asks 2025-01-01", id="cutoff"),
        pytest.param({"pins": ("a<1", "b")}, "pins none, matrix.yaml asks a<1, b", id="pins"),
        pytest.param({"overrides": ("a==1",)}, "overrides none, matrix.yaml asks a==1", id="over"),
    ],
)
def test_a_lock_for_something_else(
    answers: list[Finished], tmp_path: Path, changes: dict[str, Any], problem: str | None
) -> None:
    answers.append(Finished(code=0, output=PYLOCK))
    lock_path(environment(), tmp_path).write_text(compile_lock(environment(), None))

    found = lock_problem(environment(**changes), tmp_path)

    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert problem in found
        assert "nox -s locks -- some-3.0" in found


@pytest.mark.parametrize("text", ["", "keras==3.0\n", "# for: [1, 2]\n", "# for: {oops\n"])
def test_a_lock_that_does_not_say_for_what(tmp_path: Path, text: str) -> None:
    assert "has no lock" in str(lock_problem(environment(), tmp_path))
    lock_path(environment(), tmp_path).write_text(text)
    assert "does not say what it was made for" in str(lock_problem(environment(), tmp_path))


def test_the_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    lock_path(environment(), tmp_path).write_text("a")
    first = lock_sha256(environment(), tmp_path)
    lock_path(environment(), tmp_path).write_text("b")
    assert lock_sha256(environment(), tmp_path) != first


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (0, "keras==3.0", True),
        (1, "cause: Because there is no version of keras==9.9 and you require it", False),
        (1, "cause: Because kerass was not found in the package registry and you", False),
        (1, "cause: keras==3.0 has no wheels with a matching Python ABI tag (e.g., `cp311`)", True),
        (1, "cause: Because keras was not found in the cache", None),
        (2, "error: Request failed: dns error", None),
        (None, "", None),
    ],
)
def test_version_exists(
    answers: list[Finished],
    code: int | None,
    output: str,
    expected: bool | None,  # noqa: FBT001
) -> None:
    answers.append(Finished(code=code, output=output))
    assert version_exists("keras", "3.0") is expected


def test_version_exists_without_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv", lambda: None)
    assert version_exists("keras", "3.0") is None
    with pytest.raises(LockError, match="pip install uv"):
        compile_lock(environment(), None)


def test_pytorch_is_sought_in_its_own_index_too(answers: list[Finished]) -> None:
    missing = Finished(code=1, output="there is no version of torch==2.13.0+cpu")
    answers += [missing, Finished(code=0, output="torch==2.13.0+cpu")]
    assert version_exists("torch", "2.13.0+cpu") is True


def test_a_resolution_that_fails_gives_its_reason(answers: list[Finished]) -> None:
    clash = "error: No solution found\n  cause: Because a needs b<2, keras and b>2 clash.\n"
    answers += [Finished(code=1, output=clash), Finished(code=0, output="")]
    with pytest.raises(LockError, match=r"^some-3\.0 cannot be locked: Because a needs b<2"):
        compile_lock(environment(), None)


def test_a_lock_is_written_for_each_python(
    answers: list[Finished], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers += [Finished(code=0, output=PYLOCK)] * 6
    monkeypatch.setattr(locking, "find_pythons", lambda _: {})
    monkeypatch.setattr(locking, "lock_path", lambda one, _=None: lock_path(one, tmp_path))
    arguments = ["tf-2.21", "--matrix", str(MATRIX)]

    assert locking.main(arguments) == 0
    assert locking.main([*arguments, "--compare"]) == 0
    assert locking.main([*arguments, "--check"]) == 0

    assert {path.name: '"python": "3.13"' in path.read_text() for path in tmp_path.iterdir()} == {
        "tf-2.21.txt": False,
        "tf-2.21.python-3.12.txt": False,
        "tf-2.21.python-3.13.txt": True,
    }


def test_what_does_not_fit_is_told_without_an_index(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locking.main(["tf-2.15", "tf-2.16", "--matrix", str(MATRIX), "--check"]) == 0
    assert capsys.readouterr().out == "3 of 3 locks fit\n"  # 2.16 has one for another Python

    spoilt = (LOCKS / "tf-2.15.txt").read_text("utf-8").replace("--hash=", "--cash=")
    (tmp_path / "tf-2.15.txt").write_text(spoilt)
    monkeypatch.setattr(locking, "lock_path", lambda one, _=None: tmp_path / f"{one.id}.txt")
    assert locking.main(["tf-2.15", "--matrix", str(MATRIX), "--check"]) == 1
    assert "tf-2.15.txt: no hash of " in capsys.readouterr().out


def test_main_refuses_an_unknown_environment(capsys: pytest.CaptureFixture[str]) -> None:
    code = locking.main(["tf-0.1", "--matrix", str(MATRIX)])
    assert code == UsageError.exit_code
    assert "matrix.yaml has no environment tf-0.1" in capsys.readouterr().err
