"""Attack files that are after places outside: what finds them, what runs them, what a wall holds.

    python tests/real/attacking.py FOLDER [--envs tf-2.4,tf-2.16] [--levels bwrap,landlock,none]
        [--only ID,ID]

FOLDER is made, and everybody may read it. Each file of ``attacks.yaml`` is made as an environment's
generation writes it, with all that it is after in a folder of its own outside, given by its whole
path; and the files of ``tests/unit/attack_files.py`` as they are. For each environment

- ``inspect`` is asked of each file, and its exit code counted,
- ``check --run`` is asked of all of them without ``--trust``,
- and with it behind each level. A canary is a file that is there afterwards, or a secret that was
  read (its time of access is set far back before).

``none`` goes last, and shows that the canaries sing: what a file is after is harmless.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import attack_files

from caniload.runner.attacking import configs, kept, layouts, making
from caniload.runner.attacking.attacks import attacks, is_newer
from caniload.runner.attacking.measuring import MADE
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix
from caniload.runner.environments.variables import process_variables

ROOT = Path(__file__).parents[2]
LONG_AGO = 0
SECRETS = (configs.SECRET_WORDS, configs.SECRET_STORAGE, configs.SECRET_HDF5, configs.INNER)
OWN = [sys.executable, "-m", "caniload"]
_BYTECODE = """
import base64, json, marshal, sys
for path in json.load(sys.stdin):
    text = "lambda x: (__import__('os').makedirs(%r, exist_ok=True), x)[1]" % path
    code = compile(text, "", "eval")
    print(base64.b64encode(marshal.dumps(code.co_consts[0])).decode())
