"""Many files at once: what is found, where results go, what is done again; ladders are played."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from many_played import MATRIX, MODEL, TARGET, Played, across, played, sha256, zoo
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.commands.cli import main
from caniload.runner.converting.many.asking import bring_all_across
from caniload.runner.converting.many.finding import find
from caniload.runner.converting.many.keeping import INSIDE, MANIFEST, TABLE, Results
from caniload.runner.converting.many.manifest import Entry, Manifest, Skipped
from caniload.runner.converting.many.naming import results
from caniload.runner.converting.many.running import Order
from caniload.runner.converting.many.telling import as_lines, as_table, sentence
from caniload.runner.converting.outcome import Proof, Verdict
from caniload.runner.converting.receipt import Hashed
from caniload.runner.core.errors import StoreBusyError, UsageError
from caniload.runner.environments.home import Home

__all__ = ["played", "zoo"]  # fixtures


def test_what_is_no_model_is_skipped_by_name_and_reason(zoo: Path) -> None:
    models, skipped = find([zoo], zoo.parent / "new")
    assert [one.name for one in models] == ["a.h5", "sub/b.keras", "sub/broken.h5"]
    assert {one.name: one.reason for one in skipped} == {
        "README.md": "no model: a text, and no description of one",
        "sub/settings.json": "a JSON text, but no description of a model",
    }


def test_what_belongs_to_a_model_is_no_file_of_its_own(zoo: Path) -> None:
    (zoo / "arch.json").write_text(json.dumps(MODEL), encoding="utf-8")
    hdf5(zoo / "arch.weights.h5")
    (zoo / "whole.json").write_text(json.dumps(MODEL), encoding="utf-8")
    hdf5(zoo / "whole.h5", MODEL)
    served = zoo / "served"
    (served / "variables").mkdir(parents=True)
    (served / "saved_model.pb").write_bytes(b"\x08\x01")
    (served / "variables" / "variables.index").write_bytes(b"no")
    models, skipped = find([zoo], zoo.parent / "new")
    files = {one.name: [name for _, name in one.files] for one in models}
    assert files["arch.json"] == ["arch.json", "arch.weights.h5"]
    assert "arch.weights.h5" not in files
    assert files["whole.h5"] == ["whole.h5"]  # a whole model, though a JSON could be built with it
    assert files["served"] == ["served/saved_model.pb", "served/variables/variables.index"]
    assert not any(one.name.startswith("served") for one in skipped)


def test_names_are_relative_to_what_paths_have_in_common(zoo: Path) -> None:
    models, _ = find([zoo / "sub" / "b.keras"], zoo / "new")
    assert [one.name for one in models] == ["b.keras"]
    other = zoo.parent / "other"
    other.mkdir()
    hdf5(other / "a.h5", MODEL)
    models, _ = find([zoo, other, zoo / "a.h5"], zoo / "new")
    assert [one.name for one in models] == [
        *("other/a.h5", "zoo/a.h5", "zoo/sub/b.keras", "zoo/sub/broken.h5"),
    ]
    with pytest.raises(UsageError, match="no such file"):
        find([zoo / "nowhere"], zoo / "new")


def test_links_to_folders_and_the_folder_of_results_are_not_entered(zoo: Path) -> None:
    (zoo / "loop").symlink_to(zoo)
    into = zoo / "new"
    into.mkdir()
    hdf5(into / "result.h5", MODEL)
    models, skipped = find([zoo], into)
    assert "new/result.h5" not in [one.name for one in models]
    assert "loop" in [one.name for one in skipped]


def test_each_original_has_a_result_of_its_own() -> None:
    names = ["a.h5", "a.json", "b/v1.2.h5", "c", "m.h5", "m.h5.h5"]
    found = results(names, ".keras", {})
    assert found["b/v1.2.h5"] == "b/v1.2.keras"
    assert (found["a.h5"], found["a.json"]) == ("a.h5.keras", "a.json.keras")
    assert found["c"] == "c.keras"
    assert len(set(found.values())) == len(names)
    again = results(["m.json", "m.h5"], ".keras", {"m.h5": "m.keras"})
    assert again == {"m.h5": "m.keras", "m.json": "m.json.keras"}


def test_results_lie_where_the_originals_do_and_nothing_else_is_left(
    zoo: Path, played: Played
) -> None:
    before = {path: sha256(path) for path in zoo.rglob("*") if path.is_file()}
    manifest = across(zoo)
    new = zoo.parent / "new"
    there = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    assert there == [
        *("a.keras", "a.keras.receipt.json", MANIFEST, TABLE),
        *("sub/b.keras", "sub/b.keras.receipt.json"),
    ]
    assert {path: sha256(path) for path in zoo.rglob("*") if path.is_file()} == before
    a, b, broken = manifest.models
    assert a.material == (Hashed(name="a.h5", sha256=sha256(zoo / "a.h5")),)
    assert b.result == (Hashed(name="sub/b.keras", sha256=sha256(new / "sub/b.keras")),)
    assert (broken.verdict, broken.reason) == (Verdict.REFUSED, "cannot be opened")
    assert json.loads((new / MANIFEST).read_text())["models"][1]["proof"]["reader"] == "tf-2.4"
    assert sentence(manifest) == (
        f"2 of 3 brought across to {TARGET}, 1 not, 2 others are no models"
    )
    assert played.climbed == ["broken.h5", "a.h5", "b.keras"]  # as their versions go
    receipt = json.loads((new / "sub/b.keras.receipt.json").read_text())
    assert receipt["subject"][0]["name"] == "b.keras"
    assert receipt["predicate"]["materials"][0]["name"] == "sub/b.keras"


def test_what_is_done_is_not_done_again(zoo: Path, played: Played) -> None:
    first = across(zoo)
    played.climbed.clear()
    assert across(zoo) == first
    assert played.climbed == []
    across(zoo, rerun=True)
    assert len(played.climbed) == 3


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda zoo: hdf5(zoo / "a.h5", functional(INPUT, DENSE, more=1)), ["a.h5"]),
        (lambda zoo: (zoo.parent / "new" / "a.keras").unlink(), ["a.h5"]),
        (lambda zoo: (zoo.parent / "new" / "a.keras.receipt.json").unlink(), ["a.h5"]),
        (lambda zoo: hdf5(zoo / "c.h5", MODEL), ["c.h5"]),
    ],
)
def test_what_changed_is_done_again(
    zoo: Path, played: Played, change: Callable[[Path], object], again: list[str]
) -> None:
    across(zoo)
    played.climbed.clear()
    played.content = "made anew of {}"
    change(zoo)
    across(zoo)
    assert played.climbed == again
    made = (zoo.parent / "new" / again[0]).with_suffix(".keras")
    assert made.read_text() == f"made anew of {again[0]}"


def test_trust_given_later_tries_what_was_refused_and_nothing_else(
    zoo: Path, played: Played
) -> None:
    hdf5(zoo / "secret.h5", MODEL)
    assert [one.name for one in across(zoo).models if one.needs_trust] == ["secret.h5"]
    played.climbed.clear()
    assert not any(one.needs_trust for one in across(zoo, trusted=True).models)
    assert sorted(played.climbed) == ["broken.h5", "secret.h5"]


def _let_go(results: Results) -> None:
    """Do what the kernel does for a process that was killed."""
    results._log.close()
    results._lock.release(force=True)


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it."""


