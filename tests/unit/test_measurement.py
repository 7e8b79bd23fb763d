"""The stated schema of measurement: facts that change need a number that is raised."""

from __future__ import annotations

import copy
import json

import measurement
import pytest

from caniload.runner.evidence import keys

KEPT = json.loads(measurement.KEPT.read_text(encoding="utf-8"))


def test_facts_are_those_that_the_schema_was_stated_for() -> None:
    today = {"schema": measurement.schema(), "facts": measurement.measure()}
    told = measurement.difference(KEPT, today)
    assert not told, (
        "the probe says something else than it did. If a fact means something else or is new, raise"
        " its kind in probes/measurement.json; then run python tests/measurement.py --keep\n" + told
    )


def test_a_fact_that_is_new_or_gone_is_noticed() -> None:
    changed = copy.deepcopy(KEPT)
    loaded = changed["facts"]["loaded by 1"][1]
    loaded["colour"] = "red"
    assert "colour" in measurement.difference(KEPT, changed)
    del loaded["colour"], loaded["outputs"]
    assert measurement.difference(KEPT, changed)


def test_every_kind_has_its_number() -> None:
    assert measurement.schema().keys() == set(keys.KINDS)
    assert all(isinstance(one, int) for one in measurement.schema().values())


@pytest.mark.parametrize("kind", keys.KINDS)
def test_a_raised_number_makes_other_keys(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> dict[str, str]:
        return {
            "import": keys.import_key("e"),
            "save": keys.save_key("e", "m", "f"),
            "load": keys.file_key(
                artifact_sha256="a",
                expected_sha256="x",
                family_sha256="f",
                form_sha256="g",
                train=True,
            ),
        }

    before, stated = found(), keys.schema(kind)
    original = keys.schema
    monkeypatch.setattr(keys, "schema", lambda one: f"{one} 99" if one == kind else original(one))
    keys.save_key.cache_clear()
    after = found()
    keys.save_key.cache_clear()
    assert {one for one in before if before[one] != after[one]} == {kind}
    assert stated != f"{kind} 99"
