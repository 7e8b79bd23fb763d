"""Columns made of the log: nothing changes, nothing is lost, whenever it is stopped."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_packing import PLAIN

from caniload.runner.evidence import shelf, store
from caniload.runner.evidence.store import Store, remove, stamp

KILLS = int(os.environ.get("CANILOAD_TEST_KILLS", "5"))
TIMEOUT: dict[str, Any] = {"crash": {"kind": "timeout"}, "limits": {"seconds": 60}}
READERS = ("abc", "tf-2.15")


def cell(number: int, reader: str = "abc", **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return the result of one cell under its key; every third says something of its own."""
    said = {"message": f"no {number if number % 3 == 0 else 'x'}", "traceback": ""}
    facts = {**PLAIN["facts"], "error": said}
    record = {**PLAIN, "facts": facts, "artifact": f"tf-2.4/lstm/h5-{number}", **changes}
    return f"{reader}/{number:064x}", record


def some(count: int = 30) -> dict[str, dict[str, Any]]:
    """Results of two environments, of saving, a fault, and one under a cell's key that is none."""
    found = dict(
        cell(number, READERS[number % 2], seconds=float(number)) for number in range(count)
    )
    found |= {f"save-{number}": {"kind": "save", "formats": {"h5": number}} for number in range(3)}
    found[f"{next(iter(found))}:fault"] = {"kind": "fault", "reason": "no room"}
    found[f"abc/{'e' * 64}"] = {"kind": "cell", "facts": "none", "artifact": "a"}
    return found


def fill(folder: Path, records: dict[str, dict[str, Any]], *, compact: bool) -> None:
    with Store(folder) as filled:
        for key, record in records.items():
            filled.put(key, record)
        if compact:
            filled.compact()


def known(folder: Path) -> dict[str, Any]:
    there = Store(folder)
    found = dict(there.items())
    assert len(there) == len(found)
    assert all(key in there and there.get(key) == record for key, record in found.items())
    assert there.damaged == 0
    return found


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few rows, so that there are many."""
    monkeypatch.setattr(store, "ROWS", 4)


def test_columns_say_what_the_log_said(tmp_path: Path) -> None:
    fill(tmp_path, some(), compact=False)
    assert known(tmp_path) == some()
    before = Store(tmp_path).sha256()
    fill(tmp_path, {}, compact=True)
    assert known(tmp_path) == some()
    assert (tmp_path / "records.jsonl").read_bytes() == b""
    assert Store(tmp_path).sha256() != before
    after = Store(tmp_path).sha256(), stamp(tmp_path)
    fill(tmp_path, {}, compact=True)
    assert (Store(tmp_path).sha256(), stamp(tmp_path)) == after
    remove(tmp_path)
    assert known(tmp_path) == {}
    assert stamp(tmp_path) == []


def test_what_is_put_later_stands(tmp_path: Path) -> None:
    expected = some()
    fill(tmp_path, expected, compact=True)
    for turn in range(6):
        changed = {
            key: {**record, "turn": turn}
            for place, (key, record) in enumerate(expected.items())
            if place % 5 == turn % 5 or record["kind"] == "save"
        }
        expected |= changed
        fill(tmp_path, changed, compact=False)
        assert known(tmp_path) == expected
        fill(tmp_path, {}, compact=True)
        assert known(tmp_path) == expected
    rows = sum(one.rows for one in shelf.listed(tmp_path / "cells" / "abc"))
    assert rows <= 2 * 15  # what was replaced goes in the end


def test_what_is_read_is_memory_of_arrows_own(tmp_path: Path) -> None:
    """Its threads may let go of it while Python ends, which aborts where the memory is Python's."""
    fill(tmp_path, some(), compact=True)
    before = pa.total_allocated_bytes()
    read = shelf.read(tmp_path / "cells" / "abc")
    size = sum(one.path.stat().st_size for one, _ in read.files)
    assert size > 0
    assert pa.total_allocated_bytes() - before >= size


def test_a_full_log_becomes_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LOG_BYTES", 5000)
    fill(tmp_path, some(), compact=False)
    assert 0 < (tmp_path / "records.jsonl").stat().st_size <= 5000
    assert stamp(tmp_path)
    assert known(tmp_path) == some()


