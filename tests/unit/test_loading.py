"""Which cells are loaded, and which are told from another's run; with answers made up here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import verdict_facts
from verdict_facts import output

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.outcomes import Outcome
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.evidence import derivations
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import Resolution, Resolved
from caniload.runner.evidence.results import Result
from caniload.runner.evidence.store import Store
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.byreader import by_reader
from caniload.runner.judging.confirm import Ask
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_form
from caniload.runner.running import deriving
from caniload.runner.running.loading import Loading
from caniload.runner.running.schedule import Unit

SAVERS = ("tf-2.12", "tf-2.13", "tf-2.14", "tf-2.15")
READER = "tf-2.15"


class Silent:
    """Progress that keeps count."""

    def __init__(self) -> None:
        self.done = 0
        self.pairs: list[tuple[str, str, int]] = []

    def stage(self, name: str, total: int) -> None: ...
    def stage_total(self, total: int) -> None: ...
    def outcome(self, outcome: Outcome) -> None: ...
    def building(self, environment: str) -> None: ...
    def unusable(self, environment: str, reason: str) -> None: ...
    def fault(self, label: str, reason: str) -> None: ...

    def advance(self, count: int) -> None:
        self.done += count

    def pair(self, save: str, load: str, left: int) -> None:
        self.pairs.append((save, load, left))


class Stage:
    """A store with a saved ``dense`` of each saver, and one environment that loads them."""

    def __init__(
        self, root: Path, store: Store, says: Sequence[str | None], *, one_file: bool = False
    ) -> None:
        matrix = read_matrix(Path(__file__).with_name("small_matrix.yaml"))
        selected = Selection(environments=SAVERS, models=("dense",), formats=("h5",))
        plan = make(matrix, selected)
        usable = {
            one.id: Resolved(
                environment=one,
                interpreter=Interpreter(root / "python", "3.11.7"),
                lock_sha256=one.id,
                fingerprint=one.id,
            )
            for one in plan.environments
        }
        names = {one: one for one in SAVERS}
        resolution = Resolution(usable=usable, untested={}, fingerprints=names)
        self.evidence = Evidence(
            plan=plan, home=Home(root=root), store=store, resolution=resolution
        )
        for saver, content in zip(SAVERS, says, strict=True):
            sha256 = "sha" if one_file else f"sha {saver}"
            stored = {"path": f"{saver}/dense/h5-1", "sha256": sha256, "bytes": 1}
            expected = {**stored, "path": f"{saver}/dense/expected-1"}
            entry = {
                "stored": stored,
                "damaged": {},
                "error": None,
                "crash": None,
                "expected": expected,
                "fed": "fed",
                "content": content,
                "form": read_form("h5").sha256,
            }
            record = {"kind": "save", "environment": saver, "formats": {"h5": entry}}
            store.put(self.evidence.save_key(saver, "dense"), record)
        self.progress = Silent()
        self.queue: list[Unit] = []

    def loading(self, *, share: bool = True, isolate: bool = False) -> Loading:
        return Loading(
            self.evidence, self.queue.extend, self.progress, share=share, isolate=isolate
        )

    def begin(self, loading: Loading) -> int:
        """Queue what is missing for the one reader; return how many cells that is."""
        units, count = loading.missing(lambda one: one == READER, rerun=False)
        self.queue += units.get(READER, [])
        return count

    def answer(self, loading: Loading, answers: Mapping[str, Any]) -> list[str]:
        """Hand out answers by saver until no job is left; return the savers whose files ran."""
        ran = []
        while self.queue:
            unit = self.queue.pop(0)
            absent = bool(unit.job.get("absent"))
            saver = "absent" if absent else unit.label.partition("/")[0]
            ran.append(saver)
            found = answers.get(saver, answers.get("all"))
            also = [answers.get("also", {})] * len(unit.job["also"])
            loading.take(unit, Result(facts={**found, "also": also}))
        return ran

    def records(self) -> dict[str, Mapping[str, Any]]:
        found = {}
        for cell in self.evidence.plan.cells:
            if cell.loaded_by == READER and (record := self.evidence.record(cell)):
                found[cell.artifact.saved_by] = record
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Home(root=tmp_path).results) as store:
        yield store


@pytest.fixture(autouse=True)
def files_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loading, "_is_whole", lambda *_: True)


@pytest.fixture(autouse=True)
def unlucky(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw for audits nothing but what is always audited."""
    monkeypatch.setattr(deriving, "SHARE", 0.0)


