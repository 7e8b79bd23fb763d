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
import re
import sys
import threading
import warnings

from forgetting import forget_what_was_said, remember_keras, reset_keras

__all__ = ["Hearing", "forget_what_was_said", "remember_keras", "reset_keras"]

MESSAGES_PER_PHASE = 200
TEXT_PER_PHASE = 64 << 10
READ_AT_ONCE = 4 * TEXT_PER_PHASE

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = sorted(
    (folder + os.sep for folder in sys.path if folder.endswith("-packages")), key=len, reverse=True
)
EVERYTHING = "(?#heard)"  # matches any text; as a pattern, it tells our filter from others

LEVELS = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "CRITICAL"}
NATIVE = [
    re.compile(pattern)
    for pattern in (
        # TensorFlow until 2.20: 2026-01-31 10:00:00.123456: W tensorflow/core/path.cc:12] text
        r"\d{4}(?:-\d\d){2} [\d:.]+: (?P<level>[IWEF]) (?P<file>\S+):(?P<line>\d+)\] ?(?P<text>.*)",
        # absl, glog: W0000 00:00:1769850000.123456    4711 file.cc:12] text
        r"(?P<level>[IWEF])\d{4} [\d:.]+ +\d+ (?P<file>\S+):(?P<line>\d+)\] ?(?P<text>.*)",
        # PyTorch: [W131 10:00:00.123456789 file.cpp:12] text
        r"\[(?P<level>[IWEF])[^\]]*? ?(?P<file>[^\s\]]+\.\w+):(?P<line>\d+)\] ?(?P<text>.*)",
        r"(?P<text>WARNING: (?P<file>All log messages before absl::InitializeLog)\(\) is called.*)",
    )
]
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PROGRESS = re.compile(r"\s*(Epoch )?\d+/(\d+|Unknown)(\s.*)?$")


class Hearing(object):
    """Listens between ``__enter__`` and ``__exit__``, any number of times; one at a time."""

    def __init__(self, folder):
        self.messages = []
        self._descriptors = [Descriptor(1, "stdout", folder), Descriptor(2, "stderr", folder)]
        self._lock = threading.RLock()
        self._listening = self._draining = False
        self._begin("start")

    def __enter__(self):
        self.messages = []
        self._begin("start")
        _flush()
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
        _flush()
        self._drain(final=True)
        if self._cut_channel is not None:
            text = "... and more, left out here: %d messages, %d characters"
            text = text % (self._cut_messages, self._cut_characters)
            cut = _message(self._cut_channel, "cut", "INFO", text, shown=False)
            self.messages.append(dict(cut, phase=self._phase))

    def _hear_warning(self, message, category, filename, lineno, *rest):
        text = str(message)
        shown = _shown_by_filters(text, category, _module_of(filename), lineno)
        source = "%s:%d" % (filename, lineno)
        self._hear(
            _message("warnings", category.__name__, "WARNING", text, source=source, shown=shown)
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
            _message("logging", record.name, record.levelname, text, source=source, shown=shown)
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
            try:
                for descriptor in self._descriptors:
                    lines, skipped = descriptor.lines(final)
                    for line in lines:
                        self._note(_said(line, descriptor.name))
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


class Descriptor(object):
    """A file descriptor of this process, turned to a file while it is listened to."""

    def __init__(self, number, name, folder):
        self.number = number
        self.name = name
        self._folder = folder

    def divert(self):
        self._path = os.path.join(self._folder, "%s-%d.txt" % (self.name, os.getpid()))
        self._saved = os.dup(self.number)
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        self._file = os.open(self._path, flags, 0o600)
        os.dup2(self._file, self.number)
        self._read = 0

    def restore(self):
        os.dup2(self._saved, self.number)
        os.close(self._saved)
        os.close(self._file)
        os.unlink(self._path)

    def lines(self, final):
        """Return (lines that have arrived, bytes skipped); an open line waits for ``final``."""
        arrived = os.fstat(self._file).st_size - self._read
        if not arrived:
            return [], 0
        data = os.pread(self._file, min(arrived, READ_AT_ONCE), self._read)
        skipped = arrived - len(data)
        if not final and not skipped:
            data = data[: data.rfind(b"\n") + 1]
        self._read += len(data) + skipped
        text = data.decode("utf-8", "backslashreplace")
        lines = [_clean(line.rstrip("\r").rpartition("\r")[2]) for line in text.split("\n")]
        return [line for line in lines if line.strip() and not PROGRESS.match(line)], skipped


def _flush():
    """Write out what Python and C hold in buffers."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # None, or closed
            pass
    C.fflush(None)


C = ctypes.CDLL(None)


def _put_our_filter_first():
    # Hidden behind no other filter, yet still one among them: those that the framework adds stay.
    warnings.filterwarnings("always", message=EVERYTHING)


def _remove_our_filter():
    warnings.filters[:] = [item for item in warnings.filters if not _is_ours(item)]


def _is_ours(item):
    return getattr(item[1], "pattern", None) == EVERYTHING


def _shown_by_filters(text, category, module, lineno):
    """Return whether a warning would be shown if we were not listening."""
    for action, message, kind, where, line in warnings.filters:
        if _is_ours((action, message)) or line not in (0, lineno):
            continue
        if issubclass(category, kind) and _matches(message, text) and _matches(where, module):
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


def _said(line, name):
    """Return the message that a line from a descriptor is."""
    for pattern in NATIVE if name == "stderr" else ():
        match = pattern.match(line)
        if match is not None:
            parts = match.groupdict()
            source = "%s:%s" % (parts["file"], parts["line"]) if "line" in parts else ""
            level = LEVELS[parts.get("level", "W")]
            return _message("native", parts["file"], level, parts["text"], source=source)
    return _message(name, "", "WARNING" if name == "stderr" else "INFO", line)


def _message(channel, category, level, text, *, source="", shown=True):
    return {
        "channel": channel,
        "category": category,
        "level": level,
        "text": _clean(text),
        "source": _from_packages(source),
        "shown_by_default": shown,
    }


def _clean(text):
    """Return text without terminal escapes, control characters and this machine's folders."""
    return _from_packages(CONTROLS.sub("", ESCAPES.sub("", text)))


def _from_packages(text):
    for folder in PACKAGES:
        text = text.replace(folder, "")
    return text
