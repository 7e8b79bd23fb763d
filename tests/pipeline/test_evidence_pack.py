"""A whole run, and what a pack says of it: its verdicts, and nothing of the machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from workshop import Workshop

from caniload.runner.answering import arranging, exporting
from caniload.runner.answering.exporting import Wanted
from caniload.runner.answering.features import Features
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix
from caniload.runner.packs.fetching import checked
from caniload.runner.packs.pack import Pack

pytest_plugins = ["pipeline_fixtures"]

ANY = Features(
    format="",
    origin=("Keras 2.2", "", "on theano"),
    classes=frozenset({"Dense"}),
    traits=frozenset({"layer Dense"}),
)


def exported(workshop: Workshop, path: Path) -> Pack:
    """Export a home in this process, where pretend files have features."""
    matrix = open_matrix(workshop.root / "matrix.yaml", locks=workshop.locks)
    home = Home(root=workshop.home)
    exporting.contents(matrix, home, workshop.locks, Wanted(), lambda _: None).write(path)
    return checked(path, path.name)


def test_a_pack_says_what_the_cells_say(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in workshop.variables.items():
        if name.startswith("CANILOAD"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(arranging, "features", lambda _inspection: ANY)
    workshop.use(("1.0", "2.0", "3.0"))
    assert workshop.run("matrix").code == 0
    shutil.rmtree(workshop.home / "checked" / "index")  # it was made without those features
    cells = {
        one["id"]: one
        for one in workshop.cells()
        if one["damage"] is None and one["outcome"] not in ("na", "untested") and one["evidence"]
    }
    pack = exported(workshop, tmp_path / "x.pack")

    environments = pack.tables.environments
    found = {}
    for said in pack.files():
        part = pack.part(said["name"])
        for (key, reader), verdicts in part.cells.items():
            row = part.files[key]
            (verdict,) = verdicts
            name = f"{environments[row['saver']]['id']}/{row['model']}.{said['format']}"
            found[f"{name}/{environments[reader]['id']}"] = row, verdict
    of_dense = {name for name in cells if "/dense." in name}
    assert {name for name in found if "/dense." in name} == of_dense
    assert len(of_dense) > 20
    assert len({cells[name]["outcome"] for name in of_dense}) > 2
    for name in of_dense:
        row, verdict = found[name]
        assert row["sha256"] == cells[name]["artifact_sha256"]
        for field in ("outcome", "cause"):
            assert (verdict.get(field) or None) == (cells[name][field] or None)
        for field in ("max_abs", "max_rel", "max_ulp"):
            assert verdict.get(field) == cells[name][f"{field}_diff"]
        assert verdict["solo"] == cells[name]["solo"]
        named = {one["rule"] for one in cells[name]["warnings"] if one["rule"]}
        assert verdict.get("rules", []) == sorted(named)
        error = cells[name]["error"]
        assert verdict.get("phase") == (error["phase"] if error else None)

    text = json.dumps([list(found.values()), [*environments.values()], pack.locks()])
    assert str(workshop.root) not in text
    assert "Traceback" not in text
    assert {row["lock"] for row in environments.values()} == pack.locks().keys()

    first = (tmp_path / "x.pack").read_bytes()
    exported(workshop, tmp_path / "again.pack")
    assert (tmp_path / "again.pack").read_bytes() == first
