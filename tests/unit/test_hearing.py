"""The four warning channels, under every Python that this machine has.

A scenario is source text that a probe could contain: it runs while a ``Hearing`` listens, in phase
"load". Each Python runs all scenarios once, in one process, so that they prove reuse as well.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.environments.pythons import find_pythons

Message = dict[str, Any]
Heard = Callable[[str], list[Message]]

PROBES = Path(__file__).parents[2] / "probes"
MINORS = [f"3.{minor}" for minor in range(6, 14)]
SCENARIOS: dict[str, str] = {}

DRIVER = """
import json, os, sys, time

probes, folder, scenarios = sys.argv[1:]
sys.path.insert(0, probes)
from hearing import Hearing

with open(scenarios) as file:
    scenarios = json.load(file)
hearing, results = Hearing(folder), {}
free = os.dup(0)
os.close(free)
for name in sorted(scenarios):
    path = "/library/%s.py" % name
    names = {"__name__": "library", "__file__": path, "hearing": hearing}
    with hearing:
        hearing.phase = "load"
        exec(compile(scenarios[name], path, "exec"), names)
    results[name] = hearing.messages
still_free = os.dup(0)
started = time.process_time()
for _ in range(100):
    with hearing:
        hearing.phase = "load"
results["facts"] = {
    "minor": sys.version_info[1],
    "same descriptor free": free == still_free,
    "files left": sorted(os.listdir(folder)),
    "ms a window": 10 * (time.process_time() - started),
}
with open(folder + "/results.json", "w") as file:
    json.dump(results, file)
