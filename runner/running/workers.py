"""One environment's worker process: its start, its commands and its events.

The only place where a process that loads models is launched; a sandbox will go here. The protocol
is written down in probes/probe.py.
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.shipped import PROBES

Job = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something a worker said; ``kind`` "gone" (its end) is ours, the others are the probe's."""

    worker: Worker
    kind: str
    data: Mapping[str, Any]


class Worker:
    """A probe that has one framework imported and forks a child for every batch of jobs."""

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
    ) -> None:
        self.environment = environment
        self.folder = folder
        self.ready = False
        self._events = events
        folder.mkdir(parents=True)
        config = folder / "config.json"
        config.write_text(
            json.dumps({"schema": 1, "imports": imports, "folder": str(folder)}), encoding="utf-8"
        )
        reader, writer = os.pipe()
        with (folder / "output.log").open("wb") as log:
            self._process = subprocess.Popen(
                [python, script, config, str(writer)],
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
        """Read the facts that an event points to."""
        with (self.folder / f"batch-{batch}.jsonl").open("rb") as file:
            file.seek(offset)
            facts: dict[str, Any] = json.loads(file.read(length))
            return facts

    def import_record(self) -> Any:
        """Return what was heard, or the error raised, while the framework was imported."""
        try:
            return json.loads((self.folder / "import.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def log_tail(self, lines: int = 20) -> str:
        text = (self.folder / "output.log").read_bytes().decode(errors="backslashreplace")
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """Let the worker end: it sees the end of its input and takes its children with it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End the worker now; its children ask the kernel to die with it."""
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
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listen(self, reader: int) -> None:
        with os.fdopen(reader, "rb") as events:
            for line in events:
                data = json.loads(line)
                self._events.put(Event(worker=self, kind=data["event"], data=data))
        self._events.put(Event(worker=self, kind="gone", data={}))
