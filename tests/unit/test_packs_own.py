"""A person's own file in a pack: its features and outcomes, and nothing that they named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from packs_made import MATRIX, ROOT

from caniload.runner.answering import blinding
from caniload.runner.checking.kept import Kept
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.core.errors import UsageError
from caniload.runner.environments.home import Home
from caniload.runner.evidence.resolve import resolve
from caniload.runner.packs.fetching import checked
from caniload.runner.packs.pack import Contents


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "docs" / "examples" / "scaled.h5", tmp_path / "secret.h5"))


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    return Request(asked=MATRIX.environments, matrix=MATRIX, home=Home(root=tmp_path / "home"))


def measured(model: Path, request: Request) -> tuple[Subject, str]:
    """Keep that the model does not load in some environment of this machine."""
    (subject,) = gather([model])
    fingerprints = resolve(MATRIX.environments, home=request.home).fingerprints
    name = next(iter(fingerprints))
    layer = next(one.name for one in subject.inspection.layers if one.name)
    error = {
        "type": "ValueError",
        "message": f"no {layer} in /srv/secret/scaled.h5: {model}",
        "phase": "load",
        "traceback": "Traceback (most recent call last): secret",
    }
    terms = request.terms(subject)
    record: dict[str, Any] = {
        "environment": name,
        "fingerprint": fingerprints[name],
        "reference": None,
        "content": subject.sha256,
        "inputs": None,
        "custom": None,
        "custom_named": [],
        "facts": {"error": error, "messages": [], "seconds": {"load": 1.0}},
        "crash": None,
        "limits": None,
        "seconds": 1.0,
    }
    Kept(request.home).put(terms, fingerprints[name], None, record)
    return subject, name


def test_what_was_measured_of_a_named_file_goes_in_without_names(
    model: Path, request_: Request, tmp_path: Path
) -> None:
    subject, name = measured(model, request_)
    made = Contents()
    assert blinding.add(made, [model], request_) == 1
    made.write(tmp_path / "x.pack")
    pack = checked(tmp_path / "x.pack", "x.pack")
    (said,) = pack.files()
    assert said["saver"] == "own"
    part = pack.part(said["name"])
    ((key, reader),) = part.cells
    row, (verdict,) = part.files[key], part.cells[key, reader]
    assert row["model"].startswith("own-")
    assert row["saver"] is None
    assert row["own"]
    assert row["sha256"] == ""
    assert "layer Dense" in row["traits"]
    assert pack.tables.environments[reader]["id"] == name
    assert (verdict["outcome"], verdict["phase"]) == ("error", "load")

    whole = json.dumps([row, verdict], ensure_ascii=False)
    named = [one.name for one in subject.inspection.custom]
    named += [one.name for one in subject.inspection.layers if one.name]
    assert len(named) > 2
    for secret in (*named, "secret", "srv", str(tmp_path), subject.sha256):
        assert f'"{secret}"' not in whole
        assert f" {secret}" not in whole
    assert "Traceback" not in whole


def test_a_file_that_was_never_measured_is_refused(model: Path, request_: Request) -> None:
    with pytest.raises(UsageError, match=r"secret\.h5: not measured here"):
        blinding.add(Contents(), [model], request_)


def test_a_file_that_states_nothing_is_refused(tmp_path: Path, request_: Request) -> None:
    (tmp_path / "x.h5").write_bytes(b"")
    with pytest.raises(UsageError, match="it states no layers, or not what saved it"):
        blinding.add(Contents(), [tmp_path / "x.h5"], request_)


@pytest.mark.parametrize(
    ("trait", "told"),
    [
        ("Dense with activation=relu", "Dense with activation=relu"),
        ("Lookup with vocabulary=/srv/words.txt", "Lookup with vocabulary=…"),
        ("Text with standardize=two words", "Text with standardize=…"),
        ("layer Dense", "layer Dense"),
    ],
)
def test_a_setting_that_is_no_plain_word_is_left_out(trait: str, told: str) -> None:
    assert blinding._SETTING.sub("…", trait) == told


def test_only_whole_names_are_left_out() -> None:
    assert blinding._without("Scale in Scaler, Scale.", ["Scale"]) == "… in Scaler, …."
