"""The wall of one run: the first that was asked for and holds, and command lines behind it."""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.sandbox import launcher, levels, trying, watching
from caniload.runner.sandbox.containers import Podman, contained
from caniload.runner.sandbox.levels import NO_WALL, Held, Way
from caniload.runner.sandbox.machine import machine, made_of, places, podman
from caniload.runner.sandbox.policy import SETTINGS, SYSTEM, USER, Place, Policy, order
from caniload.runner.sandbox.trying import UnheldError
from caniload.runner.sandbox.words import AUTO, Level

VARIABLE = "CANILOAD_SANDBOX"

LAUNCHER = Path(launcher.__file__)
UNPRIVILEGED = 61184
"""The first of the user ids that systemd gives to nobody in particular; we take one for a run."""
_UIDS = 4096
RUNTIMES = ("", "runc", "crun")
"""What podman makes containers with, the one that it is set to first: not each works everywhere."""
WRITABLE = "scratch"
"""What the part of a cage's folder is called that may be written behind the wall."""
_NUMBERS = itertools.count(1)


@dataclass(kw_only=True)
class Walls:
    """Which wall stands in this run, found out when it is first asked for.

    ``wanted`` is a word of ``words.CHOICES``, ``root`` a folder of ours for scratch.
    """

    wanted: str
    root: Path
    _known: dict[Way, Held | str] = field(default_factory=dict)
    _asking: Any = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        if (problem := levels.known(self.wanted)) is not None:
            raise UsageError(problem)

    @functools.cached_property
    def held(self) -> Held | None:
        """What the first wall stops that holds; ``None``: there is none."""
        if self.wanted == Level.NONE:
            return NO_WALL
        return next((self._held(way) for way in self._ways() if self._held(way) is not None), None)

    @property
    def refusal(self) -> str | None:
        """Why a person's file is not loaded, and what would help; ``None`` where it may be."""
        if self.held is not None:
            return None
        problems: dict[Level, str] = {}
        for way, found in self._known.items():
            problems.setdefault(way.level, _why(found))
        return levels.what_helps(self.wanted, problems)

    def confined(self, python: Path, variables: Mapping[str, str]) -> Confined | None:
        """Return the wall for a Python: one behind which it starts; ``None`` where none is wanted.

        ``CaniloadError`` where there is none, or none behind which it starts.
        """
        if self.wanted == Level.NONE:
            return None
        if self.refusal is not None:
            raise CaniloadError(self.refusal)
        problem = ""
        try:
            files = made_of(python, variables)
        except OSError as error:
            raise CaniloadError(str(error)) from error
        for way in self._ways():
            held = self._held(way)
            if held is None:
                continue
            one = Confined(way=way, held=held, python=python, variables=variables, files=files)
            if (said := self._starts(one)) is None:
                return one
            problem = problem or f"{way.level}: {said}"
        raise CaniloadError(f"{python} does not start in the sandbox ({problem}); --sandbox none")

    def of_the_same_person(self, one: Confined) -> Confined | None:
        """Return a wall that lets a process stay who we are; ``None`` where none of them holds.

        What it is to read may be closed to others.
        """
        for way in self._ways():
            held = self._held(way) if way.uid is None else None
            if held is not None:
                other = replace(one, way=way, held=held)
                if self._starts(other) is None:
                    return other
        return None

    def _starts(self, one: Confined) -> str | None:
        """Return why a Python does not start behind a wall: its files may be closed to others."""
        folder = Path(tempfile.mkdtemp(prefix="wall-", dir=self.root))
        folder.chmod(0o711)
        try:
            cage = one.cage(folder, ())
            said = subprocess.run(
                cage.command([str(one.python), "-s", "-c", "import json, zipfile"]),
                env=cage.variables(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=trying.SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
        finally:
            watching.remove(folder)
        if said.returncode == 0:
            return None
        return said.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200] or "it ended"

    def _ways(self) -> list[Way]:
        uids = [UNPRIVILEGED + os.getpid() % _UIDS] if os.getuid() == 0 else []
        return [
            Way(level=level, uid=uid, runtime=runtime)
            for level in Level
            if level is not Level.NONE and self.wanted in (AUTO, level)
            for runtime in (RUNTIMES if level is Level.CONTAINER else ("",))
            for uid in (*uids, None)
        ]

    def _held(self, way: Way) -> Held | None:
        with self._asking:  # environments are built side by side
            if way not in self._known:
                self._known[way] = self._tried(way)
        found = self._known[way]
        return found if isinstance(found, Held) and found.holds else None

    def _tried(self, way: Way) -> Held | str:
        if (missing := _missing(way)) is not None:
            return missing
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            return trying.tried(way, self.root, functools.partial(wrapped, way))
        except UnheldError as error:
            return str(error)


def of(wanted: str, root: Path) -> Walls:
    """Return the wall of this run: what it stops is tried once.

    Where nothing else is wanted, $CANILOAD_SANDBOX says what is; ``UsageError``: no such level.
    """
    usual = os.environ.get(VARIABLE) or AUTO  # empty, as a step of CI sets it, is not set
    if wanted == AUTO and (problem := levels.known(usual)) is not None:
        raise UsageError(f"{VARIABLE}: {problem}")
    return _of(usual if wanted == AUTO else wanted, root)


@functools.cache
def _of(wanted: str, root: Path) -> Walls:
    return Walls(wanted=wanted, root=root)


def _missing(way: Way) -> str | None:
    """Return what a wall would need that is not here."""
    here = machine()
    if way.level is Level.BWRAP and here.bwrap is None:
        return "bubblewrap is not installed"
    if way.level is Level.BWRAP and way.uid is not None and here.setpriv is None:
        return "setpriv is not installed"
    if way.level is Level.LANDLOCK and not launcher.abi():
        return "this kernel has no Landlock"
    if way.level is Level.CONTAINER and isinstance(missing := podman(), str):
        return missing
    if way.runtime and shutil.which(way.runtime) is None:
        return f"{way.runtime} is not installed"
    return None


def _why(found: Held | str) -> str:
    if isinstance(found, str):
        return found
    return f"it does not stop {', '.join(one for one in found.open if one in levels.NEEDED)}"


def wrapped(way: Way, command: Sequence[str], policy: Policy, folder: Path) -> list[str]:
    """Return a command line that runs ``command`` behind a wall; ``folder`` keeps what it reads.

    Nothing behind the wall may write to ``folder``.
    """
    here, number = machine(), next(_NUMBERS)
    told = {**order(policy, way, here), "parent": os.getpid()}
    if way.level is Level.CONTAINER and isinstance(there := podman(), Podman):
        root = folder / f"root-{number}"
        root.mkdir()
        root.chmod(0o755)
        for path, leads in here.links.items():
            (root / path.lstrip("/")).symlink_to(leads)
        told["container"] = contained(policy, way, here, there, str(root))
    written = folder / f"order-{number}.json"
    written.write_text(json.dumps(told), encoding="utf-8")
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(written), *command]


