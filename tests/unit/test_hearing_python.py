"""The two channels of Python itself: every warning and log record, heard once."""

from __future__ import annotations

from hearing_driver import Heard, Ran, only, texts

pytest_plugins = ["hearing_fixtures"]

SCENARIOS: dict[str, str] = {}

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


def test_a_deprecation_is_shown_only_to_the_script_it_is_about(ran: Ran) -> None:
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
