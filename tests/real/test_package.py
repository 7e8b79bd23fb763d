"""What is installed from a wheel or an sdist is one package, caniload, that works anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
UV = (sys.executable, "-m", "uv")
RECORDED = ROOT / "tests" / "unit" / "recorded_models.zip"


def run(
    *words: str | Path, cwd: Path, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean, "CANILOAD_HOME": str(home or cwd / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both from what git tracks, so that nothing lies beside it that a clone has not."""
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.split(b"\0")
    for name in filter(None, (one.decode() for one in tracked)):
        there = source / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            there.symlink_to((ROOT / name).readlink())
        elif (ROOT / name).is_file():
            there.write_bytes((ROOT / name).read_bytes())
    made = run(*UV, "build", "--quiet", "--out-dir", source / "dist", source, cwd=source)
    assert made.returncode == 0, made.stderr
    return source / "dist"


@pytest.fixture(scope="module", params=["whl", "tar.gz"])
def installed(
    built: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Install one of the two in an empty environment, and return that environment's programs."""
    (file,) = built.glob(f"*.{request.param}")
    folder = tmp_path_factory.mktemp("installed")
    for words in (
        ("venv", "--quiet", "--python", sys.executable, folder / "venv"),
        ("pip", "install", "--quiet", "--python", folder / "venv", file),
    ):
        done = run(*UV, *words, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder / "venv" / "bin"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(zipfile.ZipFile(RECORDED).extract("tf-1.15-lstm.h5", tmp_path))


def test_a_wheel_has_one_package_with_matrix_and_locks_in_it(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"caniload"}
    locks = sorted(path.name for path in (ROOT / "runner" / "locks").iterdir())
    inside = [name for name in names if name.startswith("caniload/runner/locks/")]
    assert sorted(name.rsplit("/", 1)[1] for name in inside) == locks
    assert {"caniload/matrix.yaml", "caniload/py.typed", "caniload/probes/probe.py"} <= set(names)


def test_an_sdist_has_the_folders_at_the_top_and_in_the_package(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    for top in ("noxfile.py", "matrix.yaml", "runner/core/cells.py", "probes/probe.py", "tests"):
        assert any(name == top or name.startswith(f"{top}/") for name in names), top
    assert {"src/caniload/matrix.yaml", "src/caniload/runner/core/cells.py"} <= names


def test_it_works_from_another_folder(installed: Path, tmp_path: Path, model: Path) -> None:
    for words, said in (
        (("inspect", model), "saved by"),
        (("check", model, "--to", "2.21"), "tf-2.21"),
        (("plan", "--profile", "quick"), "environments"),
        (("--version",), "caniload 0."),
    ):
        done = run(installed / "caniload", *words, cwd=tmp_path)
        assert said in done.stdout, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    module = run(installed / "python", "-m", "caniload", "--version", cwd=tmp_path)
    assert module.stdout.startswith("caniload 0.")


def test_a_stranger_s_import_path_gets_one_name(
    installed: Path, tmp_path: Path, model: Path
) -> None:
    source = (
        "import importlib.util, caniload\n"
        f"found = caniload.inspect({str(model)!r})\n"
        "assert isinstance(found, caniload.Inspection) and found.problem is None, found\n"
        "names = ('runner', 'reports', 'probes', 'tests')\n"
        "print([name for name in names if importlib.util.find_spec(name)])\n"
    )
    done = run(installed / "python", "-I", "-c", source, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_uvx_needs_nothing_else(built: Path, tmp_path: Path, model: Path) -> None:
    (wheel,) = built.glob("*.whl")
    words = ("tool", "run", "--quiet", "--from", wheel, "caniload", model, "--to", "2.21")
    done = run(*UV, *words, cwd=tmp_path)
    assert "tf-2.21" in done.stdout, done.stderr
