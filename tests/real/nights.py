"""Nights with real environments, and what each of them says.

    python tests/real/nights.py FOLDER [--linked ENVIRONMENTS]

TensorFlow 2.2.0 and numpy as they met in 2021: numpy 1.20 came out, nothing forbade it, and models
with an LSTM could not be built any more. Here an index on this machine lists what is out by the
night: first numpy 1.18, then 1.21; then an h5py that was made here of 2.10 and says something that
nobody has heard before; this one is withdrawn, and the machine is a new one; one night nothing
runs; at last both are as they were. After each night comes another in which nothing has changed.
The script ends with 1 where a night does not say what it has to.

It needs Python 3.7 and 3.8, a package index, 3 GB in FOLDER and a quarter of an hour on two cores.
``--linked`` names a folder that has tf-2.1 built.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from changing_index import Index, rebuilt, serving

from caniload.runner.environments import locking
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.matrix import editing
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment
from caniload.runner.packages.index import index_url
from caniload.runner.releases import companions

ROOT = Path(__file__).parents[2]
OLD, BASE = "tf-2.1", "tf-2.2.0"
NEW = "tf-2.2.0-numpy-1.20"
MODELS = ("control", "dense", "lstm")
FORMATS = ("h5", "json")
TAG = "cp38-cp38-manylinux1_x86_64"
H5PY, SAYING = "2.10.0", "2.10.1"
NUMPY, BREAKING = "1.18.5", "1.20.3"
SAYS = """import warnings as _w
_w.warn("h5py: groups are read in another order from the next release on", FutureWarning, 2)
"""


class Nights:
    """A matrix of two environments, its locks, a home, and what the tracker would hold."""

    def __init__(self, folder: Path, index: Index, address: str, linked: Path | None) -> None:
        self.folder, self.index, self.linked = folder, index, linked
        self.locks, self.matrix = folder / "locks", folder / "matrix.yaml"
        self.home, self.ledger = folder / "home", folder / "ledger.yaml"
        self.variables = {
            **os.environ,
            "CANILOAD_HOME": str(self.home),
            "CANILOAD_NO_FETCH": "1",
            "UV_DEFAULT_INDEX": address,
            "PYTHONPATH": str(ROOT / "src"),
            "COLUMNS": "200",
        }
        self.issues: list[dict[str, Any]] = []
        self.wrong: list[str] = []

    def prepare(self) -> None:
        """Write matrix.yaml of two rows of the real one, with their real locks."""
        whole = read_matrix(ROOT / "matrix.yaml")
        shutil.copytree(ROOT / "runner" / "locks", self.locks)
        rows = [whole.environment(OLD), self._first_of(whole.environment("tf-2.2"))]
        plain = whole.model_dump(mode="json", by_alias=True)
        made = {
            "schema": 1,
            "models": [one for one in plain["models"] if one["id"] in MODELS],
            "formats": [
                {**one, "models": [name for name in one["models"] if name in MODELS]}
                for one in plain["formats"]
                if one["id"] in FORMATS
            ],
            **{name: plain[name] for name in ("controls", "tolerances", "limits")},
        }
        entries = "\n".join(f"  {line}" for one in rows for line in editing.entry(one))
        self._write_lock(rows[-1])
        self.base = f"environments:\n{entries}\n{yaml.safe_dump(made, sort_keys=False)}"
        self.matrix.write_text(self.base)
        self.new_machine()

    def new_machine(self) -> None:
        """Forget what is built and downloaded, as a machine in the cloud does every night."""
        environments = self.home / "environments"
        for one in environments.glob("*"):
            if one.is_symlink() or one.is_file():
                one.unlink()
                continue
            for part in [one, *one.rglob("*")]:
                if part.is_dir() and not part.is_symlink():
                    part.chmod(0o755)
            shutil.rmtree(one)
        shutil.rmtree(self.home / "cache", ignore_errors=True)
        environments.mkdir(parents=True, exist_ok=True)
        if self.linked:
            (environments / OLD).symlink_to(self.linked / OLD)

    def run(self, *words: str, show: int = 12, expect: int | None = 0) -> str:
        """Run a command, show it, and note where its exit code is not as expected."""
        command = [sys.executable, "-m", "caniload", "--matrix", str(self.matrix), *words]
        after = command.index(words[0]) + (2 if words[0] in ("nightly", "ledger", "env") else 1)
        command[after:after] = ["--locks", str(self.locks)]
        started = time.monotonic()
        ended = subprocess.run(
            command,
            env=self.variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"$ caniload {' '.join(words)}".replace(str(self.folder), "."))
        lines = [
            *ended.stdout.splitlines(),
            *(ended.stderr.splitlines() if ended.returncode else ()),
        ]
        for line in lines[:show]:
            print(f"  {line}".replace(str(self.folder), ".")[:190])
        if len(lines) > show:
            print(f"  … {len(lines) - show} more lines")
        print(f"  [exit {ended.returncode}, {time.monotonic() - started:.1f} s]", flush=True)
        if expect is not None and ended.returncode != expect:
            self.wrong.append(f"{' '.join(words)}: exit {ended.returncode}, not {expect}")
        return ended.stdout

    def night(
        self, title: str, *, expect: int, runs: bool = True, kinds: set[str] | None = None
    ) -> None:
        """Run the matrix, compare the night, and do with issues what is planned."""
        print(f"\n### {title}\n")
        if runs:
            out = self.run("matrix", "--profile", "all", "--pulse", "--no-open", show=0)
            print(f"  {[one for one in out.splitlines() if ' cells run (' in one][-1]}")
        into = self.folder / "out"
        asked = ["--profile", "all", "--ledger", str(self.ledger), "--into", str(into)]
        self.run("nightly", "compare", *asked, show=30, expect=expect)
        report = json.loads((into / "nightly.json").read_text())
        news = {one["kind"] for one in report["findings"] if one["new"]} - {"ledger-unused"}
        if kinds is not None and news != kinds:
            self.wrong.append(f"{title}: new are {sorted(news)}, not {sorted(kinds)}")
        self._follow(into)

    def _follow(self, into: Path) -> None:
        """Carry the plan out on issues as GitHub would hold them."""
        file = self.folder / "issues.json"
        file.write_text(json.dumps(self.issues))
        asked = ["--report", str(into / "nightly.json"), "--issues", str(file)]
        plan = json.loads(self.run("nightly", "issues", *asked, show=0))
        for step in plan["steps"]:
            print(f"  {step['do']} {step['number'] or ''} {step['title']}: {step['why']}"[:190])
            if step["do"] == "open":
                number = len(self.issues) + 1
                labels = [{"name": step["label"]}]
                self.issues.append({"number": number, "labels": labels, "state": "OPEN"})
                step["number"] = number
            issue = self.issues[step["number"] - 1]
            issue["state"] = "CLOSED" if step["do"] == "close" else "OPEN"
            issue["body"] = step["body"] or issue.get("body")
        print(f"  issues kept as they are: {plan['kept']}; steps: {len(plan['steps'])}")

    def lock(self, *pins: str) -> None:
        """Have the new row ask for other companions, and lock it."""
        self.matrix.write_text(self.base)
        row = companions.twin(read_matrix(self.matrix), BASE, [f"numpy=={BREAKING}"], name=NEW)
        row = row.model_copy(update={"pins": pins})
        self.matrix.write_text(editing.with_environment(self.base, row, name="matrix.yaml"))
        self._write_lock(row)
        print(f"  the row asks for {', '.join(pins)} now, and is locked")

    def _write_lock(self, row: Environment) -> None:
        os.environ["UV_DEFAULT_INDEX"] = self.variables["UV_DEFAULT_INDEX"]
        text = locking.compile_lock(row, find_pythons([row.python])[row.python])
        (self.locks / f"{row.id}.txt").write_text(text)

    @staticmethod
    def _first_of(row: Environment) -> Environment:
        """Return the first patch of a row: later ones forbid the numpy that broke it."""
        return row.model_copy(
            update={
                "id": BASE,
                "label": "TF 2.2.0",
                "packages": {"tensorflow-cpu": "2.2.0"},
                "pins": (f"numpy=={NUMPY}",),
            }
        )


def _saying(path: str, text: str) -> str:
    return f"{text}\n{SAYS}" if path == "h5py/_hl/files.py" else text


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--linked", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    shutil.rmtree(folder / "out", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wheels").mkdir(exist_ok=True)
    index = Index(upstream=index_url(), folder=folder / "wheels")
    index.out = {
        "h5py": {H5PY},
        "numpy": {NUMPY},
        "tensorflow-cpu": {"2.1.4", "2.2.0"},
        "tensorflow": {"2.1.4", "2.2.0"},
        **{name: set() for name in ("keras", "tf-keras")},
    }
    with serving(index) as address:
        nights = Nights(folder, index, address, arguments.linked)
        nights.prepare()
        play(nights)
    print("\n" + ("\n".join(nights.wrong) or "every night said what it had to"))
    return bool(nights.wrong)


def play(nights: Nights) -> None:
    """Let the nights pass."""
    index, quiet = nights.index, set[str]()
    every = ("--profile", "all", "--ledger", str(nights.ledger))
    nights.run("matrix", "--profile", "all", "--pulse", "--no-open", show=0)
    nights.run("ledger", "write", *every, "--reason", "So it was when this began.")
    nights.night("Night 1: the baseline", expect=0, kinds=quiet)
    nights.night("Night 2: nothing has changed", expect=0, kinds=quiet)

    index.out["numpy"].add(BREAKING)
    print(f"\nnumpy {BREAKING} comes out")
    nights.run("nightly", "propose", "--days", "10000", show=40)
    nights.run("env", "add", "--beside", BASE, f"numpy=={BREAKING}")
    nights.night(
        "Night 3: a companion that breaks something", expect=1, kinds={"regressed", "new-text"}
    )
    nights.run(
        "nightly", "proposal", NEW, "--profile", "all", "--ledger", str(nights.ledger), show=30
    )
    nights.night("Night 4: nothing has changed", expect=0, kinds=quiet)

    wheel = index.fetch("h5py", H5PY, TAG)
    rebuilt(wheel, index.folder, SAYING, _saying)
    index.out["h5py"].add(SAYING)
    print(f"\nh5py {SAYING} comes out, made here: it says what nobody has heard")
    nights.lock(f"numpy=={BREAKING}", f"h5py=={SAYING}")
    nights.night("Night 5: a text that changes", expect=1, kinds={"new-text"})
    nights.night("Night 6: nothing has changed", expect=0, kinds=quiet)

    index.out["h5py"].remove(SAYING)
    nights.new_machine()
    print(f"\nh5py {SAYING} is withdrawn, and the machine is a new one")
    nights.night("Night 7: it stops building", expect=1, kinds={"environment-unusable"})
    nights.night("Night 8: nothing has changed", expect=0, kinds=quiet)

    nights.night("Night 9: nothing runs", expect=5, runs=False, kinds={"nothing-ran"})

    print("\nthe row asks for what works")
    nights.lock(f"numpy=={NUMPY}", f"h5py=={H5PY}")
    nights.night("Night 10: a fix", expect=0, kinds={"mended"})
    nights.night("Night 11: nothing has changed", expect=0, kinds=quiet)
    nights.run("history", NEW)
    nights.run("history", f"{BASE}/lstm.h5/{NEW}")
    nights.run("history", "lstm")
    still = [one["number"] for one in nights.issues if one["state"] == "OPEN"]
    print(f"  issues: {len(nights.issues)} in all, open: {still}")
    if still:
        nights.wrong.append(f"issues {still} are still open")


if __name__ == "__main__":
    raise SystemExit(main())
