"""Descriptors 1 and 2 turned to files, and the messages in what arrives there; Python 3.6 to 3.13.

Everything that is printed ends there, C and C++ included. Lines of a C++ log keep the level and the
source file that they state.
"""

import os
import re
import sys

READ_AT_ONCE = 256 << 10

# Folders of this machine that messages name: packages, the standard library, these probes.
FOLDERS = [folder for folder in sys.path if folder.endswith("-packages")]
FOLDERS += [os.path.dirname(os.path.abspath(file)) for file in (os.__file__, __file__)]
FOLDERS = sorted((folder + os.sep for folder in FOLDERS), key=len, reverse=True)

LEVELS = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "CRITICAL"}
NATIVE = [
    re.compile(pattern + r" (?P<file>[^\s\]]+):(?P<line>\d+)\] ?(?P<text>.*)")
    for pattern in (
        # TensorFlow until 2.20: 2026-01-31 10:00:00.123456: W tensorflow/core/path.cc:12] text
        r"\d{4}-\d\d-\d\d [\d:.]+: (?P<level>[IWEF])",
        # absl, glog: W0000 00:00:1769850000.123456    4711 file.cc:12] text
        r"(?P<level>[IWEF])\d{4} [\d:.]+ +\d+",
        # PyTorch: [W131 10:00:00.123456789 file.cpp:12] text
        r"\[(?P<level>[IWEF])[\d:. ]*",
    )
]
# Lines of a C++ log that state nothing: how they begin, their level, their source file.
BARE = [
    (
        "WARNING: All log messages before absl::InitializeLog() is called",
        "WARNING",
        "absl/log/internal/log_sink_set.cc",
    ),
    # The second line of a notice, INFO in all versions.
    (
        "To enable the following instructions: ",
        "INFO",
        "tensorflow/core/platform/cpu_feature_guard.cc",
    ),
    (
        "To enable them in other operations, ",
        "INFO",
        "tensorflow/core/platform/cpu_feature_guard.cc",
    ),
]
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What differs between runs: addresses; in TensorFlow 1 numbers of nodes and functions, and the
# order of devices.
VARYING = re.compile(
    r"(?<=\b0x)[0-9a-f]{7,16}\b|(?<=' id:)\d+|(?<=PartitionedCall-)\d+|(?<=function_body_)\d+"
    r'|(?<=config_proto=")[^"]*'
)
PROGRESS = re.compile(r"\s*(Epoch )?\d+/(\d+|Unknown)(\s.*)?$")


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
        lines = [clean(line.rstrip("\r").rpartition("\r")[2]) for line in text.split("\n")]
        return [line for line in lines if line.strip() and not PROGRESS.match(line)], skipped


def said(line, name):
    """Return the message that a line from descriptor ``name`` is."""
    if name != "stderr":
        return as_message(name, "", "INFO", line)
    for pattern in NATIVE:
        match = pattern.match(line)
        if match is not None:
            level, file, number, text = match.group("level", "file", "line", "text")
            return as_message("native", file, LEVELS[level], text, source=file + ":" + number)
    for beginning, level, file in BARE:
        if line.startswith(beginning):
            return as_message("native", file, level, line, source=file)
    return as_message(name, "", "WARNING", line)


def as_message(channel, category, level, text, *, source="", shown=True):
    return {
        "channel": channel,
        "category": category,
        "level": level,
        "text": clean(text),
        "source": _without_folders(source),
        "shown_by_default": shown,
    }


def clean(text):
    """Return text without terminal escapes, control characters and what varies between runs."""
    return VARYING.sub("...", _without_folders(CONTROLS.sub("", ESCAPES.sub("", text))))


def _without_folders(text):
    for folder in FOLDERS:
        text = text.replace(folder, "")
    return text
