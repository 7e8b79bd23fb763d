"""Files that attack: each is made, found by us, and judged by what it left; no framework runs."""

from __future__ import annotations

import base64
import json
import marshal
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caniload.runner.attacking import archives, configs, making
from caniload.runner.attacking.attacks import Attack, Published, attacks, is_newer, measurement
from caniload.runner.attacking.judging import GROWN, judge, parts
from caniload.runner.attacking.making import Kit, file_name, make
from caniload.runner.attacking.measuring import has
from caniload.runner.core.attacked import Came
from caniload.runner.forensics import trusting
from caniload.runner.forensics.facts import Severity
from caniload.runner.forensics.reading import inspect_here

BYTECODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
FILES = {one.id: one for one in attacks()}
CONTROLS = {one.control: one.format for one in attacks()}
HUGE = {"keras-zip-bomb"}  # takes seconds to make
MADE_THERE = {one.id for one in attacks() if one.format == "savedmodel"}
READ = [one.id for one in attacks() if one.id not in HUGE | MADE_THERE]


def written(name: str, kind: str, folder: Path, *, newer: bool) -> Path:
    make(name, Kit(folder=folder, newer=newer, bytecode=BYTECODE))
    return folder / file_name(kind, newer=newer)


@pytest.mark.parametrize("newer", [True, False], ids=["newer", "older"])
@pytest.mark.parametrize("name", READ)
def test_every_attack_file_is_found_without_a_framework(
    name: str, *, newer: bool, tmp_path: Path
) -> None:
    found = inspect_here(written(name, FILES[name].format, tmp_path, newer=newer))
    grave = {one.severity for one in found.findings} - {Severity.UNCHECKED}
    assert grave
    if not name.endswith("-vocabulary"):  # beside the file one may lie, and is no danger
        assert trusting.reason(found) is not None


@pytest.mark.parametrize("newer", [True, False], ids=["newer", "older"])
@pytest.mark.parametrize("name", sorted(set(CONTROLS) - {"savedmodel-plain"}))
def test_nothing_is_found_in_the_same_file_without_the_attack(
    name: str, *, newer: bool, tmp_path: Path
) -> None:
    found = inspect_here(written(name, CONTROLS[name], tmp_path, newer=newer))
    assert trusting.reason(found) is None


