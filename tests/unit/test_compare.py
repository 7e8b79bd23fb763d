"""How the probe pairs and measures arrays; the probe is loaded from its file, as a script is."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PROBES = Path(__file__).parents[2] / "probes"


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("caniload_compare", PROBES / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


A = np.array([[1.0, 2.0]], "float32")
B = np.array([3.0, 4.0], "float32")
C = np.array([5.0, 6.0], "float32")


def test_equal_weights_are_paired_by_name(compare: ModuleType) -> None:
    order, facts = compare.weights([("l/0", A), ("l/1", B)], [("l/0", A), ("l/1", B)])
    assert (order, facts["matched_by"], facts["unequal"]) == ([0, 1], "name", [])


def test_an_inner_layers_other_order_is_no_difference(compare: ModuleType) -> None:
    saved = [("block/0", A), ("block/1", B), ("block/2", C)]
    order, facts = compare.weights(saved, [("block/0", A), ("block/1", C), ("block/2", B)])
    assert (order, facts["matched_by"]) == ([0, 2, 1], "content")
    assert (facts["unequal"], facts["reshaped"]) == ([], [])


def test_renamed_owners_are_found_by_content(compare: ModuleType) -> None:
    order, facts = compare.weights([("a/0", A), ("b/0", B)], [("x/0", B), ("y/0", A)])
    assert (order, facts["missing"], facts["extra"]) == ([1, 0], [], [])


def test_a_changed_weight_is_not_explained_away(compare: ModuleType) -> None:
    _, facts = compare.weights([("l/0", B), ("l/1", C)], [("l/0", B), ("l/1", B)])
    assert facts["unequal"] == [["l/1", 2.0, 6.0]]


def test_a_narrower_type_is_told(compare: ModuleType) -> None:
    _, facts = compare.weights([("l/0", B)], [("l/0", B.astype("float16"))])
    assert facts["retyped"] == [["l/0", "float32", "float16"]]


def test_a_lost_weight_is_missing(compare: ModuleType) -> None:
    _, facts = compare.weights([("l/0", A), ("l/1", B)], [("l/0", A)])
    assert (facts["missing"], facts["count"]) == (["l/1"], [2, 1])


def test_a_step_follows_the_pairing(compare: ModuleType) -> None:
    before, after = [("l/0", B), ("l/1", C)], [("l/0", B + 1), ("l/1", C + 1)]
    found = compare.step(before, after, [("l/0", C + 1), ("l/1", B + 1)], [1, 0])
    assert found["difference"] == 0.0
    assert found["step"] == 2.0


def test_kernels_that_were_turned_round_are_no_difference(compare: ModuleType) -> None:
    kernel = np.arange(18, dtype="float32").reshape(3, 3, 1, 2)
    other = kernel[::-1, ::-1]
    order, facts = compare.weights([("c/0", kernel), ("d/0", A)], [("c/0", other), ("d/0", A)])
    assert (facts["turned"], facts["unequal"]) == (["c/0"], [])
    before, after = [("c/0", kernel)], [("c/0", kernel + kernel)]
    got = [("c/0", other + other)]
    assert compare.step(before, after, got, [0])["difference"] > 0
    assert compare.step(before, after, got, order[:1], facts["turned"])["difference"] == 0.0
    _, facts = compare.weights([("c/0", kernel)], [("c/0", kernel[::-1])])
    assert (facts["turned"], len(facts["unequal"])) == ([], 1)


def test_nan_in_one_place_only_is_a_difference(compare: ModuleType) -> None:
    holed = np.array([3.0, np.nan], "float32")
    assert compare.arrays(B, holed)["max_abs"] == "nan"
    assert compare.arrays(holed, holed)["max_abs"] == 0.0


def test_neighbouring_numbers_are_one_ulp_apart(compare: ModuleType) -> None:
    assert compare.arrays(B, np.nextafter(B, B + 1))["max_ulp"] == 1
    assert compare.arrays(np.zeros(1, "float32"), -np.zeros(1, "float32"))["max_ulp"] == 0
