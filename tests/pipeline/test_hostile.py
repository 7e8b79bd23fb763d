"""Models that attack whoever loads them cost their own cells, and nothing of their neighbours."""

from __future__ import annotations

from workshop import Workshop, outcomes

pytest_plugins = ["pipeline_fixtures"]

HOSTILE = ("kills_on_load", "hangs_on_load", "eats_memory_on_load")
NO_ROOM = {"control": "plain", "finds_no_room_on_load": "hostile"}


def test_hostile_models(workshop: Workshop) -> None:
    models = [{"id": "control", "family": "plain"}]
    models += [{"id": name, "family": "hostile"} for name in HOSTILE]
    workshop.use(("1.0",), models=models)
    workshop.matrix["formats"] = workshop.matrix["formats"][0:3:2]
    workshop.matrix["limits"] |= {"seconds": 2, "seconds_floor": 2, "memory_mb": 300}
    workshop.write()

    finished = workshop.run("matrix", "--jobs", "2")

    assert finished.code == 0
    cells = {cell["id"]: cell for cell in workshop.cells()}
    crashed = {f"fake-1.0/{name}.h5/fake-1.0" for name in HOSTILE}
    assert outcomes(cells.values()) == {
        name: "crash" if name in crashed else "error" if cell["damage"] else "identical"
        for name, cell in cells.items()
    }
    assert [cells[f"fake-1.0/{name}.h5/fake-1.0"]["reason"] for name in HOSTILE] == [
        "the interpreter was killed by SIGSEGV (in phase load)",
        "did not end within 2 s (in phase load)",
        "used more than 300 MiB of memory (in phase load)",
    ]
    assert all(cell["evidence"] and cell["repeatable"] for cell in cells.values())
    workshop.assert_all_gone()
    assert workshop.run("matrix").tally.startswith("0 cells run (0 of them alone), 0 models")

    # What a limit ended may fare better under a higher one; what a signal ended may not.
    workshop.matrix["limits"] |= {"seconds": 3, "memory_mb": 400}
    workshop.write()
    assert workshop.run("matrix").tally.startswith("2 cells run (")
    reasons = [cell["reason"] for cell in workshop.cells() if cell["outcome"] == "crash"]
    assert "did not end within 3 s (in phase load)" in reasons
    assert "used more than 400 MiB of memory (in phase load)" in reasons


def test_a_machine_without_room_says_nothing_of_the_model(workshop: Workshop) -> None:
    models = [{"id": name, "family": family} for name, family in NO_ROOM.items()]
    workshop.use(("1.0",), models=models)
    workshop.matrix["formats"] = workshop.matrix["formats"][0:1]
    workshop.write()

    finished = workshop.run("matrix")

    cell = "fake-1.0/finds_no_room_on_load.h5/fake-1.0"
    assert f"{cell}: this machine has no more room" in finished.err
    found = next(one for one in workshop.cells() if one["id"] == cell)
    assert found["outcome"] == "untested"
    assert found["reason"].startswith("this machine has no more room: OSError: [Errno 28]")
    assert found["reason"].endswith("the next run tries again")
    assert workshop.run("matrix").tally.startswith("0 cells run")


DUMMIES = {
    "leaves_on_load": "crash: the process ended itself with exit code 0 (in phase load)",
    "exits_on_load": "error: does not load: SystemExit: 0",
    "aborts_on_load": "crash: the interpreter was killed by SIGABRT (in phase load)",
    "stays_deaf_on_load": "crash: did not end within 2 s (in phase load)",
    "floods_on_load": "error: does not load: ValueError: after the flood",
    "leaves_a_daemon_on_load": "error: does not load: ValueError: somebody stayed",
    "says_no_text_on_load": "error: does not load: ValueError: "
    "<script>alert(1)</script>\\ud800]]>\u202e\ufffe",
    "closes_all_on_load": "untested: the probe itself broke down; its worker's log says where;"
    " the next run tries again",
    "recurses_on_load": "error: does not load: RecursionError: maximum recursion depth exceeded",
}
"""Crash dummies, and what is told of each."""


def test_every_crash_dummy_costs_its_own_cell(workshop: Workshop) -> None:
    models = [{"id": "control", "family": "plain"}]
    models += [{"id": name, "family": "hostile"} for name in DUMMIES]
    workshop.use(("1.0",), models=models)
    workshop.matrix["formats"] = workshop.matrix["formats"][:1]
    workshop.matrix["limits"] |= {"seconds": 2, "seconds_floor": 2}
    workshop.write()

    finished = workshop.run("matrix", "--jobs", "2")

    assert finished.code == 0, finished.err
    cells = {cell["model"]: cell for cell in workshop.cells() if not cell["damage"]}
    assert {name: f"{one['outcome']}: {one['reason']}" for name, one in cells.items()} == {
        "control": "identical: bit for bit the same model",
        **DUMMIES,
    }
    workshop.assert_all_gone()
    again = workshop.run("matrix")
    assert again.tally.startswith("0 cells run")
    assert "closes_all_on_load.h5/fake-1.0: the probe itself broke down" in again.err  # once more
    for path in (workshop.home / "report").rglob("*.html"):
        assert b"<script>alert" not in path.read_bytes()