print("out again")
sys.stderr.write("err again\\n")
"""


@pytest.fixture(scope="session", params=MINORS)
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """One Python's run of all scenarios: the process, and what was heard by name."""
    python = find_pythons([request.param]).get(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} on this machine")
    folder = tmp_path_factory.mktemp("heard")
    scenarios = tmp_path_factory.mktemp("said") / "scenarios.json"
    scenarios.write_text(json.dumps(SCENARIOS))
    process = subprocess.run(
        [python.path, "-B", "-c", DRIVER, PROBES, folder, scenarios],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process, json.loads((folder / "results.json").read_text())


@pytest.fixture
def heard(ran: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> Heard:
    """Return what was heard in a scenario."""
    return lambda name: ran[1][name]


def texts(messages: list[Message]) -> list[str]:
    return [message["text"] for message in messages]


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, messages
    return messages[0]


SCENARIOS["warning"] = """
import warnings
warnings.warn("HDF5 is legacy", UserWarning)
"""


def test_a_warning_is_heard_with_class_and_source(heard: Heard) -> None:
    assert only(heard("warning")) == {
        "channel": "warnings",
        "category": "UserWarning",
        "level": "WARNING",
        "text": "HDF5 is legacy",
        "phase": "load",
        "source": "/library/warning.py:3",
        "shown_by_default": True,
    }


SCENARIOS["hidden"] = """
import warnings
warnings.warn("for developers of the library", DeprecationWarning)
script = "import warnings; warnings.warn('for a script', DeprecationWarning)"
exec(compile(script, "/me.py", "exec"), {"__name__": "__main__", "__file__": "/me.py"})
"""


def test_a_deprecation_is_shown_only_to_the_script_it_is_about(
    ran: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    shown = {message["text"]: message["shown_by_default"] for message in ran[1]["hidden"]}
    since_python_37 = ran[1]["facts"]["minor"] >= 7
    assert shown == {"for developers of the library": False, "for a script": since_python_37}


SCENARIOS["filtered"] = """
import warnings
before = list(warnings.filters)
warnings.filterwarnings("ignore", message="no longer")
hearing.phase = "predict"
warnings.warn("no longer supported", FutureWarning)
warnings.filters[:] = before
"""


def test_a_filter_of_the_framework_hides_a_warning_from_people_not_from_us(heard: Heard) -> None:
    message = only(heard("filtered"))
    assert message["text"] == "no longer supported"
    assert message["shown_by_default"] is False


SCENARIOS["again"] = """
import warnings
for count in range(3):
    warnings.warn("said at one place", UserWarning)
"""


def test_a_warning_is_heard_every_time_it_is_given(heard: Heard) -> None:
    assert texts(heard("again")) == ["said at one place"] * 3


SCENARIOS["tensorflow"] = """
import logging, sys
logger = logging.getLogger("tensorflow")
logger.addHandler(logging.StreamHandler(sys.stderr))
logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
logger.warning("%d objects could not be %s", 2, "loaded")
logger.info("nobody wants to know")
logger.error("%d", "not a number")
"""


def test_a_log_record_is_heard_once_whatever_its_handlers_write(heard: Heard) -> None:
    messages = heard("tensorflow")
    assert [(m["channel"], m["category"], m["level"], m["text"]) for m in messages] == [
        ("logging", "tensorflow", "WARNING", "2 objects could not be loaded"),
        ("logging", "tensorflow", "ERROR", "%d"),
    ]
    assert all(message["shown_by_default"] for message in messages)


SCENARIOS["absl"] = """
import logging, sys
class ABSLLogger(logging.getLoggerClass()):
    def handle(self, record):
        self.callHandlers(record)
logging.setLoggerClass(ABSLLogger)
logger = logging.getLogger("absl")
logging.setLoggerClass(logging.Logger)
sys.stderr.write("WARNING: Logging before flag parsing goes to stderr.\\n")
logger.warning("Skipping variable loading for optimizer")
"""


def test_absl_is_heard_after_what_it_wrote_before(heard: Heard) -> None:
    assert [(m["channel"], m["category"]) for m in heard("absl")] == [
        ("stderr", ""),
        ("logging", "absl"),
    ]


SCENARIOS["silenced"] = """
import logging
quiet = logging.getLogger("quiet")
quiet.propagate = False
quiet.warning("no handler at all: Python's last resort shows it")
quiet.addHandler(logging.NullHandler())
quiet.warning("swallowed")
"""


def test_a_record_that_no_handler_shows_is_heard_as_hidden(heard: Heard) -> None:
    assert [message["shown_by_default"] for message in heard("silenced")] == [True, False]


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


SCENARIOS["forgotten"] = """
import sys, types, warnings
from forgetting import forget_what_was_said

class Lazy(types.ModuleType):
    def __getattribute__(self, name):
        raise ImportError("loaded by a look at " + name)

deprecation = types.ModuleType("tensorflow.python.util.deprecation")
deprecation._PRINTED_WARNING = {"once": True}
deprecation.__warningregistry__ = {"version": 1}
absl = types.ModuleType("absl.logging")
absl._warn_preinit_stderr = False
tracing = types.ModuleType("tensorflow.python.eager.def_function")
tracing._frequent_tracing_detector = types.SimpleNamespace(_counters={"train_function": 4})
manager = types.SimpleNamespace(_detectors={"train_function": 4})
tracing._frequent_tracing_detector_manager = manager
added = {module.__name__: module for module in (deprecation, absl, tracing)}
added.update({"some.lazy": Lazy("some.lazy"), "some.missing": None})
sys.modules.update(added)
forget_what_was_said()
print(deprecation._PRINTED_WARNING, deprecation.__warningregistry__, absl._warn_preinit_stderr)
print(tracing._frequent_tracing_detector._counters, manager._detectors)
for name in added:
    del sys.modules[name]
"""


def test_what_is_said_once_per_process_can_be_said_again(heard: Heard) -> None:
    assert texts(heard("forgotten")) == ["{} {} True", "{} {}"]


SCENARIOS["moved"] = """
import sys
from forgetting import forget_what_was_said

for time in range(2):
    forget_what_was_said()
    try:
        from collections import Mapping
    except ImportError:
        pass
"""


def test_python_warns_of_abstract_classes_that_moved_each_time(
    ran: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    warns = ran[1]["facts"]["minor"] in {7, 8, 9}
    assert len(ran[1]["moved"]) == (2 if warns else 0)


SCENARIOS["reset"] = """
import sys, types
from forgetting import remember_keras, reset_keras

class Backend(object):
    layout, cleared = "channels_last", 0
    floatx = epsilon = lambda self: "same"
    set_floatx = set_epsilon = None
    def image_data_format(self): return self.layout
    def set_image_data_format(self, value): self.layout = value
    def clear_session(self): self.cleared += 1

registry = types.ModuleType("registry")
registry.GLOBAL_CUSTOM_NAMES = {}
known = {"Custom>Adam": 1}
def get_custom_objects():
    return known
get_custom_objects.__module__ = "registry"
sys.modules["registry"] = registry
keras = types.SimpleNamespace(
    backend=Backend(), utils=types.SimpleNamespace(get_custom_objects=get_custom_objects)
)
remembered = remember_keras(keras)
known["caniload>Scale"] = registry.GLOBAL_CUSTOM_NAMES["class"] = "a job's"
keras.backend.set_image_data_format("channels_first")
reset_keras(keras, remembered)
print(known, registry.GLOBAL_CUSTOM_NAMES, keras.backend.layout, keras.backend.cleared)
"""


def test_what_a_job_changed_in_keras_is_put_back(heard: Heard) -> None:
    assert texts(heard("reset")) == ["{'Custom>Adam': 1} {} channels_last 1"]


SCENARIOS["let go"] = """
import sys, types
from forgetting import let_go

cleared = []
backend = types.SimpleNamespace(clear_session=lambda: cleared.append(1))
keras = types.SimpleNamespace(backend=backend)
let_go(keras)
for eagerly in (True, False):
    sys.modules["tensorflow"] = types.SimpleNamespace(executing_eagerly=lambda: eagerly)
    let_go(keras)
    print(eagerly, len(cleared))
del sys.modules["tensorflow"]
"""


def test_only_a_framework_of_graphs_lets_go_of_its_graph(heard: Heard) -> None:
    assert texts(heard("let go")) == ["True 0", "False 1"]


def test_nothing_stays_diverted(
    ran: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    process, results = ran
    assert (process.stdout, process.stderr) == ("out again\n", "err again\n")
    assert results["facts"]["same descriptor free"]
    assert results["facts"]["files left"] == []


def test_a_window_costs_less_than_two_milliseconds(
    ran: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    assert ran[1]["facts"]["ms a window"] < 2
