"""The two channels below Python: what is written to descriptors, read by line and given back."""

from __future__ import annotations

from hearing_driver import Heard, Ran, texts

pytest_plugins = ["hearing_fixtures"]

SCENARIOS: dict[str, str] = {}

SCENARIOS["phases"] = """
import ctypes, os, sys
print("printed while loading")
ctypes.CDLL(None).puts(b"held in a buffer of C while loading")
hearing.phase = "predict"
os.write(2, b"written while predicting, no end of line")
hearing.phase = "train"
sys.stderr.write("said while training\\n")
"""


def test_what_arrives_on_descriptors_belongs_to_the_phase_that_ends(heard: Heard) -> None:
    assert [(m["phase"], m["channel"], m["level"], m["text"]) for m in heard("phases")] == [
        ("load", "stdout", "INFO", "printed while loading"),
        ("load", "stdout", "INFO", "held in a buffer of C while loading"),
        ("predict", "stderr", "WARNING", "written while predicting, no end of line"),
        ("train", "stderr", "WARNING", "said while training"),
    ]


SCENARIOS["native"] = """
import os
os.write(2, b'''2026-01-31 10:00:00.123456: W tensorflow/core/kernels/save.cc:12] old style
W0000 00:00:1769850000.123456    4711 cuda_dnn.cc:8454] new: style
E0131 10:00:00.123456 12 service.cc:5] glog style
[W131 10:00:00.123456789 init.cpp:767] Warning: torch style
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
2026-01-31 10:00:00.1: I tensorflow/core/platform/cpu_feature_guard.cc:182] This binary is
To enable them in other operations, rebuild TensorFlow with the appropriate compiler flags.
[Warning] made by hand:1] in Python
''')
"""


def test_lines_of_c_logs_keep_their_level_and_file(heard: Heard) -> None:
    guard = "tensorflow/core/platform/cpu_feature_guard.cc"
    messages = heard("native")
    assert [(m["channel"], m["category"], m["level"]) for m in messages] == [
        ("native", "tensorflow/core/kernels/save.cc", "WARNING"),
        ("native", "cuda_dnn.cc", "WARNING"),
        ("native", "service.cc", "ERROR"),
        ("native", "init.cpp", "WARNING"),
        ("native", "absl/log/internal/log_sink_set.cc", "WARNING"),
        ("native", guard, "INFO"),
        ("native", guard, "INFO"),
        ("stderr", "", "WARNING"),
    ]
    assert messages[1]["text"] == "new: style"
    assert messages[1]["source"] == "cuda_dnn.cc:8454"


SCENARIOS["bytes"] = """
import os
os.write(2, b"caf\\xe9 \\xff\\x00 \\x1b[1mbold\\x1b[0m\\r\\n")
"""


def test_bytes_that_are_not_text_and_escapes_for_terminals_are_made_harmless(heard: Heard) -> None:
    assert texts(heard("bytes")) == [r"caf\xe9 \xff bold"]


SCENARIOS["places"] = """
import json
print("keras object at", object())
print("in", json.__file__)
"""


def test_addresses_and_folders_of_this_machine_are_left_out(heard: Heard) -> None:
    assert texts(heard("places")) == [
        "keras object at <object object at 0x...>",
        "in json/__init__.py",
    ]


SCENARIOS["progress"] = """
import os
os.write(1, b'''Epoch 1/1

1/4 [=====>........] - ETA: 0s\\b\\b\\b\\r4/4 [==============] - 0s 9ms/step
\\x1b[1m1/1\\x1b[0m \\x1b[32m\\xe2\\x94\\x81\\xe2\\x94\\x81\\x1b[0m \\x1b[1m0s\\x1b[0m 40ms/step
2 of 3 files
''')
"""


def test_progress_bars_are_dropped(heard: Heard) -> None:
    assert texts(heard("progress")) == ["2 of 3 files"]


SCENARIOS["flood"] = """
import sys, warnings
sys.stderr.write("x" * 99 + "\\n")
sys.stderr.write("a long line " * 90000)
hearing.phase = "predict"
for count in range(1000):
    warnings.warn("number %d" % count)
hearing.phase = "train"
print("afterwards")
"""


def test_a_flood_is_cut_and_says_so(heard: Heard) -> None:
    messages = heard("flood")
    loaded = [message for message in messages if message["phase"] == "load"]
    assert sum(map(len, texts(loaded[:-1]))) == 64 << 10
    assert loaded[-1]["category"] == "cut"
    assert loaded[-1]["text"].startswith("... and more, left out here: 0 messages, 101")
    predicted = [message for message in messages if message["phase"] == "predict"]
    assert len(predicted) == 201
    assert predicted[-1]["text"].startswith("... and more, left out here: 800 messages, ")
    assert texts(messages)[-1] == "afterwards"


SCENARIOS["forked"] = """
import os
if os.fork() == 0:
    os.write(2, b"said by a process it started\\n")
    os._exit(0)
os.wait()
"""


def test_a_child_is_heard_too(heard: Heard) -> None:
    assert texts(heard("forked")) == ["said by a process it started"]


def test_nothing_stays_diverted(ran: Ran) -> None:
    process, results = ran
    assert (process.stdout, process.stderr) == ("out again\n", "err again\n")
    assert results["facts"]["same descriptor free"]
    assert results["facts"]["files left"] == []


def test_a_window_costs_less_than_two_milliseconds(ran: Ran) -> None:
    assert ran[1]["facts"]["ms a window"] < 2