def test_one_who_reads_sees_a_store_as_a_whole_while_another_writes(tmp_path: Path) -> None:
    fill(tmp_path, some(), compact=False)
    before_log = Store(tmp_path)
    fill(tmp_path, {}, compact=True)
    assert dict(before_log.items()) == some()
    fill(tmp_path, dict([cell(99)]), compact=True)
    assert len(known(tmp_path)) == len(some()) + 1


class Stopped(Exception):  # noqa: N818 - a process that ends makes no error
    """Stands for the end of the process."""


STEPS = ("fsync", "rename", "unlink", "replace")


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End before the call after so many that change what is on disk."""
    calls = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > step:
                raise Stopped
            return original(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    for name in STEPS[1:]:
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))


def test_stopped_before_every_step_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over columns that are there, with results that are new and such that replace others."""
    first = some(11)
    second = {key: {**one, "turn": 2} for key, one in some(15).items() if key[:4] == "abc/"}
    expected, done, step = first | second, False, 0
    fill(tmp_path / "before", first, compact=True)
    fill(tmp_path / "before", second, compact=False)
    while not done:
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "before", folder)
        with monkeypatch.context() as patched:
            stop_at(step, patched)
            done = ended(folder)
        assert known(folder) == expected, step
        fill(folder, {}, compact=True)
        assert known(folder) == expected, step
        assert not list(folder.rglob("unfinished*")), step
        step += 1
    assert step > 15


def ended(folder: Path) -> bool:
    """Compact, and say whether that came to its end; what was open is as after a kill."""
    left = Store(folder).__enter__()
    try:
        left.compact()
    except Stopped:
        return False
    finally:
        assert left._lock is not None
        left._lock.release()
        if left._log._file is not None:
            left._log._file.close()
    return True


WRITER = """
import json, sys
from pathlib import Path
from caniload.runner.evidence import store

store.LOG_BYTES, store.ROWS = 8000, 16
with store.Store(Path(sys.argv[1])) as there:
    cells = json.loads(sys.argv[3])
    for number in range(int(sys.argv[2]), 10**6):
        key, record = cells[number % len(cells)]
        there.put(key, {**record, "turn": number})
        print(number, flush=True)
"""


