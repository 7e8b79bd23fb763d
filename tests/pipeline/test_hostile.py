"""Models that attack whoever loads them cost their own cells, and nothing of their neighbours."""

from __future__ import annotations

from workshop import Workshop, outcomes

pytest_plugins = ["pipeline_fixtures"]

HOSTILE = ("kills_on_load", "hangs_on_load", "eats_memory_on_load")


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
