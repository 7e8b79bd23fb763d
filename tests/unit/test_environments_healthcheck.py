"""The health check runs as a plain script and says what it found, whatever the framework does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "probes" / "healthcheck.py"


def ask(folder: Path, imports: str) -> dict[str, Any]:
    result = folder / "result.json"
    subprocess.run(
        [sys.executable, "-S", SCRIPT, imports, result],
        check=True,
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
    )
    report: dict[str, Any] = json.loads(result.read_text())
    return report


def test_a_framework_without_layers_states_its_version(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("print('a banner')\n__version__ = '1.0'\n")
    (tmp_path / "keras-1.0.dist-info").mkdir()
    (tmp_path / "keras-1.0.dist-info" / "METADATA").write_text("Name: keras\nVersion: 1.0\n\nHi\n")

    report = ask(tmp_path, "keras")

    assert report["error"] is None
    assert report["versions"]["keras"] == "1.0"
    assert report["packages"] == {"keras": "1.0"}
    assert report["python"] == "{}.{}.{}".format(*sys.version_info)


def test_the_version_is_that_of_the_package_the_layers_come_from(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text(
        "__version__ = '2.15.0'\nclass layers:\n    class Layer: pass\n"
    )
    (tmp_path / "tensorflow.py").write_text("__version__ = '2.15.1'\nimport keras\n")

    versions = ask(tmp_path, "tensorflow.keras")["versions"]

    assert versions["keras"] == "2.15.0"
    assert versions["keras package"] == "keras"
    assert versions["tensorflow"] == "2.15.1"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise ImportError('no\\u2026 GPU')", {"type": "ImportError", "text": "no… GPU"}),
        ("import sys; sys.exit('bye')", {"type": "SystemExit", "text": "bye"}),
    ],
)
def test_a_failing_import_is_an_answer(tmp_path: Path, source: str, error: dict[str, str]) -> None:
    (tmp_path / "keras.py").write_text(source)
    assert ask(tmp_path, "keras")["error"] == error
