"""What environments cost before they are built, and which go when the disk is needed.

``python -m caniload.runner.environments.disk`` writes runner/locks/costs.json from the receipts of
the environments that are built on this machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from caniload.runner.core.errors import CaniloadError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import processes, uv
from caniload.runner.environments.build import remove
from caniload.runner.environments.holding import HeldError, held
from caniload.runner.environments.home import Home, disk_use, statuses
from caniload.runner.environments.locking import download_bytes, resolve
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.environments.receipts import FILE, read_receipt
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

COSTS = "costs.json"
_CLEAN_SECONDS = 120.0
_MEASURED = (
    "download_bytes: the wheels of the lock; disk_bytes: every file of the environment with its "
    "bytecode, though environments share most of them; seconds: wall time of download, "
    "installation, compilation and first import on two cores"
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one environment costs on a machine that has nothing of it yet."""

    download_bytes: int
    disk_bytes: int
    seconds: float


def estimate(environment: Environment, locks_dir: Path = LOCKS) -> Cost:
    """Return the measured cost of building the environment; the mean of all where it has none."""
    measured = _read_costs(locks_dir)
    if environment.id in measured:
        return measured[environment.id]
    known = list(measured.values()) or [Cost(download_bytes=0, disk_bytes=0, seconds=0)]
    return Cost(
        download_bytes=sum(cost.download_bytes for cost in known) // len(known),
        disk_bytes=sum(cost.disk_bytes for cost in known) // len(known),
        seconds=round(sum(cost.seconds for cost in known) / len(known), 1),
    )


def evict(home: Home, keep: Collection[str], max_bytes: int) -> tuple[list[str], int]:
    """Remove environments, least recently needed first, until the rest and the cache fit.

    What is in ``keep``, or is being built by another process, stays. Returns the ids removed, and
    the bytes that are still too many.
    """
    use = disk_use(home)
    excess = use[home.environments.name] + use[home.cache.name] - max_bytes
    if excess <= 0:
        return [], 0
    excess -= _drop_unlinked(home)
    names = _least_recent(home)
    holders = _holders(home, names)
    removed: list[str] = []
    for name in names:
        if excess <= 0:
            break
        if name in keep:
            continue
        with contextlib.suppress(HeldError), held(name, home):
            excess -= _released(home.environment(name), holders)
            remove(name, home)
            removed.append(name)
    _drop_unlinked(home)
    return removed, max(0, excess)


def _holders(home: Home, names: Iterable[str]) -> Counter[int]:
    """Count for each file of several names how many of its names are in environments."""
    return Counter(
        status.st_ino
        for name in names
        for status in statuses(home.environment(name))
        if status.st_nlink > 1
    )


def _released(folder: Path, holders: Counter[int]) -> int:
    """Return the bytes that go with ``folder``: files that no other environment shares."""
    released = 0
    for status in statuses(folder):
        if status.st_nlink > 1:
            holders[status.st_ino] -= 1
        if status.st_nlink == 1 or holders[status.st_ino] == 0:
            released += status.st_blocks * 512
    return released


def _least_recent(home: Home) -> list[str]:
    """Return the ids of all environments; what a dead build left comes first."""

    def needed(folder: Path) -> float:
        receipt = folder / FILE
        return receipt.stat().st_mtime if receipt.is_file() else 0

    folders = home.environments.iterdir() if home.environments.is_dir() else ()
    return [folder.name for folder in sorted((f for f in folders if f.is_dir()), key=needed)]


def _drop_unlinked(home: Home) -> int:
    """Clean the cache of unpacked wheels that no environment is linked to; return their bytes.

    uv does it, by the packages' names: a folder that just vanished would break its next build.
    """
    program, cache = uv.find_uv(), home.cache / "uv"
    unlinked = {
        archive: sum(status.st_blocks * 512 for status in statuses(archive))
        for archive in cache.glob("archive-v*/*")
        if all(status.st_nlink == 1 for status in statuses(archive))
    }
    names = {info.name.split("-")[0] for folder in unlinked for info in folder.glob("*.dist-info")}
    if program is None or not names:
        return 0
    processes.run(
        [program, "cache", "clean", f"--cache-dir={cache}", *sorted(names)],
        variables=uv.installer_variables(home),
        seconds=_CLEAN_SECONDS,
    )
    return sum(size for archive, size in unlinked.items() if not archive.exists())


def _read_costs(locks_dir: Path) -> dict[str, Cost]:
    try:
        data = json.loads((locks_dir / COSTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: Cost(**cost) for name, cost in data["environments"].items()}


def measure(environments: Iterable[Environment], home: Home) -> dict[str, Cost]:
    """Return the costs of those environments that are built in ``home``."""
    found: dict[str, Cost] = {}
    for environment in environments:
        receipt = read_receipt(home.environment(environment.id))
        if receipt is not None:
            pythons = find_pythons([environment.python])
            packages = resolve(environment, pythons.get(environment.python))
            found[environment.id] = Cost(
                download_bytes=download_bytes(packages),
                disk_bytes=receipt.bytes,
                seconds=receipt.seconds,
            )
    return found


def main(argv: list[str] | None = None) -> int:
    """Write costs.json from the environments built here; those not built keep their numbers."""
    parser = argparse.ArgumentParser(prog="python -m caniload.runner.environments.disk")
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"))
    try:
        environments = read_matrix(parser.parse_args(argv).matrix).environments
        costs = _read_costs(LOCKS) | measure(environments, Home.default())
    except CaniloadError as error:
        print(f"costs: {error}", file=sys.stderr)
        return error.exit_code
    order = [environment.id for environment in environments if environment.id in costs]
    data = {"measured": _MEASURED, "environments": {name: asdict(costs[name]) for name in order}}
    (LOCKS / COSTS).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(f"costs of {len(order)} environments written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
