"""One environment's worker process: its start, its commands and its events.

With a cage it runs behind a wall, and what it says is a stranger's word: its process ids are looked
up, its lines and files are read with bounds. The protocol is written down in probes/probe.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.shipped import PROBES
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.walls import Cage

LONGEST = 65_536
"""Bytes of an event: the probe's are shorter than PIPE_BUF."""
WAITING = 1_000
"""Events that may wait to be dealt with, of a worker behind a wall: one that floods us waits."""
LOOKING = 0.5
"""Seconds between two looks at how much a worker behind a wall has written."""
KINDS: Mapping[str, Mapping[str, Any]] = {
    "ready": {"versions": dict},
    "unusable": {},
    "forked": {"batch": int, "pid": int},
    "start": {"batch": int, "job": int},
    "phase": {"batch": int, "job": int, "phase": str},
    "facts": {"batch": int, "job": int, "offset": int, "length": int},
    "exit": {"batch": int, "status": int, "cpu": (int, float), "rss_kb": int},
}
"""What a probe says, and the fields that we rely on."""

Job = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something a worker said; ``kind`` "gone" (its end) is ours, the others are the probe's."""

    worker: Worker
    kind: str
    data: Mapping[str, Any]


class Worker:
    """A probe that has one framework imported and forks a child for every batch of jobs.

    ``folder`` is its scratch; with a ``cage``, all that may be written behind the wall.
    """

    def __init__(
        self,
        *,
        environment: str,
        python: Path,
        imports: str,
        variables: Mapping[str, str],
        folder: Path,
        events: queue.Queue[Event],
        script: Path = PROBES / "probe.py",
        cage: Cage | None = None,
    ) -> None:
        self.environment = environment
        self.folder = folder
        self.ready = False
        self.cage = cage
        self.stopped: str | None = None
        """Why we ended it, where it outgrew what it may have."""
        self._events = events
        if cage is None:
            folder.mkdir(parents=True)
        else:
            variables = cage.variables()
        config = folder / "config.json"
        config.write_text(
            json.dumps({"schema": 1, "imports": imports, "folder": str(folder)}), encoding="utf-8"
        )
        reader, writer = os.pipe()
        command = [str(python), str(script), str(config), str(writer)]
        with (folder / "output.log").open("wb") as log:
            self._process = subprocess.Popen(
                command if cage is None else cage.command(command),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**variables, "TMPDIR": str(folder)},  # goes with it, however it ends
                cwd=folder,
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)
        threading.Thread(target=self._listen, args=(reader,), daemon=True).start()
        if cage is not None:
            threading.Thread(target=self._weigh, args=(cage,), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def submit(self, batch: int, jobs: Sequence[Job]) -> None:
        """Ask for a child that does these jobs; a worker that has died answers with "gone"."""
        line = json.dumps({"batch": batch, "jobs": list(jobs)}) + "\n"
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()

    def facts(self, batch: int, offset: int, length: int) -> dict[str, Any]:
        """Read the facts that an event points to; ``ValueError`` where there are none."""
        try:
            text = watching.read(
                self.folder / f"batch-{batch}.jsonl", min(length, watching.MOST), offset
            )
            facts = json.loads(text)
        except (OSError, RecursionError) as error:
            raise ValueError(str(error)) from error
        if not isinstance(facts, dict):
            raise ValueError("they are no object")  # noqa: TRY004 - what is in the file is wrong
        return facts

    def import_record(self) -> Any:
        """Return what was heard, or the error raised, while the framework was imported."""
        try:
            return json.loads(watching.read(self.folder / "import.json"))
        except (OSError, ValueError, RecursionError):
            return None

    def log_tail(self, lines: int = 20) -> str:
        try:
            text = watching.read(self.folder / "output.log", LONGEST, -LONGEST)
        except OSError:
            return ""
        return "\n".join(text.decode(errors="backslashreplace").splitlines()[-lines:])

    def close(self) -> None:
        """Let the worker end: it sees the end of its input and takes its children with it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End the worker now; its children ask the kernel to die with it."""
        if self.cage is not None:
            self.cage.end(self._process.pid)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def clean(self) -> None:
        """Wait for the process that has said goodbye, and remove its scratch folder."""
        self.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        if self.cage is not None:
            watching.remove(self.cage.folder)
        else:
            watching.end_strays(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listen(self, reader: int) -> None:
        with os.fdopen(reader, "rb") as events:
            while line := events.readline(LONGEST):
                if (data := self._understood(line)) is not None:
                    self._events.put(Event(worker=self, kind=data["event"], data=data))
                while self.cage is not None and self._events.qsize() > WAITING:
                    time.sleep(0.01)
        self._events.put(Event(worker=self, kind="gone", data={}))

    def _understood(self, line: bytes) -> dict[str, Any] | None:
        """Return an event, if it is one; of a worker behind a wall with its process id out here."""
        if self.cage is None:
            data: dict[str, Any] = json.loads(line)
            return data
        try:
            data = json.loads(line)
            wanted = KINDS[data["event"]]
            right = all(isinstance(data[name], kind) for name, kind in wanted.items())
            small = all(data[one] >= 0 for one in ("job", "offset", "length") if one in wanted)
        except (ValueError, RecursionError, KeyError, TypeError):
            return None
        if not right or not small:
            return None
        if data["event"] == "forked":
            data["pid"] = watching.outside(self._process.pid, data["pid"])
        return data

    def _weigh(self, cage: Cage) -> None:
        """End the worker when it has written more than it may."""
        while self._process.poll() is None:
            if (why := cage.overgrown()) is not None:
                self.stopped = why
                self.kill()
                return
            time.sleep(LOOKING)
