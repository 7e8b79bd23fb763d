"""The engine that is a Dask cluster: what it is told is Python's own, what runs is a process.

The scheduler reads what is submitted, so it is a function of Python itself with plain data: it
needs no caniload. A worker needs caniload, but runs none of it in its own process: it starts one.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import urllib.parse
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.engines import errand
from caniload.runner.engines.engine import STARTS, Answer, EngineGoneError, LostError
from caniload.runner.environments import leash

CONNECT_SECONDS = 10
RECONNECT_SECONDS = 180
"""How long a scheduler that has gone is waited for."""

CALL = (
    "(lambda os, subprocess, sys, worker: (worker.address, subprocess.run("
    "[sys.executable, '-m', leash, str(os.getpid()), sys.executable, '-m', errand,"
    " worker.local_directory, str(worker.name), str(worker.state.nthreads)],"
    " input=given, capture_output=True)))(*map(__import__, ('os', 'subprocess', 'sys')),"
    " __import__('distributed').get_worker())"
)
"""What a worker evaluates; the leash ends the process with the worker, however that ends."""

CERTIFICATES = "--engine dask+tls://… needs certificates, which Dask takes from " + ", ".join(
    f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__KEY", "CLIENT__CERT")
)

_GONE = "{worker} is gone; what it was at starts again elsewhere"

INSTALL = "pip install 'caniload[dask]'"


@dataclass(kw_only=True)
class _Out:
    """An errand that is out: Dask's future, ours, the worker it is on, and how many it lost.

    Until it was seen on one it is taken to be on the first that was asked for, if one was.
    """

    asked: Any
    wanted: str | None = None
    promised: Future[Answer] = field(default_factory=Future)
    where: str | None = None
    lost: int = 0


class Dask:
    """Carries out errands on the workers of a scheduler; ``say`` is told what happens to them."""

    def __init__(self, address: str, say: Callable[[str], None]) -> None:
        self._address, self._say = address, say
        self._distributed = _distributed()
        self._client = self._connect()
        self._out: dict[str, _Out] = {}
        self._numbers = itertools.count(1)
        self._waits = False
        self._elsewhere: list[str] = []
        self._run = uuid.uuid4().hex[:8]
        self._warn_of_lone_workers()

    def _connect(self) -> Any:
        where = urllib.parse.urlsplit(self._address)
        given = self._distributed.Security().get_connection_args("client")
        if where.scheme == "tls" and not given.get("ssl_context"):
            raise UsageError(CERTIFICATES)
        try:
            # Dask itself would try for as long as it waits for one that has gone.
            socket.create_connection((where.hostname, where.port), timeout=CONNECT_SECONDS).close()
            return self._distributed.Client(
                self._address, timeout=RECONNECT_SECONDS, set_as_default=False
            )
        except OSError as error:
            told = str(error).splitlines()[0] if str(error) else repr(error)
            raise EngineGoneError(
                f"no Dask scheduler answers at {self._address}: {told}"
            ) from error

    def _warn_of_lone_workers(self) -> None:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        lone = [address for address, told in workers.items() if not told.get("nanny")]
        if lone:
            self._say(f"without a nanny, these are gone for good if they die: {', '.join(lone)}")

    def slots(self) -> tuple[str, ...]:
        """Return the workers; see which errands were lost with theirs."""
        status = self._client.status
        if status == "closed":
            raise EngineGoneError(
                f"the Dask scheduler at {self._address} has gone, and did not come back in"
                f" {RECONNECT_SECONDS} s; what came back is kept, run it again to go on"
            )
        if status != "running":
            if not self._waits:
                self._say(f"the Dask scheduler at {self._address} has gone; it is waited for")
            self._waits = True
            return ()
        self._waits = False
        try:
            there, processing = tuple(self._client.nthreads()), self._client.processing()
        except OSError:  # it goes at this very moment
            return ()
        self._look_after(there, processing)
        while self._elsewhere:  # answered by another, before the loss of the first was seen
            if (before := self._elsewhere.pop()) not in there:
                self._say(_GONE.format(worker=before))
        return there

    def _look_after(self, there: Sequence[str], processing: Mapping[str, Sequence[Any]]) -> None:
        places = {str(key): worker for worker, keys in processing.items() for key in keys}
        for key, out in [*self._out.items()]:
            now, before = places.get(key), out.where or out.wanted
            # Dask may have given it to another before it leaves the dead one out of the list.
            moved = out.where is not None and now is not None and now != out.where
            if before is not None and (moved or before not in there):
                out.lost += 1
                self._say(_GONE.format(worker=before))
                if out.lost >= STARTS:
                    self._fail(key, LostError(_died(out.lost), starts=out.lost))
                out.wanted = None
            out.where = now

    def submit(self, errand_: bytes, prefer: Sequence[str]) -> Future[Answer]:
        key = f"caniload-{self._run}-{next(self._numbers)}"
        call = {"given": errand_, "leash": leash.__name__, "errand": errand.__name__}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            asked = self._client.submit(
                eval,
                CALL,
                call,
                key=key,
                pure=False,
                workers=[*prefer] or None,
                allow_other_workers=bool(prefer),  # or it waits for ever for one that has died
            )
        self._out[key] = out = _Out(asked=asked, wanted=next(iter(prefer), None))
        out.promised.add_done_callback(lambda promised: self._cancelled(key, promised))
        asked.add_done_callback(lambda asked: self._ended(key, asked))
        return out.promised

    def _ended(self, key: str, asked: Any) -> None:
        out = self._out.get(key)
        if out is None:
            return
        try:
            worker, process = asked.result(timeout=RECONNECT_SECONDS)
        except self._distributed.KilledWorker as error:
            died = max(out.lost, error.allowed_failures + 1)
            self._fail(key, LostError(_died(died), starts=died))
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
            if asked.cancelled():
                self._out.pop(key, None)
                out.promised.cancel()
            else:
                self._fail(key, error)
        else:
            self._out.pop(key, None)
            if (before := out.where or out.wanted) not in (None, worker):
                self._elsewhere.append(str(before))
            answer = Answer(
                worker=worker,
                code=process.returncode,
                reply=process.stdout,
                said=process.stderr.decode("utf-8", "backslashreplace"),
            )
            with contextlib.suppress(InvalidStateError):  # it was cancelled meanwhile
                out.promised.set_result(answer)

    def _fail(self, key: str, error: BaseException) -> None:
        out = self._out.pop(key, None)
        if out is not None:
            with contextlib.suppress(InvalidStateError):
                out.promised.set_exception(error)
            out.asked.cancel()

    def _cancelled(self, key: str, promised: Future[Answer]) -> None:
        """Let go of what nobody waits for; a worker that is at it ends it, for nothing."""
        out = self._out.pop(key, None) if promised.cancelled() else None
        if out is not None:
            out.asked.cancel()

    def close(self) -> None:
        for out in [*self._out.values()]:
            out.promised.cancel()
        self._client.close(timeout=5)


def _died(count: int) -> str:
    return f"{count} workers died while they were at it"


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise CaniloadError(
            f"--engine dask://… needs the package distributed: {INSTALL}"
        ) from error
    # What matters of its tracebacks is said in a line of ours.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    return distributed
