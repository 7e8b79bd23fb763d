"""How long loading a file has taken, here and in other environments."""

from __future__ import annotations

import statistics
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from caniload.runner.evidence.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class History:
    """Seconds by the path of the file: the store's, read when first asked for, and new ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._new: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, path: str, seconds: float) -> None:
        self._new[path].append(seconds)

    def median(self, path: str) -> float | None:
        """Return how long it takes in the middle; ``None`` for a file that never ended."""
        places, starts, seconds = self._stored
        place = places.get(path)
        known = seconds[starts[place] : starts[place + 1]].tolist() if place is not None else []
        known += self._new[path]
        return statistics.median(known) if known else None

    @cached_property
    def _stored(self) -> tuple[dict[str, int], NDArray[np.int64], NDArray[np.float32]]:
        """All that is stored, one file's after the other's, and where each begins."""
        import numpy as np  # noqa: PLC0415 - a run that has nothing to load asks for nothing

        places: dict[str, int] = {}
        codes, seconds = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
        for reader in self._store.readers():
            rows = self._store.rows(reader)
            own, paths = rows.paths()
            numbers = np.array([places.setdefault(one, len(places)) for one in paths], np.int32)
            ended = ~np.isnan(rows.seconds)
            codes.append(numbers[own[ended]])
            seconds.append(rows.seconds[ended].astype(np.float32))
        code = np.concatenate(codes)
        order = np.argsort(code, kind="stable")
        starts = np.searchsorted(code[order], np.arange(len(places) + 1))
        return places, starts, np.concatenate(seconds)[order]


def mean(store: Store, least: int) -> float | None:
    """Return the seconds of a load on average; ``None`` where fewer than ``least`` are known."""
    import numpy as np  # noqa: PLC0415

    count, whole = 0, 0.0
    for reader in store.readers():
        seconds = store.rows(reader).seconds
        count += int((~np.isnan(seconds)).sum())
        whole += float(np.nansum(seconds))
    return whole / count if count >= least else None
