"""Genuine environments from tiny wheels made here: real installers, real processes, no network."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments import uv
from caniload.runner.environments.build import Receipt, build, existing, remove
from caniload.runner.environments.disk import evict
from caniload.runner.environments.home import Home, disk_use
from caniload.runner.environments.locking import (
    LockError,
    compile_lock,
    lock_path,
    lock_problem,
    version_exists,
)
from caniload.runner.environments.pythons import Interpreter, find_pythons
from caniload.runner.matrix.schema import Environment, Limits

pytestmark = pytest.mark.real

MINOR = "{}.{}".format(*sys.version_info)
LIMITS = Limits(
    seconds=60,
    seconds_floor=10,
    history_factor=10,
    memory_mb=1024,
    import_seconds=60,
    build_seconds=120,
)


class Workshop:
    """A folder of wheels, a home and a folder of locks, all of one test."""

    def __init__(self, root: Path) -> None:
        self.wheels = root / "wheels"
        self.locks = root / "locks"
        self.home = Home(root=root / "home")
        self.wheels.mkdir()
        self.locks.mkdir()

    def wheel(
        self,
        name: str,
        version: str,
        source: str,
        *,
        requires: str | None = None,
        tag: str = "py3-none-any",
    ) -> Path:
        """Make a wheel of one module."""
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        files = {
            f"{name}.py": source,
            f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in files.items())
        path = self.wheels / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                archive.writestr(member, text)
        return path

    def environment(self, environment_id: str = "tiny", **changes: object) -> Environment:
        return Environment.model_validate(
            {
                "id": environment_id,
                "stack": "keras 3",
                "label": "Tiny",
                "python": MINOR,
                "imports": "keras",
                "packages": {"keras": "9.0"},
                "cutoff": "2026-01-01",
                **changes,
            }
        )

    def lock(self, environment: Environment, interpreter: Interpreter | None = None) -> None:
        text = compile_lock(environment, interpreter or _interpreter())
        lock_path(environment, self.locks).write_text(text, encoding="utf-8")

    def build(
        self,
        environment: Environment,
        *,
        installer: Literal["uv", "virtualenv"] = "uv",
        limits: Limits = LIMITS,
        interpreter: Interpreter | None = None,
    ) -> Receipt:
        return build(
            environment,
            home=self.home,
            interpreter=interpreter or _interpreter(),
            limits=limits,
            locks_dir=self.locks,
            installer=installer,
        )

    def refusal(self, environment: Environment, **options: object) -> str:
        with pytest.raises(EnvironmentUnusable) as refused:
            self.build(environment, **options)  # type: ignore[arg-type]
        assert existing(environment, home=self.home, locks_dir=self.locks) is None
        return refused.value.reason


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _interpreter(minor: str = MINOR) -> Interpreter:
    found = find_pythons([minor])
    if minor not in found:
        pytest.skip(f"this machine has no Python {minor}")
    return found[minor]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop whose installers see nothing but its wheels."""
    made = Workshop(tmp_path)
    made.wheel("keras", "9.0", "__version__ = '9.0'\nimport tinymath\n", requires="tinymath")
    made.wheel("tinymath", "1.2", "__version__ = '1.2'\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    return made


def test_build_twice(workshop: Workshop) -> None:
    environment = workshop.environment(variables={"KERAS_BACKEND": "none"})
    workshop.lock(environment)

    first = workshop.build(environment)
    again = workshop.build(environment)

    assert again == first
    assert first.packages == {"keras": "9.0", "tinymath": "1.2"}
    assert first.versions["keras"] == "9.0"
    assert first.variables == {"KERAS_BACKEND": "none"}
    assert list(workshop.home.environment("tiny").rglob("keras.cpython-*.pyc"))


@pytest.mark.parametrize("minor", ["3.7", MINOR])
def test_installers_agree_also_on_what_must_be_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minor: str
) -> None:
    # termcolor 1.1.0 exists as source only; it and the build tools come from the package index.
    interpreter = _interpreter(minor)
    workshop = Workshop(tmp_path)
    workshop.wheel("keras", "9.0", "__version__ = '9.0'\n", requires="termcolor==1.1.0")
    monkeypatch.setenv("PIP_FIND_LINKS", str(workshop.wheels))
    environment = workshop.environment(python=minor)
    workshop.lock(environment, interpreter)
    assert "# built from source: termcolor\n" in lock_path(environment, workshop.locks).read_text()

    by_uv = workshop.build(environment, interpreter=interpreter)
    remove("tiny", workshop.home)
    by_pip = workshop.build(environment, installer="virtualenv", interpreter=interpreter)

    assert by_uv.packages == by_pip.packages == {"keras": "9.0", "termcolor": "1.1.0"}
    assert by_uv.versions == by_pip.versions
    assert (by_uv.installer, by_pip.installer) == ("uv", "virtualenv")