def facts() -> dict[str, Any]:
    return {**verdict_facts.facts(), "seconds": {"load": 0.1}}


def refused(words: str = "File format not supported") -> dict[str, Any]:
    error = {"type": "ValueError", "message": words, "errno": None, "phase": "load"}
    return {"error": {**error, "traceback": ""}, "messages": [], "seconds": {"load": 0.1}}


def test_files_that_say_the_same_are_loaded_once(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one", "one", "one", "other"])
    loading = stage.loading()
    assert stage.begin(loading) == 4
    near = {"outputs": [output(max_abs=1e-9)]}
    found = {"all": facts(), "tf-2.13": {**facts(), **near}, "also": near}
    ran = stage.answer(loading, found)
    # 2.13 is the first that the rule tells here, and audited; 2.15 says another thing
    assert sorted(ran) == ["tf-2.12", "tf-2.13", "tf-2.15"]
    records = stage.records()
    assert records["tf-2.14"]["derived"] == {
        "rule": "same-content",
        "from": "tf-2.12/dense.h5/tf-2.15",
    }
    assert records["tf-2.14"]["facts"]["outputs"][0]["max_abs"] == 1e-9
    assert "also" not in records["tf-2.12"]["facts"]
    assert records["tf-2.13"]["audit"] == {"rule": "same-content", "held": True}
    tally = loading.tally
    assert (tally.loaded, tally.derived, tally.audited, tally.mistold) == (3, 1, 1, 0)
    assert stage.progress.done == 4
    assert {save for save, _, _ in stage.progress.pairs} == {*SAVERS}
    assert [left for _, _, left in stage.progress.pairs] == [3, 2, 1, 0]


def test_files_of_the_same_bytes_share_one_run_that_nothing_replaces(
    tmp_path: Path, store: Store
) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4, one_file=True)
    loading = stage.loading()
    stage.begin(loading)
    assert stage.answer(loading, {"all": facts()}) == ["tf-2.12"]
    assert not any("derived" in record for record in stage.records().values())
    assert (loading.tally.loaded, loading.tally.derived, stage.progress.done) == (1, 0, 4)


