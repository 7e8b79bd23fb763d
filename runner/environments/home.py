"""Where caniload keeps what it builds: one folder, its parts, and how much disk each takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from caniload.runner.core.machine import NO_FETCH


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folder of everything that can be made again; nothing in it belongs to the user.

    ``fetches``: whether Pythons that this machine has not are downloaded into it.
    """

    root: Path
    fetches: bool = False

    @classmethod
    def default(cls, variables: Mapping[str, str] = os.environ) -> Home:
        """Return ``$CANILOAD_HOME``, or the user's cache folder where that is not set.

        Pythons are fetched into it unless ``$CANILOAD_NO_FETCH`` or ``$UV_OFFLINE`` is set.
        """
        named = variables.get("CANILOAD_HOME")
        root = Path(named) if named else platformdirs.user_cache_path("caniload")
        forbidden = [variables.get(name, "") for name in (NO_FETCH, "UV_OFFLINE")]
        return cls(
            root=root.expanduser().absolute(),
            fetches=all(said in {"", "0", "false"} for said in forbidden),
        )

    @property
    def environments(self) -> Path:
        return self.root / "environments"

    @property
    def pythons(self) -> Path:
        """Holds the Pythons that were fetched."""
        return self.root / "pythons"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def shards(self) -> Path:
        """Holds a note of every shard whose results are here."""
        return self.results / "shards"

    @property
    def runs(self) -> Path:
        """Holds a note of every run whose results are here."""
        return self.results / "runs"

    @property
    def nights(self) -> Path:
        """Holds a snapshot of each night that was compared."""
        return self.root / "nights"

    @property
    def cache(self) -> Path:
        """The installer's downloads, unpacked; environments are hard links into it."""
        return self.root / "cache"

    @property
    def private(self) -> Path:
        """Holds the ``$HOME`` of probe processes, one folder for each environment."""
        return self.root / "private"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def added(self) -> Path:
        """Holds environments that `--add` made, each with its lock and links to the others."""
        return self.root / "added"

    @property
    def checked(self) -> Path:
        """Holds what was measured of a person's own models, one folder for each content."""
        return self.root / "checked"

    @property
    def packs(self) -> Path:
        """Holds evidence packs that were imported."""
        return self.root / "packs"

    @property
    def constructors(self) -> Path:
        """Holds what constructors take, as asked in the environments built here."""
        return self.root / "constructors"

    @property
    def attacks(self) -> Path:
        """Holds what came of attack files in the environments built here."""
        return self.root / "attacks"

    def environment(self, environment_id: str) -> Path:
        return self.environments / environment_id

    def python(self, environment_id: str) -> Path:
        """Return the interpreter inside an environment, built or not."""
        return self.environment(environment_id) / "bin" / "python"


def disk_use(home: Home) -> dict[str, int]:
    """Return bytes on disk for each part of the home.

    A file with several names is counted once: in the cache, where it stays when the environments
    that share it are removed. So the parts add up to what the disk has lost.
    """
    seen: set[tuple[int, int]] = set()
    parts = (
        home.cache,
        home.environments,
        home.pythons,
        home.artifacts,
        home.results,
        home.report,
        home.private,
        home.added,
        home.checked,
        home.constructors,
        home.attacks,
        home.packs,
        home.nights,
    )
    return {part.name: sum(_new_bytes(part, seen)) for part in parts}


def apparent_bytes(folder: Path) -> int:
    """Return the bytes on disk of all that is below ``folder``, shared with others or not."""
    return sum(_new_bytes(folder, set()))


def _new_bytes(folder: Path, seen: set[tuple[int, int]]) -> Iterator[int]:
    for status in statuses(folder):
        inode = (status.st_dev, status.st_ino)
        if status.st_nlink > 1:
            if inode in seen:
                continue
            seen.add(inode)
        yield status.st_blocks * 512


def statuses(folder: Path) -> Iterator[os.stat_result]:
    """Yield the status of every file below; what vanishes meanwhile is left out."""
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry.stat(follow_symlinks=False)
        except OSError:
            continue