def test_equal_files_are_made_again(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made.append(written("keras-get-file", "keras", tmp_path / name, newer=True).read_bytes())
    assert made[0] == made[1]


def test_zeros_unpack_to_what_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    archives.model(path, {}, {"b": b"b"}, "0")
    archives.add_zeros(path, "zeros", 2**27, b"first")
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("zeros")
        assert info.file_size == 2**27 + 5
        assert path.stat().st_size < 2**18
        with archive.open("zeros") as stream:  # which checks the sum
            assert stream.read(5) == b"first"
            assert not any(stream.read())
        assert archive.testzip() is None


def test_every_file_has_a_maker_and_every_maker_a_file() -> None:
    assert making._MAKERS.keys() == {*FILES, *CONTROLS}
    assert len(FILES) == len(attacks()) >= 40
    assert {one.reaches for one in attacks()} == {
        *("runs", "imports", "calls", "reads", "writes", "grows", "crashes")
    }
    assert measurement() >= 1


def test_what_an_environment_has_not_is_not_attacked() -> None:
    wrapped = FILES["keras-torch-module"]
    assert has(wrapped, {"torch": "2.0"})
    assert not has(wrapped, {"tensorflow_cpu": "2.0"})
    assert has(FILES["savedmodel-reads"], {"tensorflow_cpu": "2.0"})
    assert has(FILES["h5-import"], {})


def facts(**more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "error": None,
        "unmade": None,
        "crash": None,
        "files": [],
        "modules": [],
    }
    usual |= {"state": [{}, {}], "secret": [], "peak": [0, 0], "full": False}
    return {**usual, **more}


def raised(kind: str = "ValueError", message: str = "no") -> dict[str, Any]:
    return facts(error={"type": kind, "message": message})


def attack(canary: dict[str, str]) -> Attack:
    return Attack(id="a", format="h5", what="", reaches="", canary=canary, control="c")


MARK = {"file": "canary-ran"}
MORE = {"growth": "memory"}


@pytest.mark.parametrize(
    ("canary", "found", "control", "came"),
    [
        (MARK, facts(), facts(), Came.IGNORED),
        (MARK, raised(), facts(), Came.REFUSED),
        (MARK, facts(files=["canary-ran"]), facts(), Came.REACHED),
        (MARK, {**raised(), "files": ["canary-ran"]}, facts(), Came.REACHED),
        (MARK, facts(files=["canary-ran"]), raised(), Came.REACHED),
        (MARK, facts(files=["../canary-ran"]), facts(), Came.REACHED),
        ({"crash": "signal"}, facts(crash="signal 11"), facts(), Came.REACHED),
        ({"crash": "signal"}, facts(crash="signal 11"), facts(crash="signal 11"), Came.UNTESTED),
        ({"crash": "signal"}, facts(crash="signal 9"), facts(), Came.UNTESTED),
        ({"crash": "signal"}, facts(crash="timeout"), facts(), Came.UNTESTED),
        (MARK, raised(), raised(), Came.UNTESTED),
        (MARK, raised(), None, Came.UNTESTED),
        (MARK, None, facts(), Came.UNTESTED),
        (MARK, facts(crash="timeout"), facts(), Came.UNTESTED),
        (MARK, facts(unmade={"type": "A", "message": "b"}), facts(), Came.UNTESTED),
        (MARK, raised(message="a security risk"), raised(message="a security risk"), Came.REFUSED),
        (MARK, raised("MemoryError"), facts(), Came.UNTESTED),
        (MARK, facts(full=True), facts(), Came.UNTESTED),
        ({"module": "bait"}, facts(modules=["bait"]), facts(), Came.REACHED),
        ({"secret": "words"}, facts(secret=["words"]), facts(), Came.REACHED),
        ({"secret": "words"}, facts(secret=["weights"]), facts(), Came.IGNORED),
        ({"state": "p"}, facts(state=[{"p": "a"}, {"p": "b"}]), facts(), Came.REACHED),
        ({"state": "p"}, facts(state=[{"p": "a"}, {"p": "a"}]), facts(), Came.IGNORED),
        ({"state": "p"}, facts(state=[{}, {"p": "a"}]), facts(), Came.IGNORED),
        (MORE, raised("MemoryError"), facts(), Came.REACHED),
        (MORE, raised(message="Unable to allocate 8.00 GiB"), facts(), Came.REACHED),
        (MORE, facts(crash="signal 6", said="std::bad_alloc"), facts(), Came.UNTESTED),
        (MORE, facts(full=True), facts(), Came.REACHED),
        (MORE, facts(peak=[0, GROWN + 1]), facts(), Came.REACHED),
        (MORE, facts(peak=[0, GROWN + 1]), facts(peak=[0, 2]), Came.IGNORED),
        (MORE, raised(), facts(), Came.REFUSED),
    ],
)
def test_what_came_of_it(
    canary: dict[str, str], found: dict[str, Any], control: dict[str, Any] | None, came: Came
) -> None:
    assert judge(attack(canary), found, control).came is came


def test_a_reason_is_one_line() -> None:
    found = judge(attack(MARK), raised(message="a\nb   c"), facts())
    assert found.why == "ValueError: a b c"


@pytest.mark.parametrize(
    ("limited", "came"),
    [
        (facts(), Came.REACHED),
        (facts(crash="signal 6"), Came.UNTESTED),
        (raised("MemoryError"), Came.UNTESTED),
    ],
)
def test_limits_that_end_a_plain_file_say_nothing_of_an_attack(
    limited: dict[str, Any], came: Came
) -> None:
    """Keras 3.15 on JAX needs more for its threads than a bomb may have."""
    grown = facts(crash="signal 6", said="std::bad_alloc")
    assert judge(attack(MORE), grown, facts(), limited).came is came
    named = raised(message="Unable to allocate 8.00 GiB for an array")
    assert judge(attack(MORE), named, facts(), limited).came is Came.REACHED


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("2.9.0", None),
        ("3.0.0", True),
        ("3.12.0", True),
        ("3.12.1", False),
        ("3.12.4", False),
        ("3.13.0", True),
        ("3.13.2", False),
        ("3.15.1", False),
    ],
)
def test_which_releases_an_advisory_calls_open(version: str, *, said: bool | None) -> None:
    one = Published(id="CVE", since="3.0", fixed=("3.12.1", "3.13.2"))
    assert one.says_open(version) is said


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5), st.integers(0, 5))
def test_a_later_patch_is_never_less_mended(line: int, fixed: int, patch: int, later: int) -> None:
    one = Published(id="CVE", fixed=(f"3.{fixed}.2",))
    before, after = f"3.{line}.{patch}", f"3.{line}.{patch + later}"
    assert not (one.says_open(after) and not one.says_open(before))


def test_what_an_advisory_says_otherwise() -> None:
    one = Attack(
        **{
            **vars(attack(MARK)),
            "published": (Published(id="CVE-1", fixed=("3.12.1", "3.13.2")),),
        }
    )
    told = "by CVE-1, mended in 3.12.1 and 3.13.2, Keras 3.13.2 is mended"
    assert parts(one, Came.REACHED, {"keras": "3.13.2"}) == (told,)
    assert not parts(one, Came.REFUSED, {"keras": "3.13.2"})
    assert not parts(one, Came.UNTESTED, {"keras": "3.4.1"})
    (said,) = parts(one, Came.IGNORED, {"keras": "3.4.1"})
    assert said.endswith("Keras 3.4.1 is open to it")


def test_an_advisory_about_tensorflow_goes_by_its_version() -> None:
    one = FILES["savedmodel-recursive"]
    (said,) = parts(one, Came.REFUSED, {"keras": "2.4.0", "tensorflow": "2.4.1"})
    assert said.endswith("TensorFlow 2.4.1 is open to it")
    assert not parts(one, Came.REFUSED, {"keras": "2.8.0", "tensorflow": "2.8.0"})
    assert not parts(one, Came.REACHED, {"keras": "2.3.1"})


def test_generations() -> None:
    assert is_newer("3.0.5")
    assert not is_newer("2.1.6-tf")
    older = configs.model(newer=False, archive=True)
    assert json.dumps(older).count("batch_input_shape") == 1