def test_a_twin_that_came_out_otherwise_is_run_itself(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    loading = stage.loading()
    stage.begin(loading)
    ran = stage.answer(loading, {"all": facts(), "also": {"outputs": [output(max_abs=0.5)]}})
    assert sorted(ran) == sorted(SAVERS)
    assert not any("derived" in record for record in stage.records().values())


def test_what_is_refused_as_a_file_that_is_not_there_is_refused_by_its_name(
    tmp_path: Path, store: Store
) -> None:
    stage = Stage(tmp_path, store, ["one", "two", "three", "four"])
    loading = stage.loading()
    stage.begin(loading)
    ran = stage.answer(loading, {"all": refused()})
    assert sorted(ran) == ["absent", "tf-2.12", "tf-2.13"]
    rules = {name: one.get("derived", {}).get("rule") for name, one in stage.records().items()}
    assert rules == {
        "tf-2.12": None,
        "tf-2.13": None,
        "tf-2.14": "refused-by-name",
        "tf-2.15": "refused-by-name",
    }


def test_what_is_refused_in_other_words_is_loaded(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one", "two", "three", "four"])
    loading = stage.loading()
    stage.begin(loading)
    ran = stage.answer(loading, {"all": refused(), "absent": refused("No such file")})
    assert sorted(ran) == ["absent", *SAVERS]


def test_what_loads_tells_nothing_of_files_that_say_something_else(
    tmp_path: Path, store: Store
) -> None:
    stage = Stage(tmp_path, store, ["one", "two", "three", "four"])
    loading = stage.loading()
    stage.begin(loading)
    assert sorted(stage.answer(loading, {"all": facts()})) == list(SAVERS)


def test_the_first_mistake_switches_a_kind_off_for_good(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    loading = stage.loading()
    stage.begin(loading)
    lies = {"all": facts(), "tf-2.13": refused("it is another file")}
    assert sorted(stage.answer(loading, lies)) == ["tf-2.12", "tf-2.13"]
    assert loading.tally.mistold == 1
    assert [one.cell.artifact.saved_by for one in loading.switched_off] == ["tf-2.13"]
    loading.forget_told()
    assert stage.begin(loading) == 2
    assert sorted(stage.answer(loading, lies)) == ["tf-2.14", "tf-2.15"]
    assert not any("derived" in record for record in stage.records().values())
    assert stage.begin(stage.loading()) == 0


@pytest.mark.parametrize("how", [{"share": False}, {"isolate": True}])
def test_without_twins_all_that_was_told_is_run(
    tmp_path: Path, store: Store, how: dict[str, bool]
) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    first = stage.loading()
    stage.begin(first)
    stage.answer(first, {"all": facts()})
    assert first.tally.derived == 2
    second = stage.loading(**how)
    assert stage.begin(second) == 2
    assert sorted(stage.answer(second, {"all": facts()})) == ["tf-2.14", "tf-2.15"]
    assert not any("derived" in record for record in stage.records().values())


def test_a_fault_of_ours_tells_nothing(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    loading = stage.loading()
    stage.begin(loading)
    loading.take(stage.queue.pop(0), Result(fault="the probe broke"))
    assert sorted(stage.answer(loading, {"all": facts()})) == ["tf-2.13", "tf-2.14", "tf-2.15"]


def test_a_crash_tells_nothing(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    loading = stage.loading()
    stage.begin(loading)
    crash = {"kind": "signal", "signal": "SIGSEGV", "phase": "load"}
    loading.take(stage.queue.pop(0), Result(crash=crash))
    assert sorted(stage.answer(loading, {"all": facts()})) == ["tf-2.13", "tf-2.14", "tf-2.15"]


def test_a_cell_told_of_another_speaks_of_its_own_file(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one", "two", "three", "four"])
    loading = stage.loading()
    stage.begin(loading)
    path = stage.evidence.home.artifacts / "tf-2.12/dense/h5-1/model.h5"
    stage.answer(loading, {"all": refused(f"no {path}")})
    told = stage.records()["tf-2.14"]
    assert "derived" in told
    assert "tf-2.14/dense/h5-1/model.h5" in told["facts"]["error"]["message"]


def test_what_is_judged_reader_by_reader_is_what_is_judged_cell_by_cell(
    tmp_path: Path, store: Store
) -> None:
    stage = Stage(tmp_path, store, ["one", "one", "one", "other"])
    loading = stage.loading()
    stage.begin(loading)
    path = stage.evidence.home.artifacts / "tf-2.12/dense/h5-1/model.h5"
    told = {"channel": "stderr", "category": "", "level": "", "text": f"of {path}", "phase": "load"}
    answer = {**facts(), "messages": [told]}
    stage.answer(loading, {"all": answer})
    for compacted in (False, True):
        if compacted:
            store.compact()
        assembly = Assembly(evidence=stage.evidence, batch=25)
        planned = list(assembly.planned())
        one = assembly.table(planned)
        measured = by_reader(stage.evidence, assembly._judge, assembly._called)
        other = assembly.table(planned, measured)
        assert list(map(repr, one)) == list(map(repr, other))
        told_of = {cell.cell.artifact.saved_by: cell.derived for cell in other if cell.derived}
        source = "tf-2.12/dense.h5/tf-2.15"
        assert told_of == {"tf-2.14": {"rule": "same-content", "from": source}}


def test_each_file_is_held_to_what_it_was_called_by_where_it_was_saved(
    tmp_path: Path, store: Store
) -> None:
    def called(name: str) -> dict[str, Any]:
        tensor = {name: {"shape": [None, 4], "dtype": "float32"}}
        return {"serving_default": {"inputs": tensor, "outputs": {}}}

    stage = Stage(tmp_path, store, ["one", "two", "three", "four"])
    loading = stage.loading()
    stage.begin(loading)
    stage.answer(loading, {"all": {**facts(), "signatures": called("x")}})
    there = stage.records()[READER]
    for saver, name in (("tf-2.12", "x"), ("tf-2.13", "other")):  # of 2.14 nothing is known
        artifact = Artifact(saved_by=saver, model="dense", format="h5")
        key = stage.evidence.cell_key(Cell(artifact=artifact, loaded_by=saver))
        assert key is not None
        own = {**there["facts"], "signatures": called(name)}
        store.put(key, {**there, "facts": own, "artifact": f"{saver}/dense/h5-1"})
    for compacted in (False, True):
        if compacted:
            store.compact()
        assembly = Assembly(evidence=stage.evidence, batch=25)
        measured = by_reader(stage.evidence, assembly._judge, assembly._called)
        table = assembly.table(list(assembly.planned()), measured)
        found = {
            one.cell.artifact.saved_by: one.reason
            for one in table
            if one.cell.loaded_by == READER and not one.control
        }
        differs = "signature serving_default takes x; it took other"
        same = "bit for bit the same model"
        assert found == {saver: differs if saver == "tf-2.13" else same for saver in SAVERS}


def test_the_method_says_which_rules_told_and_which_are_off(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["one"] * 4)
    assembly = Assembly(evidence=stage.evidence, batch=25)
    assert assembly().rules == ()
    loading = stage.loading()
    stage.begin(loading)
    stage.answer(loading, {"all": facts()})
    assert assembly().rules[-1] == (
        "Here, 1 such cell was run all the same; none came out otherwise."
    )
    kind = derivations.named("same-content", READER, "h5")
    store.put(derivations.off_key(kind), {"kind": "derivation", "off": kind})
    assert assembly().rules[-1].endswith("; switched off since: same-content tf-2.15 h5.")


def _ended(limit: float) -> Result:
    crash = {"kind": "timeout", "signal": None, "phase": "train", "limit": limit}
    return Result(facts=None, crash=crash)


@pytest.mark.parametrize("slow", [True, False], ids=["slow", "hangs"])
def test_the_first_that_takes_too_long_is_waited_for_and_others_wait_for_it(
    tmp_path: Path, store: Store, *, slow: bool
) -> None:
    """PyTorch compiled for half a minute: those behind the first were told to hang."""
    stage = Stage(tmp_path, store, ["1", "2", "3", "4"])
    loading = stage.loading(share=False)
    stage.begin(loading)
    limits = stage.evidence.plan.matrix.limits
    for path in ("tf-2.12", "tf-2.13", "tf-2.14"):
        loading._history.add(f"{path}/dense/h5-1", 0.1)
    first, second, third, _ = stage.queue
    assert first.deadline() == limits.seconds_floor
    assert loading.confirm(first, _ended(20)) is Ask.ALONE
    assert first.deadline() == limits.seconds
    assert loading.confirm(second, _ended(20)) is Ask.LATER
    assert second.deadline() == limits.seconds_floor

    alone = replace(first, solo=True, batched=_ended(20))
    loading.take(alone, Result(facts={**facts(), "also": []}) if slow else _ended(limits.seconds))
    assert loading.confirm(second, _ended(20)) is Ask.ALONE
    assert second.deadline() == (limits.seconds if slow else limits.seconds_floor)
    assert loading.confirm(third, _ended(20)) is (Ask.LATER if slow else Ask.ALONE)


def test_nobody_waits_for_ever_for_one_that_gave_no_answer(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, ["1", "2", "3", "4"])
    loading = stage.loading(share=False)
    stage.begin(loading)
    first, second, *_ = stage.queue
    assert loading.confirm(first, _ended(20)) is Ask.ALONE
    assert loading.confirm(second, _ended(20)) is Ask.LATER
    loading.take(replace(first, solo=True, batched=_ended(20)), Result(facts=None, fault="died"))
    assert loading.confirm(second, _ended(20)) is Ask.ALONE