@pytest.mark.parametrize("step", ["making", "put", "move", "finish"])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_kill_at_any_moment_loses_nothing_that_was_delivered(
    zoo: Path, played: Played, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    new = zoo.parent / "new"
    left, real = [calls], getattr(Results, step)

    def dies(self: Results, *given: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Killed
        return real(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Results, step, dies)
        patch.setattr(Results, "__exit__", lambda self, *_: _let_go(self))
        if step == "finish" and calls > 1:
            left[0] = 1
        with pytest.raises(Killed):
            across(zoo)
    delivered = [path for path in new.rglob("*.keras") if INSIDE not in path.parts]
    assert all(path.read_text().startswith("made of") for path in delivered)
    played.climbed.clear()
    whole = across(zoo)
    # What had come to its place is not made again, and what had not is.
    assert not {path.name for path in delivered} & {
        str(Path(one).with_suffix(".keras")) for one in played.climbed
    }
    assert [one.out for one in whole.models] == ["a.keras", "sub/b.keras", None]
    for one in whole.models:
        for file in one.result:
            assert sha256(new / file.name) == file.sha256
    assert not (new / INSIDE).exists()
    played.climbed.clear()
    assert across(zoo) == whole
    assert played.climbed == []


def test_a_torn_last_line_of_the_log_costs_only_its_own_file(
    zoo: Path, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Results, "finish", lambda *_: None)
        across(zoo)
    log = zoo.parent / "new" / INSIDE / "done.jsonl"
    log.write_bytes(log.read_bytes()[:-40])  # a result is moved after its line is whole
    (zoo.parent / "new" / "sub" / "b.keras").unlink()
    played.climbed.clear()
    assert len(across(zoo).having(Verdict.DELIVERED)) == 2
    assert len(played.climbed) == 1


def test_what_we_did_not_put_there_is_not_written_over(zoo: Path, played: Played) -> None:
    theirs = zoo.parent / "new" / "a.keras"
    theirs.parent.mkdir()
    theirs.write_text("somebody's own", encoding="utf-8")
    a = across(zoo).models[0]
    assert (a.verdict, theirs.read_text()) == (Verdict.REFUSED, "somebody's own")
    assert "is there already" in str(a.reason)
    assert "a.h5" not in played.climbed
    theirs.unlink()
    assert across(zoo).models[0].verdict is Verdict.DELIVERED
    theirs.write_text("trained further", encoding="utf-8")
    assert across(zoo).models[0].verdict is Verdict.REFUSED
    assert theirs.read_text() == "trained further"


def test_a_result_of_an_original_that_was_replaced_is_not_taken_for_its(
    zoo: Path, played: Played
) -> None:
    across(zoo)
    new = zoo.parent / "new"
    (zoo / "a.h5").rename(zoo / "kept.h5")
    manifest = across(zoo)
    assert [one.name for one in manifest.earlier] == ["a.h5"]
    assert (new / "a.keras").exists()
    hdf5(zoo / "a.h5", functional(INPUT, DENSE, more=1))
    played.refused = "a.h5"
    refused = next(one for one in across(zoo).models if one.name == "a.h5")
    assert refused.verdict is Verdict.REFUSED
    assert not (new / "a.keras").exists()
    assert (new / "a.keras.outdated").read_text() == "made of a.h5"
    played.refused = "broken"
    assert across(zoo, rerun=True).models[0].verdict is Verdict.DELIVERED


def test_a_try_that_says_nothing_takes_nothing_away(zoo: Path, played: Played) -> None:
    first = across(zoo)
    made = (zoo.parent / "new" / "a.keras").read_bytes()
    played.before = lambda path: path.rename(path.with_name("gone"))
    assert across(zoo, rerun=True).models[0] == first.models[0]
    assert (zoo.parent / "new" / "a.keras").read_bytes() == made


def test_an_original_that_changes_while_it_is_read_proves_nothing(
    zoo: Path, played: Played
) -> None:
    played.before = lambda path: path.write_bytes(path.read_bytes() + b"more")
    a = across(zoo).models[0]
    assert (a.verdict, a.out) == (Verdict.REFUSED, None)
    assert "changed while it was read" in str(a.reason)
    assert not (zoo.parent / "new" / "a.keras").exists()
    played.before = lambda _: None
    assert across(zoo).models[0].verdict is Verdict.DELIVERED


def test_a_fault_of_ours_or_a_kill_costs_one_file_and_is_tried_again(
    zoo: Path, played: Played
) -> None:
    hdf5(zoo / "fault.h5", MODEL)
    hdf5(zoo / "killed.h5", MODEL)
    manifest = across(zoo)
    reasons = {one.name: str(one.reason) for one in manifest.models}
    assert reasons["fault.h5"] == "a fault of caniload's own: RuntimeError: a mistake of ours"
    assert len(manifest.having(Verdict.DELIVERED)) == 2
    played.climbed.clear()
    across(zoo)
    assert sorted(played.climbed) == ["fault.h5", "killed.h5"]


def test_a_graph_for_inference_is_a_folder_with_a_receipt(zoo: Path, played: Played) -> None:
    hdf5(zoo / "sub" / "graph.h5", MODEL)
    entry = next(one for one in across(zoo).models if one.name == "sub/graph.h5")
    new = zoo.parent / "new"
    assert (entry.verdict, entry.out) == (Verdict.INFERENCE, "sub/graph.savedmodel")
    assert [one.name for one in entry.result] == ["sub/graph.savedmodel/saved_model.pb"]
    receipt = json.loads((new / "sub/graph.savedmodel.receipt.json").read_text())
    assert receipt["subject"][0]["name"] == "graph.savedmodel/saved_model.pb"
    assert str(zoo.parent) not in json.dumps(receipt) + (new / MANIFEST).read_text()
    played.climbed.clear()
    across(zoo)
    assert played.climbed == []


def test_no_receipt_where_none_is_wanted(zoo: Path, played: Played) -> None:
    across(zoo, receipts=False)
    assert not list((zoo.parent / "new").rglob("*.receipt.json"))
    assert played.climbed


def test_a_folder_has_results_for_one_target_and_one_run(zoo: Path, played: Played) -> None:
    across(zoo)
    new = zoo.parent / "new"
    order = Order(target="2.20")
    home = Home(root=zoo.parent / "home")
    with pytest.raises(UsageError, match=f"has results for {TARGET}"):
        bring_all_across([zoo], order, new, MATRIX, home=home)
    with Results(new), pytest.raises(StoreBusyError, match="another run is writing"):
        across(zoo)
    (new / MANIFEST).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="is no manifest"):
        across(zoo)
    with pytest.raises(UsageError, match="the folder of the originals"):
        bring_all_across([zoo], order, zoo, MATRIX, home=home)
    (zoo.parent / "none").mkdir()
    with pytest.raises(UsageError, match="no saved model"):
        bring_all_across([zoo.parent / "none"], order, new, MATRIX, home=home)
    assert played.climbed


def test_the_command_tells_what_was_not_brought_across(
    zoo: Path, played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    new = str(zoo.parent / "new")
    words = ["convert", str(zoo), "--to", "2.21", "--into", new, "--jobs", "1"]
    assert main(words) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "sub/broken.h5: not brought across: cannot be opened"
    assert said[1].startswith("2 of 3 brought across to tf-2.21")
    assert main([*words, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == json.loads(Path(new, MANIFEST).read_text())
    hdf5(zoo / "secret.h5", MODEL)
    assert main(words) == 2
    (zoo / "sub" / "broken.h5").unlink()
    (zoo / "secret.h5").unlink()
    assert main(words) == 0
    assert played.climbed


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "name a folder with --into"),
        (["--jobs", "2"], "--jobs is for many"),
        (["--into", "new", "-o", "out.keras"], "--output is for one"),
        (["--into", "new", "--report", "r.html"], "--report is for one"),
    ],
)
def test_what_does_not_go_together_is_said(
    zoo: Path, capsys: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    models = [str(zoo / "a.h5"), str(zoo / "sub" / "b.keras")]
    assert main(["convert", *models, "--to", "2.21", *more]) == 2
    assert told in capsys.readouterr().err


def test_the_table_is_text_whatever_names_are_like() -> None:
    proof = Proof(
        reader="r", target=TARGET, outputs=1, max_abs=0.5, scale=1.0, bound=1.0, weak="little"
    )
    hashes = tuple(Hashed(name=f"{n}", sha256=f"{n}" * 64) for n in range(3))
    entry = Entry(
        name="a|b<script>.h5",
        material=hashes,
        verdict=Verdict.DELIVERED,
        out="a|b.keras",
        result=hashes[:1],
        proof=proof,
        lost=("the rate",),
    )
    whole = Manifest(
        target=TARGET,
        lock="0",
        version="1",
        models=(entry,),
        skipped=(Skipped(name="x", reason="y"),),
        earlier=(entry,),
    )
    text = "\n".join(as_table(whole))
    row = next(line for line in text.splitlines() if "script" in line)
    assert row.count(" | ") == 8
    assert "<script>" not in text
    assert "`000000000000` and 2 more" in row
    assert "0.5 of 1 allowed; weak: little" in row
    assert text.count("## ") == 2
    assert list(as_lines(whole)) == [
        "1 of 1 brought across to tf-2.21, 1 other is no model",
    ]