def test_a_machine_without_uv_uses_virtualenv(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    monkeypatch.setattr(uv, "find_uv", lambda: None)

    assert workshop.build(environment).installer == "virtualenv"


def test_a_killed_build_is_not_taken_for_built(workshop: Workshop) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    killed = textwrap.dedent(f"""
        import os, pathlib, signal
        from caniload.runner.environments.build import build
        from caniload.runner.environments.home import Home
        from caniload.runner.environments.pythons import find_pythons
        from caniload.runner.matrix.schema import Environment, Limits

        def die(line):
            if "Prepared" in line or "Installed" in line:
                os.kill(os.getpid(), signal.SIGKILL)

        root = pathlib.Path({str(workshop.home.root.parent)!r})
        build(
            Environment.model_validate_json({environment.model_dump_json()!r}, strict=False),
            home=Home(root=root / "home"),
            interpreter=find_pythons(["{MINOR}"])["{MINOR}"],
            limits=Limits.model_validate_json({LIMITS.model_dump_json()!r}),
            locks_dir=root / "locks",
            on_output=die,
        )
    """)

    finished = subprocess.run([sys.executable, "-c", killed], check=False)

    assert finished.returncode == -signal.SIGKILL
    assert workshop.home.python("tiny").exists()
    assert existing(environment, home=workshop.home, locks_dir=workshop.locks) is None
    assert workshop.build(environment).packages == {"keras": "9.0", "tinymath": "1.2"}


@pytest.mark.parametrize("installer", ["uv", "virtualenv"])
def test_a_file_that_is_not_the_locked_one(workshop: Workshop, installer: str) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    workshop.wheel("tinymath", "1.2", "print('I am somebody else')\n")

    reason = workshop.refusal(environment, installer=installer)

    assert "tinymath" in reason
    assert "hash mismatch" in reason
    log = workshop.home.environments / "tiny.log"
    assert str(log) in reason
    assert "tinymath" in log.read_text()


@pytest.mark.parametrize("installer", ["uv", "virtualenv"])
def test_a_package_without_a_file_for_this_platform(workshop: Workshop, installer: str) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    (workshop.wheels / "tinymath-1.2-py3-none-any.whl").unlink()
    workshop.wheel("tinymath", "1.2", "", tag="py3-none-win_amd64")

    assert "no file for this platform" in workshop.refusal(environment, installer=installer)


def test_an_index_that_does_not_answer(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    (workshop.wheels / "tinymath-1.2-py3-none-any.whl").unlink()
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    assert "index cannot be reached" in workshop.refusal(environment)
    assert version_exists("tinymath", "1.2") is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("raise ImportError('no GPU')", "raised ImportError: no GPU", id="raises"),
        pytest.param("raise SystemExit('bye')", "raised SystemExit: bye", id="leaves"),
        pytest.param("import os; os.abort()", "died (exit -6)", id="aborts"),
        pytest.param("import time; time.sleep(60)", "did not end in time", id="hangs"),
        pytest.param(
            "__version__ = '8.0'",
            "keras (as imported) 9.0 was asked for, 8.0 is inside",
            id="is another version",
        ),
    ],
)
def test_a_framework_that_is_unusable(workshop: Workshop, source: str, expected: str) -> None:
    workshop.wheel("keras", "9.0", source)
    environment = workshop.environment()
    workshop.lock(environment)
    limits = LIMITS.model_copy(update={"import_seconds": 5.0})

    assert expected in workshop.refusal(environment, limits=limits)


def test_an_installer_that_takes_too_long(workshop: Workshop) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    limits = LIMITS.model_copy(update={"build_seconds": 0.001})

    assert "did not end in time" in workshop.refusal(environment, limits=limits)


