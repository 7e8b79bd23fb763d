"""What is done for one job: save a reference model, or load one artifact. Facts only.

A job is a dict of plain data; the facts are too. Python 3.6 to 3.13. What the framework is asked to
do happens in the phases build, save, load, predict and train; an exception in any other, such as
compare, is the probe's own fault. ``saving.py`` and ``loading.py`` say what a job holds.
"""

import gc
import time
import traceback

import forgetting
import loading
import saving

SCHEMA = 1
KINDS = {"save": saving.save, "load": loading.load}
TRACEBACK_LINES = 40


class Job(object):
    """One job under way: its facts so far, and the phase it is in."""

    def __init__(self, keras, hearing, facts, on_phase, start_afresh):
        self.keras = keras
        self.hearing = hearing
        self.start_afresh = start_afresh
        self.random = False
        self._on_phase = on_phase
        self.facts = facts
        self.facts.update(schema=SCHEMA, error=None, unsupported=None, seconds={})
        self._since = time.time()
        self._phase = None

    def phase(self, name):
        """Enter a phase: what is heard and raised from now on belongs to it."""
        now = time.time()
        if self._phase is not None:
            spent = self.facts["seconds"]
            spent[self._phase] = round(spent.get(self._phase, 0.0) + now - self._since, 4)
        self._since, self._phase = now, name
        self.hearing.phase = name
        self._on_phase(name)

    def failed(self, error):
        return describe(error, self._phase)


def describe(error, phase):
    """Return an exception as plain data; a message that cannot be told is said so."""
    try:
        message = str(error)
    except Exception as second:
        message = "<the exception's own message raised %s>" % type(second).__name__
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    lines = "".join(lines).splitlines()
    if len(lines) > TRACEBACK_LINES:
        kept = TRACEBACK_LINES // 2
        cut = "... %d lines left out ..." % (len(lines) - 2 * kept)
        lines = [*lines[:kept], cut, *lines[-kept:]]
    return {
        "type": type(error).__name__,
        "message": message,
        "errno": getattr(error, "errno", None),
        "phase": phase,
        "traceback": "\n".join(line[:1000] for line in lines),
    }


def run(job, keras, hearing, on_phase, start_afresh):
    """Do one job and return its facts, whatever the framework does short of killing the process.

    ``on_phase(name)`` is told of every phase; ``start_afresh()`` resets the framework as between
    two jobs.
    """
    state = Job(keras, hearing, {"kind": job["kind"]}, on_phase, start_afresh)
    started = time.process_time()
    with hearing:
        try:
            KINDS[job["kind"]](job, state)
        except Exception as error:
            state.facts["error"] = state.failed(error)
            error.__traceback__ = None
        except (SystemExit, KeyboardInterrupt) as error:
            state.facts["error"] = state.failed(error)
        # Checkpoints complain of what they could not restore when their objects die.
        if state.facts["error"] is None:
            state.phase("load" if job["kind"] == "load" else "save")
        forgetting.let_go(keras)
        gc.collect()
    state.phase("end")
    state.facts["messages"] = [
        message
        for message in hearing.messages
        if message["phase"] != "end"
        and not (message["channel"] == "native" and message["level"] == "INFO")
    ]
    state.facts["cpu_seconds"] = round(time.process_time() - started, 4)
    return state.facts