@dataclass(frozen=True, kw_only=True)
class Confined:
    """A wall behind which one Python starts; ``files`` are those that the Python is made of."""

    way: Way
    held: Held
    python: Path
    variables: Mapping[str, str]
    files: tuple[Place, ...]

    def cage(self, folder: Path, readable: Iterable[Path], *, model_bytes: int = 0) -> Cage:
        """Return the wall for one process, whose ``folder`` has a part that it may write."""
        writable = folder / WRITABLE
        trying.admit(writable, self.way)
        (place,) = places([writable])
        policy = Policy(
            readable=(*self.files, *places(readable)),
            writable=place,
            model_bytes=model_bytes,
        )
        return Cage(confined=self, policy=policy, folder=folder)


@dataclass(frozen=True, kw_only=True)
class Cage:
    """One process behind a wall: what it may see, and ``folder``, of which it has ``writable``."""

    confined: Confined
    policy: Policy
    folder: Path

    @property
    def level(self) -> Level:
        return self.confined.way.level

    @property
    def drops(self) -> bool:
        return self.confined.way.uid is not None

    @property
    def python(self) -> Path:
        return self.confined.python

    @property
    def writable(self) -> Path:
        return self.folder / WRITABLE

    def hand_over(self) -> None:
        """Give all that is in ``writable`` to whoever the process becomes, links not followed."""
        who = self.confined.way.uid
        if os.getuid() != 0:
            return
        for folder, folders, files in os.walk(self.writable):
            for name in (*folders, *files):
                os.chown(Path(folder) / name, who or 0, who or 0, follow_symlinks=False)

    def command(self, words: Sequence[str]) -> list[str]:
        return wrapped(self.confined.way, words, self.policy, self.folder)

    def variables(self) -> dict[str, str]:
        """Return the variables of a process behind the wall: its home is in its folder."""
        home = self.writable / "home"
        trying.admit(home, self.confined.way)
        return {
            **self.confined.variables,
            "HOME": str(home),
            "KERAS_HOME": str(home / ".keras"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "TMPDIR": str(self.writable),
            "USER": USER,
            "LOGNAME": USER,
        }

    def end(self, pid: int) -> None:
        """End a process that was started behind this wall, and all that it has started."""
        watching.end_tree(pid, contained=self.level is Level.CONTAINER)

    def overgrown(self) -> str | None:
        """Say that the process has written more than it may."""
        return watching.overgrown(self.writable, self.policy.scratch_bytes)

    def hides(self, path: str) -> bool:
        """Say whether a path is here, and cannot be seen behind the wall."""
        try:
            real = Path(path).resolve()
            if not real.exists():
                return False
        except OSError:
            return False
        seen = [one.real for one in (*self.policy.readable, self.policy.writable)]
        return not any(real.is_relative_to(one) for one in (*seen, *SYSTEM, *SETTINGS, "/proc"))