def test_nothing_of_the_caller_gets_in(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "tinymath.py").write_text("raise RuntimeError('a stranger')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stranger"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("UV_CONSTRAINT", "/no/such/file")
    environment = workshop.environment()
    workshop.lock(environment)

    assert workshop.build(environment).versions["keras"] == "9.0"
    assert list(workshop.home.environment("tiny").rglob("keras.cpython-*.pyc"))


@pytest.mark.parametrize("change", ["lock", "variables", "interpreter", "receipt"])
def test_an_environment_that_is_not_the_one_asked_for(workshop: Workshop, change: str) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    workshop.build(environment)
    folder = workshop.home.environment("tiny")
    (folder / "bin").chmod(0o755)
    match change:
        case "lock":
            lock = lock_path(environment, workshop.locks)
            lock.write_text(lock.read_text() + "# one more line\n")
        case "variables":
            environment = workshop.environment(variables={"KERAS_BACKEND": "other"})
        case "interpreter":
            (folder / "bin" / "python").unlink()
        case _:
            (folder / "receipt.json").write_text('{"schema": 1, "environ')

    assert existing(environment, home=workshop.home, locks_dir=workshop.locks) is None
    rebuilt = workshop.build(environment)
    assert existing(environment, home=workshop.home, locks_dir=workshop.locks) == rebuilt


def test_a_built_environment_is_read_only_and_can_be_removed(workshop: Workshop) -> None:
    environment = workshop.environment()
    workshop.lock(environment)
    workshop.build(environment)
    folder = workshop.home.environment("tiny")

    writable = [root for root, _, _ in os.walk(folder) if Path(root).stat().st_mode & 0o222]
    assert writable == []
    remove("tiny", workshop.home)
    assert not folder.exists()
    remove("tiny", workshop.home)  # what is gone stays gone


def test_evict(workshop: Workshop) -> None:
    workshop.wheel("keras", "9.1", f"__version__ = '9.1'\nbig = {'x' * 200_000!r}\n")
    for name, version in (("old", "9.0"), ("kept", "9.0"), ("big", "9.1"), ("new", "9.0")):
        environment = workshop.environment(name, packages={"keras": version})
        workshop.lock(environment)
        workshop.build(environment)
    existing(workshop.environment("old"), home=workshop.home, locks_dir=workshop.locks)

    def used() -> int:
        return sum(disk_use(workshop.home)[part] for part in ("environments", "cache"))

    before = used()
    assert evict(workshop.home, keep=["kept"], max_bytes=before)[0] == []
    assert evict(workshop.home, keep=["kept"], max_bytes=before - 200_000)[0] == ["big"]
    assert used() <= before - 200_000
    assert evict(workshop.home, keep=["kept"], max_bytes=0)[0] == ["new", "old"]
    assert existing(workshop.environment("kept"), home=workshop.home, locks_dir=workshop.locks)
    environment = workshop.environment("big", packages={"keras": "9.1"})
    assert workshop.build(environment).versions["keras"] == "9.1"  # though its wheel was dropped


def test_lock_of_what_does_not_exist(workshop: Workshop) -> None:
    with pytest.raises(LockError, match=r"tiny cannot be locked: there is no keras 9\.7"):
        compile_lock(workshop.environment(packages={"keras": "9.7"}), None)


def test_a_lock_says_nothing_of_this_machine(workshop: Workshop) -> None:
    environment = workshop.environment()
    workshop.lock(environment)

    text = lock_path(environment, workshop.locks).read_text()
    assert str(workshop.wheels) not in text
    assert "://" not in text
    assert lock_problem(environment, workshop.locks) is None


def test_pytorch_comes_as_the_cpu_build_or_not_at_all(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.wheel("torch", "2.0+cpu", "__version__ = '2.0+cpu'\n")
    environment = workshop.environment(packages={"keras": "9.0", "torch": "2.0+cpu"})
    workshop.lock(environment)
    assert workshop.build(environment).packages["torch"] == "2.0+cpu"

    remove("tiny", workshop.home)
    for wheel in workshop.wheels.glob("torch-*"):
        wheel.unlink()
    reason = workshop.refusal(environment)
    assert "PyTorch's CPU build is in no folder that PIP_FIND_LINKS names" in reason
