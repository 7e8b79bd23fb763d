"""A stage for whole runs: pretend frameworks as real wheels, a matrix of them, and the real CLI."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

import caniload
from caniload.runner.environments.locking import _lock_text, lock_path
from caniload.runner.matrix.schema import Environment

FAKES = Path(__file__).resolve().parents[1] / "fake_framework"
MINOR = "{}.{}".format(*sys.version_info)
VERSIONS = ("1.0", "2.0", "3.0", "4.0", "5.0")
TENSORFLOW = "2.16.1"  # a module without content, for who asks whether it is there
PATIENCE = 60.0  # seconds until a test gives up on something that takes a moment
MAIN = "from caniload.runner.commands.cli import main\nsys.exit(main())"
UNNEEDED = (
    *("/tests/", "numpy/distutils/", "numpy/f2py/", "numpy/fft/", "numpy/ma/"),
    *("numpy/polynomial/", "numpy/testing/", "numpy/typing/", ".pyi", ".a", ".h", ".pyc"),
)


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """A folder of wheels: each pretend framework, and numpy as it is installed here."""

    folder: Path
    cache: Path
    packages: Mapping[str, Mapping[str, Any]]


def make_wheels(folder: Path) -> Wheels:
    """Write all wheels; ``packages`` are as a resolver would tell them to the lock's writer."""
    folder.mkdir()
    packages = {}
    for version in VERSIONS:
        path = _write(folder, "keras", version, "py3-none-any", _framework(version))
        packages[version] = _resolved("keras", version, path)
    numpy = importlib.metadata.distribution("numpy")
    tag = next(
        line[5:] for line in (numpy.read_text("WHEEL") or "").splitlines() if "Tag: " in line
    )
    path = _write(folder, "numpy", numpy.version, tag, _installed(numpy))
    packages["numpy"] = _resolved("numpy", numpy.version, path)
    path = _write(folder, "tensorflow", TENSORFLOW, "py3-none-any", {"tensorflow.py": b""})
    packages["tensorflow"] = _resolved("tensorflow", TENSORFLOW, path)
    return Wheels(folder=folder, cache=folder.with_name("uv-cache"), packages=packages)


def add_wheel(wheels: Wheels, name: str, version: str) -> None:
    """Write a wheel of one empty module, for a package that has only to be there."""
    _write(wheels.folder, name, version, "py3-none-any", {f"{name}.py": b""})


def _framework(version: str) -> dict[str, bytes]:
    files = {f"keras/{one.name}": one.read_bytes() for one in (FAKES / "keras").glob("*.py")}
    quirks = FAKES / "quirks" / f"v{version[0]}.py"
    return {**files, "keras/quirks.py": quirks.read_bytes()}


def _installed(numpy: importlib.metadata.Distribution) -> dict[str, bytes]:
    """Return numpy's own files, less what takes time to compile and nobody here imports."""
    found = {}
    for file in numpy.files or ():
        name = file.as_posix()
        if name.startswith(("numpy/", "numpy.libs/")) and not any(one in name for one in UNNEEDED):
            found[name] = file.read_binary()
    return found


def _write(folder: Path, name: str, version: str, tag: str, files: Mapping[str, bytes]) -> Path:
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    wheel = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {'any' in tag}\nTag: {tag}\n"
    members = {
        **files,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": wheel.encode(),
    }
    record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(member), data)
    return path


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def _resolved(name: str, version: str, path: Path) -> dict[str, Any]:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    wheel = {"url": path.name, "size": path.stat().st_size, "hashes": {"sha256": sha256}}
    return {"name": name, "version": version, "wheels": [wheel]}


@dataclass(frozen=True, kw_only=True)
class Finished:
    """One run of the command line."""

    code: int
    out: str
    err: str

    @property
    def tally(self) -> str:
        """The line that counts what was done, without the time it took."""
        (line,) = [line for line in self.out.splitlines() if " cells run (" in line]
        return line.rpartition(", in ")[0]


