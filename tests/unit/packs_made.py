"""Packs for tests: contents drawn by hypothesis, and small ones made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from caniload.runner.environments.locking import first_lock_sha256
from caniload.runner.evidence import keys
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.packs import asking
from caniload.runner.packs.contents import key_of
from caniload.runner.packs.pack import Contents

ROOT = Path(__file__).parents[2]
MATRIX = read_matrix(ROOT / "matrix.yaml")
MEASUREMENT = {kind: keys.schema(kind) for kind in ("load", "save")}
IDS = ("tf-2.4", "tf-2.15", "tf-2.21")
ORIGINS = {
    "tf-2.4": ["Keras 2.4", "", "on tensorflow"],
    "tf-2.15": ["Keras 2.15", "", "on tensorflow"],
    "tf-2.21": ["Keras 3.13", "", "on tensorflow"],
}


def environment(name: str, lock: str | None = None, python: str = "3.11.9") -> dict[str, Any]:
    """Return an environment as it is locked here, or under another lock."""
    here = first_lock_sha256(MATRIX.environment(name))
    common = {"imports": "keras", "variables": {}, "machine": "linux-x86_64"}
    return {"id": name, "lock": lock or here, "python": python, **common}


def source(when: str = "2026-11-23", **measurement: str) -> dict[str, Any]:
    return {"caniload": "0.1.0", "when": when, "measurement": {**MEASUREMENT, **measurement}}


def small(
    model: str = "dense",
    saver: str = "tf-2.15",
    lock: str | None = None,
    said: dict[str, Any] | None = None,
    traits: tuple[str, ...] = ("layer Dense", "one input"),
    **more: Any,
) -> Contents:
    """Return one file with a verdict in two environments; ``said`` changes that of the second."""
    made = Contents()
    by = made.environment(environment(saver, lock))
    other = made.environment(environment("tf-2.21"))
    where = made.source(more.pop("source", source()))
    file = {
        "saver": by,
        "model": model,
        "sha256": more.pop("sha256", "aa"),
        "expected": "bb",
        "origin": ORIGINS[saver],
        "classes": ["Dense"],
        "traits": sorted(traits),
        "own": False,
        **more,
    }
    good = {"source": where, "outcome": "identical", "reason": "bit for bit the same model"}
    bad = {
        "source": where,
        "outcome": "error",
        "reason": "does not load: ValueError: no such argument",
        "signature": "load: ValueError: no such argument",
        "phase": "load",
        "raised": "ValueError: no such argument",
    }
    made.put("h5", file, {by: good, other: {**bad, **(said or {})}})
    for name, row in made.environments.items():
        made.locks[row["lock"]] = {"keras": name[:4]}
    return made


TEXTS = st.text(max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5)
MORE = st.dictionaries(
    st.sampled_from(["later", "newer"]), TEXTS | NUMBERS | st.lists(TEXTS, max_size=2), max_size=2
)
ROWS = st.sampled_from(IDS).flatmap(
    lambda name: st.sampled_from(
        [environment(name), environment(name, "ff"), environment(name, python="3.11.2")]
    )
)
SOURCES = st.sampled_from([source(), source("2026-11-01"), source(load="load 9")])


@st.composite
def verdicts(draw: st.DrawFn, made: Contents) -> dict[str, Any]:
    outcome = draw(st.sampled_from(["identical", "tolerance", "error", "differs", "warning"]))
    return {
        "source": made.source(draw(SOURCES)),
        "outcome": outcome,
        "reason": draw(TEXTS),
        "signature": draw(st.sampled_from(["", "one", "two"])),
        "max_abs": draw(st.none() | NUMBERS),
        "differences": draw(st.none() | st.just([{"what": "outputs", "text": "far"}])),
        "derived": draw(st.none() | st.just({"rule": "same-content", "from": "a/b.h5/c"})),
        **draw(MORE),
    }


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    """Draw a pack's contents, few enough different ones for two draws to say the same."""
    made = Contents()
    for _ in range(draw(st.integers(0, 4))):
        row = draw(ROWS)
        own = draw(st.integers(0, 9)) == 0
        file = {
            "saver": None if own else made.environment(row),
            "model": draw(st.sampled_from(["dense", "lstm"])),
            "sha256": draw(st.sampled_from(["aa", "bb"])),
            "expected": "cc",
            "origin": ORIGINS[row["id"]],
            "classes": draw(st.lists(st.sampled_from(["Dense", "LSTM"]), unique=True)),
            "traits": draw(st.lists(TEXTS, max_size=3)),
            "own": draw(st.booleans()),
            **draw(MORE),
        }
        readers = draw(st.lists(ROWS, max_size=3))
        cells = {made.environment(one): draw(verdicts(made)) for one in readers}
        made.put(draw(st.sampled_from(["h5", "keras"])), file, cells)
    for row in made.environments.values():
        made.locks[row["lock"]] = {"keras": draw(st.sampled_from(["2.15.0", "2.15.1"]))}
    asked = draw(st.lists(st.sampled_from(sorted(made.environments) or [""]), unique=True))
    made.constructors = asking.folded([draw(entries(one)) for one in asked if one], CANDIDATES)
    return made


CANDIDATES = {"1": {"layers": {"names": ["Dense"], "arguments": {}, "forms": {}}}}


@st.composite
def entries(draw: st.DrawFn, environment_key: str) -> dict[str, Any]:
    takes = draw(st.dictionaries(st.sampled_from(["units", "groups"]), st.integers(0, 2)))
    layers = {"names": {"Dense": "Dense"}, "classes": {"Dense": takes}, "functions": {}}
    common = {"probe": "p", "candidates": "1", "versions": {"keras": "2.15.0"}}
    return {"environment": environment_key, **common, "kinds": {"layers": layers}}


def written(made: Contents, path: Path) -> Path:
    made.write(path)
    return path


def key(row: dict[str, Any]) -> str:
    return key_of(row)
