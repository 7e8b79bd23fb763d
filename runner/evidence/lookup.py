"""Plan + store -> which cells have no result yet, as a column: no object is made for a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caniload.runner.evidence.known import Evidence, cut_short
from caniload.runner.evidence.rows import KEY_BYTES, Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files of a plan, in its order: whether saving was tried, and gave one; their keys."""

    tried: NDArray[np.bool_]
    saved: NDArray[np.bool_]
    keys: NDArray[np.bytes_]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one environment has measured of a plan: indices of its cells, each with its row.

    The row is -1 where there is no result; else ``rows`` has it.
    """

    cells: NDArray[np.int64]
    at: NDArray[np.int64]
    rows: Rows


def files(evidence: Evidence) -> Files:
    """Look up every file of the plan once, however many load it."""
    return evidence.until_put("files", lambda: _files(evidence))


def _files(evidence: Evidence) -> Files:
    import numpy as np  # noqa: PLC0415 - commands that look up one cell do without

    count = evidence.plan.cells.count_of_files
    found = Files(
        tried=np.zeros(count, bool),
        saved=np.zeros(count, bool),
        keys=np.zeros(count, f"S{KEY_BYTES}"),
    )
    for number, artifact in enumerate(evidence.plan.cells.artifacts()):
        model = evidence.saved_model(artifact.saved_by, artifact.model)
        found.tried[number] = model is not None and artifact.format in model.formats
        saved = evidence.saved(artifact)
        if saved is not None:
            found.saved[number] = True
            found.keys[number] = bytes.fromhex(evidence.file_key(saved))
    return found


def missing(evidence: Evidence, *, rerun: bool = False) -> NDArray[np.bool_]:
    """Say of each cell of the plan whether it can be loaded and has no result that stands.

    With ``rerun`` none stands.
    """
    return evidence.until_put(f"missing, {rerun}", lambda: _missing(evidence, rerun=rerun))


def _missing(evidence: Evidence, *, rerun: bool) -> NDArray[np.bool_]:
    import numpy as np  # noqa: PLC0415

    cells, known = evidence.plan.cells, files(evidence)
    found = known.saved[cells.file_of]
    for reader in cells.names.environments:
        own = cells.of_reader(reader)
        fingerprint = evidence.resolution.fingerprints.get(reader)
        if fingerprint is None:
            found[own] = False
        elif not rerun:
            own = own[found[own]]
            keys = known.keys[cells.file_of[own]]
            found[own] = ~evidence.store.has(keys, fingerprint)
            again = _to_be_tried_again(evidence, fingerprint)
            if len(again):
                found[own] |= np.isin(keys, again)
    return found


def _to_be_tried_again(evidence: Evidence, fingerprint: str) -> NDArray[Any]:
    """Return the files whose loading was ended by a limit that has been raised since."""
    rows, limits = evidence.store.rows(fingerprint), evidence.plan.matrix.limits
    return rows.files[rows.ended_by(lambda ended: cut_short(ended, limits))]


def found(evidence: Evidence, reader: str) -> Found:
    """Return what the store has for all cells of the plan that an environment loads."""
    cells, known = evidence.plan.cells, files(evidence)
    own = cells.of_reader(reader)
    rows = evidence.store.rows(evidence.resolution.fingerprints.get(reader, ""))
    of = cells.file_of[own]
    at = rows.find(known.keys[of])
    at[~known.saved[of]] = -1
    return Found(cells=own, at=at, rows=rows)
