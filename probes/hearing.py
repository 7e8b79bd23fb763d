"""Hear everything a framework says, by phase, on four channels; Python 3.6 to 3.13.

    hearing = Hearing(folder)
    with hearing:
        hearing.phase = "load"
        ...
    hearing.messages

A message is a dict: ``channel``, ``category``, ``level``, ``text``, ``phase``, ``source`` (file and
line, from site-packages on) and ``shown_by_default``: whether a person who runs the same call in a
script of theirs would see it, with filters and levels as the framework leaves them. Channels:

    warnings   Python's ``warnings``; the category is the class
    logging    any logger, from WARNING on; the category is the logger
    native     lines that C++ wrote to descriptor 2; the category is the source file
    stderr     what else arrived on descriptor 2
    stdout     what arrived on descriptor 1

Descriptors are turned to files in ``folder``, which stay behind only when the process dies.
"""

import ctypes
import logging
import os
import sys
import threading
import warnings

from descriptors import Descriptor, as_message, said

MESSAGES_PER_PHASE = 200
TEXT_PER_PHASE = 64 << 10

HERE = os.path.dirname(os.path.abspath(__file__))
C = ctypes.CDLL(None)
EVERYTHING = "(?#heard)"  # matches any text; as a pattern, it tells our filter from others


class Hearing(object):
    """Listens between ``__enter__`` and ``__exit__``, any number of times; one at a time."""

    def __init__(self, folder):
        self.messages = []
        self.folder = folder
        self._descriptors = [Descriptor(1, "stdout", folder), Descriptor(2, "stderr", folder)]
        self._lock = threading.RLock()
        self._listening = self._draining = False
        self._begin("start")

    def __enter__(self):
        self.messages = []
        self._begin("start")
        _flush_python()
        C.fflush(None)
        for descriptor in self._descriptors:
            descriptor.divert()
        self._call_handlers = logging.Logger.callHandlers
        logging.Logger.callHandlers = _handing_over(self._hear_record)
        self._show_warning, self._own_hook = warnings.showwarning, self._hear_warning
        warnings.showwarning = self._own_hook
        _put_our_filter_first()
        self._listening = True
        return self

    def __exit__(self, *error):
        self._end()
        self._listening = False
        _remove_our_filter()
        if warnings.showwarning is self._own_hook:
            warnings.showwarning = self._show_warning
        logging.Logger.callHandlers = self._call_handlers
        for descriptor in self._descriptors:
            descriptor.restore()

    @property
    def phase(self):
        return self._phase

    @phase.setter
    def phase(self, name):
        """End a phase and begin another; all that was said until now belongs to the first."""
        if self._listening:
            self._end()
            _put_our_filter_first()
        self._begin(name)

    def _begin(self, name):
        self._phase = name
        self._count, self._room = 0, TEXT_PER_PHASE
        self._cut_messages = self._cut_characters = 0
        self._cut_channel = None

    def _end(self):
        C.fflush(None)
        self._drain(final=True)
        if self._cut_channel is not None:
            text = "... and more, left out here: %d messages, %d characters"
            text = text % (self._cut_messages, self._cut_characters)
            cut = as_message(self._cut_channel, "cut", "INFO", text, shown=False)
            self.messages.append(dict(cut, phase=self._phase))

    def _hear_warning(self, message, category, filename, lineno, *rest):
        text = str(message)
        shown = _shown_by_filters(text, category, _module_of(filename), lineno)
        source = "%s:%d" % (filename, lineno)
        self._hear(
            as_message("warnings", category.__name__, "WARNING", text, source=source, shown=shown)
        )

    def _hear_record(self, logger, record):
        """Stand in for ``Logger.callHandlers``: no handler may write to a descriptor as well."""
        if record.levelno < logging.WARNING:
            return
        try:
            text = record.getMessage()
        except Exception:
            text = str(record.msg)
        shown = _shown_by_handlers(logger, record)
        source = "%s:%d" % (record.pathname, record.lineno)
        self._hear(
            as_message("logging", record.name, record.levelname, text, source=source, shown=shown)
        )

    def _hear(self, message):
        with self._lock:
            self._drain(final=False)  # what was printed before comes before
            self._note(message)

    def _drain(self, final):
        """Note the lines that have arrived on the descriptors."""
        with self._lock:
            if self._draining:
                return
            self._draining = True
            _flush_python()
            try:
                for descriptor in self._descriptors:
                    lines, skipped = descriptor.lines(final)
                    for line in lines:
                        self._note(said(line, descriptor.name))
                    if skipped:
                        self._cut(descriptor.name, 0, skipped)
            finally:
                self._draining = False

    def _note(self, message):
        length = len(message["text"])
        if self._count >= MESSAGES_PER_PHASE or self._room <= 0:
            self._cut(message["channel"], 1, length)
            return
        if length > self._room:
            self._cut(message["channel"], 0, length - self._room)
        text = message["text"][: self._room]
        self._count += 1
        self._room -= len(text)
        self.messages.append(dict(message, text=text, phase=self._phase))

    def _cut(self, channel, messages, characters):
        self._cut_channel = self._cut_channel or channel
        self._cut_messages += messages
        self._cut_characters += characters


def _flush_python():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, RuntimeError, ValueError):  # None, closed, or at it
            pass


def _put_our_filter_first():
    # Hidden behind no other filter, yet still one among them: those that the framework adds stay.
    warnings.filterwarnings("always", message=EVERYTHING)


def _remove_our_filter():
    warnings.filters[:] = [item for item in warnings.filters if not _is_ours(item)]


def _is_ours(item):
    return getattr(item[1], "pattern", None) == EVERYTHING


def _shown_by_filters(text, category, module, lineno):
    """Return whether a warning would be shown if we were not listening."""
    for action, pattern, kind, where, line in warnings.filters:
        if _is_ours((action, pattern)) or line not in (0, lineno):
            continue
        if issubclass(category, kind) and _matches(pattern, text) and _matches(where, module):
            return action != "ignore"
    return warnings.defaultaction != "ignore"


def _matches(pattern, text):
    if pattern is None or isinstance(pattern, str):
        return pattern is None or pattern == text
    return pattern.match(text) is not None


def _module_of(filename):
    """Return the name of the module that warns; we stand where a person's own script would."""
    if os.path.dirname(os.path.abspath(filename)) == HERE:
        return "__main__"
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == filename:
            return frame.f_globals.get("__name__") or "<unknown>"
        frame = frame.f_back
    return filename[:-3] if filename.endswith(".py") else filename


def _handing_over(hear):
    """Return a ``Logger.callHandlers`` that hands over logger and record."""

    def call_handlers(logger, record):
        hear(logger, record)

    return call_handlers


def _shown_by_handlers(logger, record):
    """Return whether a record would have reached a handler that shows it."""
    found = False
    while logger is not None:
        for handler in logger.handlers:
            found = True
            silent = isinstance(handler, (logging.NullHandler, logging.FileHandler))
            if not silent and record.levelno >= handler.level:
                return True
        logger = logger.parent if logger.propagate else None
    return not found and record.levelno >= logging.lastResort.level
