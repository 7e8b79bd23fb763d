"""One start of a shard: ask a worker, send what it lacks, and wait until it has run, or has not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass

from caniload.runner.engines import parcels
from caniload.runner.engines.engine import Answer, Engine, LostError
from caniload.runner.engines.orders import Reply, Returned
from caniload.runner.engines.parcels import ParcelError
from caniload.runner.engines.shipping import Shipment

ROUNDS = 6
"""How often it is asked: papers may be lacking, then files, and both once more elsewhere."""

GRACE_SECONDS = 60.0
"""How much longer than the worker itself we wait for it to end what takes too long."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of a start: something that ``returned``, or a ``reason``.

    ``starts`` is for how many it counts: none where the shard had no part in it, several where its
    engine started it again by itself. ``unfit`` says that this worker will never do.
    """

    worker: str
    starts: int = 1
    returned: Returned | None = None
    reason: str = ""
    unfit: bool = False


def start(engine: Engine, shipment: Shipment, worker: str) -> Ended:
    """Start a shard on a worker, and wait for the end; never raises."""
    try:
        return _start(engine, shipment, worker)
    except LostError as error:
        return Ended(worker=worker, starts=error.starts, reason=str(error))
    except CancelledError:
        return Ended(worker=worker, starts=0, reason="the connection to the scheduler was lost")
    except TimeoutError:
        minutes = (shipment.order.seconds + GRACE_SECONDS) / 60
        return Ended(worker=worker, reason=f"there was no answer in {minutes:.0f} minutes")
    except Exception as error:  # noqa: BLE001 - an engine may raise anything; it costs a start
        return Ended(worker=worker, reason=f"{type(error).__name__}: {error}")


def _start(engine: Engine, shipment: Shipment, worker: str) -> Ended:
    until = time.monotonic() + shipment.order.seconds + GRACE_SECONDS
    pieces: Iterable[bytes] = [shipment.first()]
    for _ in range(ROUNDS):
        for piece in pieces:
            returned = _ask(engine, piece, worker, until)
            reply, worker = returned.reply, returned.worker
            if reply.unfit is not None:
                return Ended(worker=worker, starts=0, reason=reply.unfit, unfit=True)
            if reply.failed is not None:
                return Ended(worker=worker, reason=reply.failed)
        if not reply.lacking:
            return Ended(worker=worker, returned=returned)
        pieces = shipment.parcels(reply.lacking)
    return Ended(worker=worker, reason="it did not keep what it was sent")


def _ask(engine: Engine, errand: bytes, worker: str, until: float) -> Returned:
    future = engine.submit(errand, [worker])
    try:
        answer = future.result(timeout=max(0.0, until - time.monotonic()))
    except TimeoutError:
        future.cancel()
        raise
    return _read(answer)


def _read(answer: Answer) -> Returned:
    if answer.code != 0 or not answer.reply:
        said = answer.said.strip().splitlines() or [f"it ended with code {answer.code}"]
        return Returned(worker=answer.worker, reply=Reply(failed=said[-1]))
    try:
        head, files = parcels.unpack(answer.reply)
        lines = files.pop("records", b"").splitlines()
        records = dict(json.loads(line) for line in lines)
        return Returned(worker=answer.worker, reply=Reply.of(head), records=records, files=files)
    except (ParcelError, ValueError, KeyError, TypeError) as error:
        return Returned(worker=answer.worker, reply=Reply(failed=str(error)))