"""
_SAVED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import made
for kind, folder, place in json.load(sys.stdin):
    try:
        made.saved_model(kind, folder, place)
    except Exception as error:
        print(kind, type(error).__name__, error)
"""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An attack file, and the folder outside where its canary would be."""

    id: str
    path: Path
    outside: Path

    def canaries(self) -> list[str]:
        """Return what came of it outside: what is there and was not, and what was read."""
        found = [one.name for one in sorted(self.outside.iterdir()) if one.name not in _LAID]
        read = (one for one in SECRETS if (self.outside / one).exists())
        return [*found, *(f"{one} read" for one in read if self._was_read(one))]

    def laid(self) -> None:
        """Take away what came of it, and set back when its secrets were read."""
        for one in self.outside.iterdir():
            if one.name not in _LAID:
                shutil.rmtree(one) if one.is_dir() else one.unlink()
            elif one.is_file():
                os.utime(one, (LONG_AGO, LONG_AGO + 1))

    def _was_read(self, name: str) -> bool:
        return (self.outside / name).stat().st_atime > LONG_AGO


_LAID = {*SECRETS, f"{configs.BAIT}.py", configs.SAVED, "__pycache__", "given.tar"}
_GIVEN = {
    configs.MARK: "{}/" + configs.MARK,
    **{one: "{}/" + one for one in (*SECRETS, configs.SAVED)},
    f"file:{configs.SECRET_WORDS}": "file:{}/" + configs.SECRET_WORDS,
    "file:given.tar": "file:{}/given.tar",
    ".": "{}",
}
"""What the files of ``making`` name in their own folder, and what they name here."""


@contextmanager
def after(outside: Path) -> Iterator[None]:
    """Have HDF5, YAML and pickles lead to a folder outside."""
    places: list[tuple[Any, str]] = [(making, "MARK")]
    places += [(layouts, "SECRET_STORAGE"), (layouts, "SECRET_HDF5")]
    before = [getattr(module, name) for module, name in places]
    try:
        for (module, name), old in zip(places, before, strict=True):
            setattr(module, name, f"{outside}/{old}")
        yield
    finally:
        for (module, name), old in zip(places, before, strict=True):
            setattr(module, name, old)


class Kit(making.Kit):
    """Has configurations lead to a folder outside."""

    outside: Path

    def archive(self, config: Any = None, **members: bytes) -> None:
        super().archive(self._led(config or self.model()), **members)

    def whole(self, config: Any = None, **how: Any) -> None:
        super().whole(self._led(config or self.model(archive=False)), **how)

    def text(self, config: Any) -> None:
        super().text(self._led(config))

    def _led(self, config: Any) -> Any:
        if isinstance(config, dict):
            return {name: self._led(one) for name, one in config.items()}
        if isinstance(config, list):
            return [self._led(one) for one in config]
        if isinstance(config, str) and config in _GIVEN:
            return _GIVEN[config].format(self.outside)
        return config


def written(folder: Path, environment: str, only: Sequence[str]) -> list[Placed]:
    """Write all files for an environment, as its generation of Keras has them."""
    matrix, home = open_matrix(ROOT / "matrix.yaml"), Home.default()
    row, python = matrix.environment(environment), home.python(environment)
    known = kept.table([row], home=home).of(environment)
    newer = is_newer(known.keras if known else "3")
    wanted = [one for one in attacks() if not only or one.id in only]
    outsides = [folder / "outside" / environment / one.id for one in wanted]
    codes = _asked([python, "-s", "-c", _BYTECODE], [f"{one}/{configs.MARK}" for one in outsides])
    found, saved = [], []
    for attack, outside, code in zip(wanted, outsides, codes.split(), strict=True):
        inside = folder / "files" / environment / attack.id
        inside.mkdir(parents=True)
        outside.mkdir(parents=True)
        making.bait(making.Kit(folder=outside, newer=newer, bytecode=code))
        kit = Kit(folder=inside, newer=newer, bytecode=code)
        object.__setattr__(kit, "outside", outside)
        with after(outside):
            making.make(attack.id, kit)
        for one in (*SECRETS, f"{configs.BAIT}.py"):
            (inside / one).unlink(missing_ok=True)  # beside the model they may be read
        for archive in inside.glob("given.tar"):
            archive.rename(outside / archive.name)
        if attack.id in MADE:
            to = outside if attack.format != "savedmodel" else inside
            saved.append([MADE[attack.id], str(to), str(outside)])
        name = making.file_name(attack.format, newer=newer)
        found.append(Placed(id=attack.id, path=inside / name, outside=outside))
    if saved:
        words = [python, "-s", "-c", _SAVED, str(PROBES / "attacks")]
        print(_asked(words, saved, process_variables(row, home)), end="")
    for path, folders, _ in os.walk(folder / "outside"):
        for one in (path, *folders):
            (Path(path) / one).chmod(0o777)
    return [one for one in found if one.path.exists()]


def _asked(words: Sequence[Any], given: Any, variables: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(one) for one in words],
        input=json.dumps(given),
        env=None if variables is None else dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout


def others(folder: Path) -> list[Path]:
    """Write the files that are there for ``inspect`` alone."""
    found = []
    for number, make in enumerate(attack_files.FILES.values()):
        inside = folder / "files" / "others" / str(number)
        inside.mkdir(parents=True)
        found.append(make(inside))
    return found


def inspected(paths: Sequence[Path]) -> Counter[int]:
    """Return how many files ``inspect`` ends with which exit code."""
    codes: Counter[int] = Counter()
    for one in paths:
        done = subprocess.run([*OWN, "inspect", str(one)], capture_output=True, check=False)
        codes[done.returncode] += 1
        if done.returncode == 0:
            print(f"  inspect says nothing of {one}")
    return codes


def checked(paths: Sequence[Path], environment: str, *more: str) -> Counter[str]:
    """Return what ``check --run`` says of files, by the words of its outcomes."""
    words = [*OWN, "check", *map(str, paths), "--envs", environment, "--run", "--rerun", "--json"]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=False)
    if "Traceback" in done.stderr or not done.stdout:
        raise SystemExit(f"check ended with {done.returncode}: {done.stderr[-2000:]}")
    said: Counter[str] = Counter()
    for one in json.loads(done.stdout):
        answers = one["answers"]
        said.update([answer["outcome"] for answer in answers] or ["not run"])
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--envs", default="tf-2.4,tf-2.16")
    parser.add_argument("--levels", default="bwrap,landlock,none")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    folder, only = given.folder.resolve(), [one for one in given.only.split(",") if one]
    folder.mkdir(parents=True)
    more = [] if only else others(folder)
    print(f"{len(more)} other files: inspect ends with {dict(inspected(more))}")
    out = 0
    for environment in given.envs.split(","):
        placed = written(folder, environment, only)
        paths = [*(one.path for one in placed), *more]
        codes = inspected([one.path for one in placed])
        print(f"{environment}: {len(placed)} files: inspect ends with {dict(codes)}")
        levels = given.levels.split(",")
        ways = [("without --trust", []), *((one, _trusting(one)) for one in levels)]
        for name, options in ways:
            for one in placed:
                one.laid()
            said = checked(paths, environment, *options)
            canaries = {one.id: found for one in placed if (found := one.canaries())}
            told = f"{dict(said)}; canaries of {len(canaries)} files"
            print(f"{environment}, {name}: {told}", flush=True)
            for one_id, found in canaries.items():
                print(f"  {one_id}: {', '.join(found)}")
            out += 0 if name == "none" else len(canaries)
    return min(out, 1)


def _trusting(level: str) -> list[str]:
    return ["--trust", "--sandbox", level]


if __name__ == "__main__":
    raise SystemExit(main())