@dataclass(kw_only=True)
class Workshop:
    """A matrix of pretend frameworks with locks and a CANILOAD_HOME of its own."""

    root: Path
    wheels: Wheels
    variables: dict[str, str] = field(default_factory=dict)
    matrix: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    """Python that every command runs before it begins: what it has to be smaller here."""

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        self.locks = self.root / "locks"
        self.locks.mkdir(parents=True)
        offline = self.root / "uv.toml"
        offline.write_text("no-index = true\n")
        self.variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(caniload.__file__).parents[1]),  # the one that is under test
            "HOME": str(self.root),
            "CANILOAD_HOME": str(self.home),
            "CANILOAD_PYTHONS": sys.executable,
            "CANILOAD_PYTHONS_ONLY": "1",
            "CANILOAD_NO_FETCH": "1",
            "UV_CONFIG_FILE": str(offline),
            "UV_CACHE_DIR": str(self.wheels.cache),
            "UV_FIND_LINKS": str(self.wheels.folder),
            "PIP_FIND_LINKS": str(self.wheels.folder),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
        }

    def use(self, versions: Iterable[str], **changes: Any) -> None:
        """Write matrix.yaml with these frameworks, and a lock for each."""
        environments = [self.environment(version) for version in versions]
        self.matrix = {**_matrix(), "environments": environments, **changes}
        self.write()
        for environment in environments:
            self.lock(environment)

    def environment(self, version: str, **changes: Any) -> dict[str, Any]:
        return {
            "id": f"fake-{version}",
            "stack": "keras 2 (multi-backend)",
            "label": f"Fake {version}",
            "python": MINOR,
            "imports": "keras",
            "packages": {"keras": version},
            "cutoff": "2026-01-01",
            "variables": {"KERAS_BACKEND": "theano"},
            **changes,
        }

    def write(self) -> None:
        (self.root / "matrix.yaml").write_text(yaml.safe_dump(self.matrix, sort_keys=False))

    def lock(self, environment: Mapping[str, Any], *, remark: str = "") -> None:
        """Write its lock for each Python; a remark makes it another lock for the same pins."""
        model = Environment.model_validate_json(json.dumps(environment))
        stated = environment["packages"]
        packages = [self.wheels.packages[stated["keras"]], self.wheels.packages["numpy"]]
        packages += [self.wheels.packages[one] for one in stated if one != "keras"]
        for one in model.variants:
            lock_path(one, self.locks).write_text(_lock_text(one, packages) + remark)

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Start ``caniload command ...`` in a process group of its own.

        Of a command with actions options stand behind these.
        """
        locks = () if command in ("clean", "merge") else ("--locks", str(self.locks))
        if command in ("ledger", "nightly", "evidence"):
            arguments = (arguments[0], *locks, *arguments[1:])
            locks = ()
        with _heeding_ctrl_c():
            return subprocess.Popen(
                [
                    *self._caniload(),
                    *("--matrix", str(self.root / "matrix.yaml")),
                    *(command, *locks, *arguments),
                ],
                cwd=self.root,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )

    def _caniload(self) -> list[str]:
        if not self.before:
            return [sys.executable, "-m", "caniload"]
        return [sys.executable, "-c", f"import sys\n{self.before}\n{MAIN}"]

    def run(self, command: str, *arguments: str) -> Finished:
        process = self.start(command, *arguments)
        try:
            out, err = process.communicate(timeout=2 * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(process.communicate()) from None
        assert "Traceback" not in err, err
        return Finished(code=process.returncode, out=out, err=err)

    def clean(self, *parts: str) -> None:
        finished = self.run("clean", *parts)
        assert finished.code == 0, finished.err
        assert finished.out.count("(removed)") == len(parts)

    def cells(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what ``caniload cells`` prints, damaged controls included."""
        finished = self.run("cells", "--controls", *arguments)
        assert finished.code == 0, finished.err
        return [json.loads(line, parse_constant=_refuse) for line in finished.out.splitlines()]

    def processes(self) -> list[psutil.Process]:
        """Return all living processes that have to do with this home."""
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                alive = process.status() != psutil.STATUS_ZOMBIE
            except psutil.Error:
                continue
            if alive and any(str(self.root) in word for word in words):
                found.append(process)
        return found

    def assert_all_gone(self) -> None:
        """Wait for what may still be ending; then nothing of ours may live."""
        end = time.monotonic() + PATIENCE
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.05)
        assert not left

    def assert_built_whole(self) -> None:
        """Check that whatever has a receipt holds all that its lock names."""
        for receipt in self.home.glob("environments/*/receipt.json"):
            packages = json.loads(receipt.read_text())["packages"]
            site = receipt.parent / "lib" / f"python{MINOR}" / "site-packages"
            assert set(packages) == {"keras", "numpy"}
            assert (site / "keras" / "quirks.py").is_file()
            assert (site / "numpy" / "__init__.py").is_file()

    def remove(self) -> None:
        """End what a failed test left, and remove the read-only environments."""
        for process in self.processes():
            process.send_signal(signal.SIGKILL)
        for folder, _, _ in os.walk(self.root):
            Path(folder).chmod(0o755)


@contextmanager
def _heeding_ctrl_c() -> Iterator[None]:
    """Let what is started here be interrupted, although we ignore it as a shell's background job.

    What is ignored stays so in a new program; what has a handler is at its default there.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _matrix() -> dict[str, Any]:
    everything = ["architecture", "weights", "training"]
    return {
        "schema": 1,
        "models": [{"id": "control", "family": "plain"}, {"id": "dense", "family": "plain"}],
        "formats": [
            {"id": "h5", "label": "HDF5", "carries": everything},
            {"id": "keras", "label": "Keras", "carries": everything},
            {"id": "weights-h5", "label": "Weights", "carries": ["weights"]},
            {"id": "json", "label": "JSON", "carries": ["architecture", "weights"]},
        ],
        "controls": {"model": "control", "damage": ["truncated", "bitflipped", "empty"]},
        "tolerances": {"absolute": 1e-5, "relative": 1e-4, "training": 0.02},
        "limits": {
            "seconds": 3,
            "seconds_floor": 3,
            "history_factor": 10,
            "memory_mb": 512,
            "import_seconds": 60,
            "build_seconds": 60,
        },
    }


def steady(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return cells without what differs from run to run: times, and what ran by itself."""
    return [
        {key: value for key, value in cell.items() if key not in ("seconds", "solo")}
        for cell in cells
    ]


def as_shown(text: str) -> str:
    """Return a text as a report writes it: what turns lines around is named, not done."""
    return text.replace("\u202e", "⟨U+202E⟩").replace("\ufffe", "\ufffd")


def rows(report: Path) -> list[dict[str, Any]]:
    """Return the cells that a report tells of."""
    with gzip.open(report / "cells.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def outcomes(cells: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {cell["id"]: cell["outcome"] for cell in cells}
