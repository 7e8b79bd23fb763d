"""The receipt: the published form, hashes that sha256sum finds, and nothing of the machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from caniload.runner.converting import receipt
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Attempt, Conversion, Proof, Remedy, Verdict
from caniload.runner.core.shipped import LOCKS
from caniload.runner.matrix.reading import read_matrix

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\sA-Z]+(/\S*)?")
"""RFC 3986, with scheme and authority in lower case, as in-toto's field_types.md asks."""
PROOF = Proof(reader="tf-2.4", target="tf-2.21", outputs=1, max_abs=0.0, scale=1.0, bound=1e-5)


def conversion(path: Path, out: Path) -> Conversion:
    ways = (
        Attempt(remedy=Remedy.AS_IT_IS, environments=("tf-2.4", "tf-2.21"), problem="no"),
        Attempt(remedy=Remedy.BRIDGED, environments=("tf-2.4", "tf-2.15", "tf-2.21")),
    )
    return Conversion(
        path=str(path),
        target="tf-2.21",
        verdict=Verdict.DELIVERED,
        out=str(out),
        remedy=Remedy.BRIDGED,
        attempts=ways,
        proof=PROOF,
        lost=(f"call it with {str(out)!r}", f"no file /home/me/lib/x.py beside {path.absolute()}"),
        kept=("layer a/b, see https://keras.io/api/layers",),
    )


@pytest.fixture
def stated(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "old").mkdir()
    path, out, own = tmp_path / "old" / "m.h5", tmp_path / "m.keras", tmp_path / "own.py"
    for one in (path, out, own):
        one.write_text(f"content of {one.name}", encoding="utf-8")
    wish = Wish(path=path, target="tf-2.21", out=out, custom=(own,))
    found = receipt.statement(
        conversion(path, out),
        subject=receipt.hashed(receipt.files_of(out, out.name)),
        material=(*receipt.hashed(receipt.files_of(path, path.name)), *receipt.given(wish)),
        matrix=MATRIX,
        locks=LOCKS,
    )
    receipt.put(found, out)
    loaded: dict[str, object] = json.loads((tmp_path / "m.keras.receipt.json").read_text())
    assert loaded == json.loads(json.dumps(found))
    return loaded


def test_it_is_a_statement_of_in_toto(stated: dict[str, object]) -> None:
    """The fields and kinds of spec/v1/statement.md and resource_descriptor.md."""
    assert set(stated) == {"_type", "subject", "predicateType", "predicate"}
    assert stated["_type"] == "https://in-toto.io/Statement/v1"
    assert URI.fullmatch(str(stated["predicateType"]))
    predicate = stated["predicate"]
    assert isinstance(predicate, dict)
    for descriptors in (stated["subject"], predicate["materials"]):
        assert isinstance(descriptors, list)
        assert descriptors
        assert len({one["name"] for one in descriptors}) == len(descriptors)
        for one in descriptors:
            assert set(one) == {"name", "digest"}
            assert re.fullmatch("[0-9a-f]{64}", one["digest"]["sha256"])
    assert [one["name"] for one in predicate["materials"]] == ["m.h5", "own.py"]


def test_both_locks_are_those_that_ship(stated: dict[str, object]) -> None:
    predicate = stated["predicate"]
    assert isinstance(predicate, dict)
    ids = ["tf-2.4", "tf-2.15", "tf-2.21"]
    assert [one["id"] for one in predicate["environments"]] == ids
    for one in predicate["environments"]:
        environment = MATRIX.environment(one["id"])
        (sha256,) = [
            each.sha256
            for each in receipt.hashed([(LOCKS / f"{environment.id}.txt", environment.id)])
        ]
        assert one["lock"] == {"sha256": sha256}


def test_it_says_nothing_of_the_machine(stated: dict[str, object], tmp_path: Path) -> None:
    text = json.dumps(stated)
    assert str(tmp_path) not in text
    assert "/home/me" not in text
    predicate = stated["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["lost"] == ["call it with 'm.keras'", "no file x.py beside m.h5"]
    assert predicate["kept"] == ["layer a/b, see https://keras.io/api/layers"]


def test_sha256sum_finds_the_same(stated: dict[str, object], tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    subject = stated["subject"]
    assert isinstance(subject, list)
    lines = [f"{one['digest']['sha256']}  {one['name']}" for one in subject]

    def check() -> int:
        return subprocess.run(
            ["sha256sum", "--check", "--status"],
            input="\n".join(lines),
            text=True,
            cwd=tmp_path,
            check=False,
        ).returncode

    assert check() == 0
    (tmp_path / "m.keras").write_text("altered", encoding="utf-8")
    assert check() != 0


def test_a_folder_has_a_receipt_of_all_its_files(tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    (graph / "variables").mkdir(parents=True)
    (graph / "saved_model.pb").write_bytes(b"a")
    (graph / "variables" / "variables.index").write_bytes(b"b")
    names = [one.name for one in receipt.hashed(receipt.files_of(graph, "graph"))]
    assert names == ["graph/saved_model.pb", "graph/variables/variables.index"]


def test_what_was_not_proved_has_none(tmp_path: Path) -> None:
    refused = Conversion(path="m.h5", target="tf-2.21", verdict=Verdict.REFUSED, reason="no")
    with pytest.raises(ValueError, match="not proved"):
        receipt.statement(refused, subject=(), material=(), matrix=MATRIX, locks=tmp_path)
