"""Who reads a file, what may be loaded at all, how far outputs may part, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caniload.runner.converting.original import Wish, refusal
from caniload.runner.converting.outcome import Conversion, Proof, Remedy, Verdict
from caniload.runner.converting.power import roughened
from caniload.runner.converting.proving import losses, tolerances_for
from caniload.runner.converting.readers import is_of, reading
from caniload.runner.converting.rules import read_rules
from caniload.runner.converting.telling import as_lines, as_page
from caniload.runner.forensics.facts import Code, Inspection, Layer, Origin, danger
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import ConversionReaders

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
ALL = {one.id: False for one in MATRIX.environments}


def chosen(
    origin: Origin,
    built: dict[str, bool] | None = None,
    conversion: ConversionReaders = MATRIX.conversion,
    target: str = "tf-2.21",
    **more: Any,
) -> tuple[str, ...]:
    found = reading(
        Inspection(path="m", format="h5", origin=origin, **more),
        MATRIX.environments,
        built=ALL if built is None else built,
        rules=read_rules(),
        target=target,
        conversion=conversion,
    )
    return found.environments


@pytest.mark.parametrize(
    ("origin", "first"),
    [
        (Origin(keras_version="2.15.0", backend="tensorflow"), "tf-2.15"),
        (Origin(keras_version="2.8.0", backend="tensorflow"), "tf-2.15"),
        (Origin(keras_version="2.2.4-tf", backend="tensorflow"), "tf-2.15"),
        (Origin(keras_version="2.0.5", backend="tensorflow"), "tf-1.15-keras-2.3"),
        (Origin(keras_version="2.3.1", backend="theano"), "tf-1.15-keras-2.3"),
        (Origin(keras_version="3.13.0"), "tf-2.21"),
        (Origin(keras_version="3.9.1"), "tf-2.18"),
        (Origin(keras_version="3.9.2"), "tf-2.18-keras-3.9"),
        (Origin(), "tf-2.15"),
    ],
)
def test_the_first_to_read_a_file(origin: Origin, first: str) -> None:
    assert chosen(origin)[0] == first


def test_of_equally_near_versions_the_built_one_reads() -> None:
    unknown_patch = Origin(keras_version="3.9.0")
    assert chosen(unknown_patch, {**ALL, "tf-2.18-keras-3.9": True})[0] == "tf-2.18-keras-3.9"


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        (Origin(keras_version="3.9.1"), "tf-2.21-keras-3.15"),
        (Origin(keras_version="2.4.0", backend="tensorflow"), "tf-2.15"),
        (Origin(keras_version="2.2.4", backend="tensorflow"), "tf-1.15-keras-2.3"),
    ],
)
def test_what_did_not_save_it_does_not_speak_for_the_original(origin: Origin, target: str) -> None:
    assert target in chosen(origin, target="tf-2.21")
    assert target not in chosen(origin, target=target)
    alone = reading(
        Inspection(path="m", format="h5", origin=origin),
        MATRIX.environments,
        built={target: True},
        rules=read_rules(),
        target=target,
        conversion=MATRIX.conversion,
    )
    assert (alone.environments, alone.only_itself) == ((), True)


def test_a_version_reads_its_own_files_for_itself_and_those_of_nobody() -> None:
    own = Origin(keras_version="2.15.0", backend="tensorflow")
    assert chosen(own, target="tf-2.15") == ("tf-2.15",)
    assert chosen(Origin(), target="tf-2.15")[0] == "tf-2.15"
    saved = Origin(keras_version=None, tensorflow_version="2.18.0")
    exact = MATRIX.environment("tf-2.18")
    assert is_of(Inspection(path="m", format="savedmodel", origin=saved), exact) is True


def test_a_matrix_that_names_no_readers_has_those_that_the_file_speaks_of() -> None:
    origin = Origin(keras_version="2.8.0", backend="tensorflow")
    unnamed = ConversionReaders()
    assert chosen(origin, conversion=unnamed)[:2] == ("tf-2.8", "tf-2.9")
    assert chosen(Origin(), conversion=unnamed) == ()


def test_the_version_that_saved_it_comes_first_where_it_is_there() -> None:
    origin = Origin(keras_version="2.8.0", backend="tensorflow")
    assert chosen(origin, {**ALL, "tf-2.8": True})[:2] == ("tf-2.8", "tf-2.15")


def test_theano_is_read_by_what_turns_its_kernels_over_or_by_nobody() -> None:
    origin = Origin(keras_version="2.1.0", backend="theano")
    assert "tf-2.15" not in chosen(origin)
    assert chosen(origin, {"tf-2.15": True, "tf-2.21": True}) == ()


def test_attention_that_took_no_masks_is_read_by_what_took_none() -> None:
    origin = Origin(keras_version="2.8.0", backend="tensorflow")
    layers = (Layer(name="attention", class_name="MultiHeadAttention"),)
    assert chosen(origin, layers=layers)[0] == "tf-2.8"


@pytest.mark.parametrize(
    ("settings", "allowed"), [({}, True), ({"interpolation": "bilinear"}, False)]
)
def test_only_the_settings_whose_numbers_changed_narrow_the_choice(
    settings: dict[str, str], *, allowed: bool
) -> None:
    origin = Origin(keras_version="2.2.4-tf", backend="tensorflow")
    layers = (Layer(name="up", class_name="UpSampling2D", settings=settings),)
    assert ("tf-2.15" in chosen(origin, layers=layers)) is allowed


def test_a_lambda_of_keras_itself_is_read_by_what_keeps_its_operations() -> None:
    origin = Origin(keras_version="2.2.4", backend="tensorflow")
    code = (Code(kind="bytecode", where="lambda"),)
    assert chosen(origin, code=code)[0] == "tf-1.15"
    assert chosen(origin)[0] == "tf-1.15-keras-2.3"


def test_what_is_older_than_the_file_does_not_read_it() -> None:
    origin = Origin(keras_version="2.15.0", backend="tensorflow")
    assert chosen(origin) == ("tf-2.15",)


def _wish(**more: Any) -> Wish:
    return Wish(path=Path("m"), target="tf-2.21", out=Path("out"), **more)


@pytest.mark.parametrize(
    "found",
    [
        Inspection(path="m", format="savedmodel"),
        Inspection(path="m", format="h5", code=(Code(kind="bytecode", where="lambda"),)),
        Inspection(path="m", format="keras", findings=(danger("names-python", "asks for os"),)),
    ],
)
def test_what_runs_code_of_the_file_needs_trust(found: Inspection) -> None:
    refused = refusal(found, _wish())
    assert refused is not None
    assert refused.trust
    assert "--trust" in refused.reason
    assert refusal(found, _wish(trusted=True)) is None


def test_what_is_no_model_is_refused_whoever_trusts_it() -> None:
    for found in (
        Inspection(path="m", problem="is empty"),
        Inspection(path="m", format="weights-h5"),
        Inspection(path="m", format="pickle"),
    ):
        refused = refusal(found, _wish(trusted=True))
        assert refused is not None
        assert not refused.trust


def test_half_precision_has_wider_bounds() -> None:
    usual = MATRIX.tolerances
    assert tolerances_for({"dtype": "float32"}, usual) == usual
    assert tolerances_for({"dtype": "mixed_float16"}, usual).relative == 0.002
    nested = {
        "layers": [
            {"config": {"dtype": {"class_name": "Policy", "config": {"name": "mixed_bfloat16"}}}}
        ]
    }
    assert tolerances_for(nested, usual).relative == 0.016
    for usual_ones in (
        {"name": "cast_to_bfloat16"},
        {"class_name": "InputLayer", "dtype": "float16"},
    ):
        assert tolerances_for(usual_ones, usual) == usual


def test_a_rough_model_may_differ_by_what_it_makes_of_rounding() -> None:
    usual = MATRIX.tolerances
    assert roughened(usual, 0.0) == usual
    assert roughened(usual, 3e-5).relative == pytest.approx(3e-4)
    assert roughened(usual, 1.0).relative == 1e-3


def test_what_training_lost_is_told() -> None:
    def optimizer(rate: float, moment: float) -> dict[str, Any]:
        slots = [[[3], moment]]
        return {
            "class": "Adam",
            "settings": {"learning_rate": rate},
            "slots": slots,
            "iterations": 7,
        }

    facts = {"training": {"optimizer": optimizer(0.01, 0.5)}}
    lost, kept = losses(facts, {"optimizer": optimizer(0.001, 0.0)}, {})
    assert lost == [
        "the learning rate: 0.01 is 0.001",
        "the optimizer's state: 1 arrays, step 7",
    ]
    assert kept == ["optimizer Adam, loss and metrics"]
    lost, _ = losses(facts, {"optimizer": optimizer(0.009999999776482582, 0.5)}, {})
    assert lost == []
    lost, _ = losses(facts, {"optimizer": None}, {"compile_error": "there is no optimizer X"})
    assert lost == ["how it was compiled (Adam): there is no optimizer X"]


def test_a_call_that_is_no_training_whatever_the_model_is_told_to_be_lost_in_keras_3() -> None:
    node = {"args": [], "kwargs": {"training": False}}
    for nodes in ([node], [[["x", 0, 0, {"training": False}]]]):
        config = {"config": {"layers": [{"name": "base", "inbound_nodes": nodes}]}}
        old, new = {"keras": "2.10.0"}, {"keras": "3.15.1"}
        lost, _ = losses({"config": config, "versions": old}, {"versions": new}, {})
        assert "that base is called as in inference" in lost[0]
        for was, now in ((old, old), (new, new), (new, old)):
            lost, _ = losses({"config": config, "versions": was}, {"versions": now}, {})
            assert not lost


def test_the_page_and_the_lines_say_the_proof() -> None:
    proof = Proof(
        reader="tf-2.15", target="tf-2.21", outputs=1, max_abs=1e-7, scale=2.0, bound=2.1e-4
    )
    conversion = Conversion(
        path="<m>.h5",
        target="tf-2.21",
        verdict=Verdict.DELIVERED,
        out="m.keras",
        remedy=Remedy.REBUILT,
        proof=proof,
    )
    assert "the largest difference is 1e-07" in "\n".join(as_lines(conversion))
    assert "&lt;m&gt;.h5" in as_page(conversion)