def test_killed_while_it_compacts(tmp_path: Path) -> None:
    """kill -9 at random moments of a process that does little else."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    cells = json.dumps([cell(number) for number in range(97)])
    last, moments = -1, [random.uniform(0.01, 1.5) for _ in range(KILLS)]
    for moment in moments:
        words = [sys.executable, "-c", WRITER, str(tmp_path), str(last + 1), cells]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=variables, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.readline()  # it has begun
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            said += process.stdout.read()
        # What was put may not have been told any more.
        last = max([last, *(int(line) for line in said.split("\n")[:-1])])
        found = known(tmp_path)
        for number in range(max(0, last - 96), last + 1):
            key, record = cell(number % 97, turn=number)
            assert found[key]["turn"] in {number, number + 97}, moments
            assert found[key] == {**record, "turn": found[key]["turn"]}, moments
    assert last > 200
    assert stamp(tmp_path)


def test_a_spoilt_file_costs_its_rows_and_is_told(tmp_path: Path) -> None:
    fill(tmp_path, some(), compact=True)
    spoilt = shelf.listed(tmp_path / "cells" / "abc")[1]
    content = bytearray(spoilt.path.read_bytes())
    for place in (0, len(content) // 2, len(content) - 6):
        changed = bytearray(content)
        changed[place] ^= 1
        spoilt.path.write_bytes(changed)
        there = Store(tmp_path)
        assert len(dict(there.items())) == len(some()) - spoilt.rows
        assert there.damaged == spoilt.rows
    fill(tmp_path, some(), compact=True)
    assert known(tmp_path) == some()
    assert not spoilt.path.exists()


def test_a_spoilt_file_of_other_results(tmp_path: Path) -> None:
    fill(tmp_path, some(), compact=True)
    (one,) = shelf.listed(tmp_path / "others")
    one.path.write_bytes(one.path.read_bytes()[:-1])
    there = Store(tmp_path)
    assert {record["kind"] for record in there.values()} == {"cell"}
    assert there.damaged == one.rows


# Columns


def test_a_reader_s_rows_have_what_the_log_has_too(tmp_path: Path) -> None:
    records = some()
    fill(tmp_path, records, compact=True)
    newer = dict([cell(2, seconds=50.0), cell(50, **TIMEOUT)])
    fill(tmp_path, newer, compact=False)
    there = Store(tmp_path)
    rows = there.rows("abc")
    expected = {
        key: one for key, one in (records | newer).items() if key[:4] == "abc/" and "cell" in one
    }
    assert {f"abc/{rows.name(row)}": rows.record(row) for row in range(len(rows))} == expected
    seconds = {key: one["seconds"] for key, one in expected.items()}
    assert {key: rows.seconds[rows.at(key[4:])] for key in expected} == seconds
    (ended,) = rows.ended_by(lambda one: one == TIMEOUT)
    assert rows.name(ended) == f"{50:064x}"
    assert not len(rows.ended_by(lambda one: one["limits"] is None))
    assert there.readers() == [*READERS]
    assert len(there.rows("nobody")) == 0


def test_codes_are_equal_where_what_is_judged_is(tmp_path: Path) -> None:
    fill(tmp_path, some(), compact=True)
    rows = Store(tmp_path).rows("abc")
    said = [
        json.dumps([rows.record(row)["facts"]["error"], rows.record(row)["crash"]])
        for row in range(len(rows))
    ]
    same_code = rows.codes[:, None] == rows.codes[None, :]
    same_text = np.array(said)[:, None] == np.array(said)[None, :]
    assert (same_code == same_text).all()
    assert 1 < len(set(rows.codes.tolist())) < len(rows)


def test_what_is_there_is_said_for_many_at_once(tmp_path: Path) -> None:
    fill(tmp_path, some(10), compact=True)
    fill(tmp_path, dict([cell(40)]), compact=False)
    keys = [f"{number:064x}" for number in range(50)] + ["e" * 64]
    asked = np.array([bytes.fromhex(key) for key in keys], "S32")
    there = Store(tmp_path)
    for reader in (*READERS, "nobody"):
        assert there.has(asked, reader).tolist() == [f"{reader}/{key}" in there for key in keys]


def test_keys_that_end_in_zeros_are_different(tmp_path: Path) -> None:
    """What numpy leaves out of fixed bytes at their end."""
    records = {f"abc/{'ab' * left}{'00' * (32 - left)}": cell(left)[1] for left in range(33)}
    fill(tmp_path, records, compact=True)
    assert known(tmp_path) == records


def test_what_is_made_of_a_record_is_made_again_once_it_is_replaced(tmp_path: Path) -> None:
    asked: list[Any] = []

    def told(record: Any) -> Any:
        asked.append(record)
        return record

    with Store(tmp_path) as there:
        assert there.derived("key", lambda record: record) is None
        there.put("key", {"value": 1})
        for value in (1, 1):
            assert there.derived("key", told) == {"value": value}
        assert asked == [{"value": 1}]
        there.put("key", {"value": 2})
        assert there.derived("key", lambda record: record) == {"value": 2}
        assert there.get("key") == {"value": 2}


def test_rows_of_two_stores_are_compared_in_what_is_judged(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    fill(here, dict(cell(number) for number in range(12)), compact=True)
    other = dict(cell(number, seconds=9.0, cpu=None, artifact="elsewhere") for number in range(8))
    other |= dict(
        [cell(8, crash={"kind": "signal"}), cell(9, solo=True), cell(10, facts=None), cell(40)]
    )
    fill(there, other, compact=True)
    own, theirs = Store(here).rows("abc"), Store(there).rows("abc")
    at = own.find(theirs.files)
    known = np.flatnonzero(at >= 0)
    same = own.says_the_same(at[known], theirs, known)
    differing = {int(theirs.name(row), 16) for row in known[~same]}
    # Without a number there is another mark: what only looks different is compared as a record.
    assert {8, 9, 10} <= differing
    assert 40 not in differing
    fill(there, dict(cell(number, seconds=9.0, cpu=2.5) for number in range(8)), compact=True)
    theirs = Store(there).rows("abc")
    known = np.flatnonzero(own.find(theirs.files) >= 0)
    same = own.says_the_same(own.find(theirs.files)[known], theirs, known)
    assert {int(theirs.name(row), 16) for row in known[~same]} == {8, 9, 10}
