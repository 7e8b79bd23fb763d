"""matrix.yaml: each way to get it wrong is told in one line with its place."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix import choosing
from caniload.runner.matrix.profiles import ProfileName
from caniload.runner.matrix.reading import parse_matrix, read_matrix
from caniload.runner.matrix.schema import (
    SETTLED,
    ConversionReaders,
    Environment,
    Profile,
    schema,
)
from caniload.runner.matrix.stacks import Stack

REPOSITORY = Path(__file__).parents[2]

GOOD = """\
schema: 1
environments:
  - id: one
    stack: keras 3
    label: One
    python: "3.10"
    imports: keras
    packages: {keras: "3.10"}
    cutoff: "2026-01-01"
models:
  - {id: control, family: plain}
formats:
  - {id: h5, label: HDF5, carries: [weights]}
gaps:
  - environments: [one]
    formats: [h5]
    models: [control]
    reason: a reason of some length
    says: cannot
controls: {model: control, damage: [empty]}
tolerances: {absolute: 1.0e-5, relative: 0.0, training: 0}
limits:
  {seconds: 1, seconds_floor: 1, history_factor: 2, memory_mb: 256, import_seconds: 1,
   build_seconds: 1}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(MatrixError) as refused:
        parse_matrix(text, name="m.yaml")
    return str(refused.value).splitlines()


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_a_good_one() -> None:
    matrix = parse_matrix(GOOD)
    assert matrix.environment("one").python == "3.10"
    assert matrix.format("h5").carries == ("weights",)
    gap = choosing.Gaps(matrix).of("one", "control", "h5")
    assert gap is not None
    assert gap.says == "cannot"
    assert choosing.Gaps(matrix).of("one", "other", "h5") is None
    assert choosing.Gaps(matrix).of("one", "control", "json") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param(
            '"3.10"\n    imports',
            "3.10\n    imports",
            "m.yaml:6: environments[0].python: quote the version; YAML reads it as 3.1 "
            '(3.10 unquoted is 3.1: write "3.10")',
            id="unquoted python",
        ),
        pytest.param(
            '{keras: "3.10"}',
            "{keras: 3.10}",
            "m.yaml:8: environments[0].packages.keras: quote the version; YAML reads it as 3.1 "
            '(3.10 unquoted is 3.1: write "3.10")',
            id="unquoted package",
        ),
        pytest.param(
            '"2026-01-01"',
            "2026-01-01",
            "m.yaml:9: environments[0].cutoff: quote the version; YAML reads it as 2026-01-01",
            id="unquoted date",
        ),
        pytest.param(
            "    label: One",
            "    label: One\n    colour: red",
            "m.yaml:6: environments[0].colour: "
            "unknown key; see runner/matrix/matrix.schema.json for the known ones",
            id="unknown key",
        ),
        pytest.param(
            "    label: One\n", "", "m.yaml:3: environments[0].label: is missing", id="missing key"
        ),
        pytest.param(
            "    label: One",
            "    label: One\n    label: Two",
            "m.yaml:6: environments[0].label: this key stands here twice; keep one",
            id="key twice",
        ),
        pytest.param(
            "  - {id: control, family: plain}",
            "  - {id: control, family: plain}\n  - {id: control, family: plain}",
            "m.yaml:12: models[1].id: 'control' is the id of models[0] too",
            id="id twice",
        ),
        pytest.param(
            "  - {id: control, family: plain}",
            "  - {id: control, family: plain, provokes: [weights]}",
            'm.yaml:11: models[0].provokes[0]: "weights" is not one of '
            "'layer-configuration', 'custom-layer' or 'weight-shape'",
            id="provokes nothing known",
        ),
        pytest.param(
            "environments: [one]",
            "environments: [one, tow]",
            "m.yaml:15: gaps[0].environments[1]: there is no environment 'tow' above",
            id="gap of no environment",
        ),
        pytest.param(
            "models: [control]",
            "models: [contrul]",
            "m.yaml:17: gaps[0].models[0]: there is no model 'contrul' above",
            id="gap of no model",
        ),
        pytest.param(
            "{model: control,",
            "{model: contrul,",
            "m.yaml:20: controls.model: there is no model 'contrul' above",
            id="no control",
        ),
        pytest.param(
            "stack: keras 3",
            "stack: keras 4",
            'm.yaml:4: environments[0].stack: "keras 4" is not one of '
            "'tf.keras', 'keras 2 (multi-backend)', 'tf-keras' or 'keras 3'",
            id="unknown stack",
        ),
        pytest.param(
            "id: one",
            "id: One",
            'm.yaml:3: environments[0].id: "One" does not have the form ^[a-z0-9][a-z0-9.+_-]*$',
            id="capital id",
        ),
    ],
)
def test_one_problem(old: str, new: str, told: str) -> None:
    assert problems(changed(old, new)) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: [", r"m\.yaml:1: not YAML: .*", id="cut short"),
        pytest.param("a: b: c", r"m\.yaml:1: not YAML: .*", id="two colons"),
        pytest.param("just words", r"m\.yaml:1: \(the whole file\): .*just words.*", id="a scalar"),
        pytest.param("", r"m\.yaml:1: \(the whole file\): .*null.*", id="nothing"),
        pytest.param("- 1\n- 2", r"m\.yaml:1: \(the whole file\): .*\[1, 2\].*", id="a list"),
        pytest.param("a: \x00", r"m\.yaml:1: not YAML: .*", id="a control character"),
        pytest.param(
            changed("controls: {model: control, damage: [empty]}", "controls: [1]"),
            r"m\.yaml:20: controls: .*",
            id="a list for a mapping",
        ),
        pytest.param(
            changed("  - {id: control, family: plain}", "  one: two"),
            r"m\.yaml:10: models: .*",
            id="a mapping for a list",
        ),
    ],
)
def test_another_shape(text: str, told: str) -> None:
    (line,) = problems(text)
    assert re.fullmatch(told, line)


def test_all_problems_at_once_in_order() -> None:
    text = GOOD.replace("seconds: 1,", "seconds: -1,", 1).replace("stack: keras 3", "stack: x")
    text = text.replace("family: plain", "famly: plain").replace('"3.10"\n', "3.10\n")
    lines = problems(text)
    places = [re.match(r"m\.yaml:(\d+): ([a-z0-9_.\[\]]+): \S", line) for line in lines]
    assert [(match[2], int(match[1])) for match in places if match] == [
        ("environments[0].stack", 4),
        ("environments[0].python", 6),
        ("models[0].family", 11),
        ("models[0].famly", 11),
        ("limits.seconds", 23),
    ]
    assert len(lines) == 5


def test_an_id_given_twice_is_told_beside_other_mistakes() -> None:
    text = GOOD.replace("family: plain}", "family: plain}\n  - {id: control, famly: plain}", 1)
    told = problems(text)
    assert any("'control' is the id of models[0] too" in line for line in told), told
    assert any("famly: unknown key" in line for line in told)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"m\.yaml: No such file.*--matrix PATH"):
        read_matrix(tmp_path / "m.yaml")
    (tmp_path / "m.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MatrixError, match=r"m\.yaml: is not UTF-8 text"):
        read_matrix(tmp_path / "m.yaml")


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((REPOSITORY / "runner" / "matrix" / "matrix.schema.json").read_text())
    assert published == json.loads(json.dumps(schema()))
    assert set(published["required"]) >= {"schema", "environments", "limits"}


def test_the_repository_has_a_good_one() -> None:
    matrix = read_matrix(REPOSITORY / "matrix.yaml")
    stacks = [environment.stack for environment in matrix.environments]

    assert [stack for stack, _ in itertools.groupby(stacks)] == list(get_args(Stack))
    quick, default, full = (choosing.profile(matrix, name) for name in get_args(ProfileName)[:3])
    assert set(quick.environments) < set(default.environments)
    assert full.readers.environments


def test_the_control_is_asked_in_every_format() -> None:
    thinned = "{id: control, family: plain, formats: [h5]}"
    assert problems(changed("{id: control, family: plain}", thinned)) == [
        "m.yaml:11: models[0].formats: the control is asked in all formats open to it; leave this"
    ]


def test_a_format_may_be_for_some_models_alone() -> None:
    entry = "{id: h5, label: HDF5, carries: [weights]}"
    open_to = parse_matrix(changed(entry, entry[:-1] + ", models: [control]}"))
    assert open_to.formats_of("control") == ("h5",)
    assert problems(changed(entry, entry[:-1] + ", models: [other]}")) == [
        "m.yaml:13: formats[0].models[0]: there is no model 'other' above"
    ]


def test_twins_differ_in_a_companion_alone() -> None:
    matrix = read_matrix(REPOSITORY / "matrix.yaml")
    twins = [one for one in matrix.environments if one.twin]
    assert len(twins) >= 5
    text = (REPOSITORY / "matrix.yaml").read_text(encoding="utf-8")
    other = text.replace("twin: tf-2.18\n", "twin: tf-2.17\n")
    assert problems(other)[0].endswith("'tf-2.17' is of another stack or has other packages")
    chain = text.replace("twin: tf-2.18\n", "twin: tf-2.15-protobuf-3\n")
    assert problems(chain)[0].endswith("is itself a twin, of 'tf-2.15'")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('["3.11", "3.11"]', "3: environments[0]: `python` and `pythons` name each one once"),
        ('["3.10"]', "3: environments[0]: `python` and `pythons` name each one once"),
        (
            '["3.11"]\n    twin: two',
            "3: environments[0]: a twin differs in one companion alone: give it no `pythons`",
        ),
        ('["3.11", 3.12]', "7: environments[0].pythons[1]: quote the version; YAML reads it as 3"),
    ],
)
def test_further_pythons(rows: str, told: str) -> None:
    wrong = changed('    python: "3.10"\n', f'    python: "3.10"\n    pythons: {rows}\n')
    (problem,) = problems(wrong)
    assert problem.startswith(f"m.yaml:{told}")


def test_an_environment_on_another_of_its_pythons() -> None:
    text = changed('    python: "3.10"\n', '    python: "3.10"\n    pythons: ["3.12", "3.11"]\n')
    one = parse_matrix(text).environment("one")
    assert [variant.python for variant in one.variants] == ["3.10", "3.12", "3.11"]
    assert [variant.falls_back for variant in one.variants] == [False, True, True]
    settled = one.on("3.11").model_dump_json()  # as who draws meanwhile is told
    with pytest.raises(ValidationError):
        Environment.model_validate_json(settled)
    assert Environment.model_validate_json(settled, context={SETTLED: True}) == one.on("3.11")


def test_profiles() -> None:
    two = changed(
        "models:\n  - {id",
        """\
  - {id: two, stack: keras 3, label: Two, python: "3.10", imports: keras,
     packages: {keras: "3.10"}, cutoff: "2026-01-01"}
profiles: {default: {environments: [two]}}
models:
  - {id""",
    )
    matrix = parse_matrix(two)

    assert choosing.profile(matrix, "default").environments == ("two",)
    assert choosing.profile(matrix, "default").models == tuple(model.id for model in matrix.models)
    assert choosing.profile(matrix, "quick") == choosing.profile(matrix, "all")
    assert choosing.profile(matrix, "all").environments == ("one", "two")


def test_a_profile_may_be_a_plain_list() -> None:
    short = changed("models:\n  - {id", "profiles: {quick: [one]}\nmodels:\n  - {id")
    assert parse_matrix(short).profiles.quick == Profile(environments=("one",))
    wrong = short.replace("quick: [one]", "quick: [gone]")
    assert problems(wrong) == [
        "m.yaml:10: profiles.quick.environments[0]: there is no environment 'gone' above"
    ]


def test_readers_of_a_conversion_are_environments_and_may_be_left_out() -> None:
    assert parse_matrix(GOOD).conversion == ConversionReaders()
    named = changed("controls:", "conversion: {bridge: one, oldest: [one]}\ncontrols:")
    assert parse_matrix(named).conversion.bridge == "one"
    wrong = changed(
        "controls:",
        "conversion:\n  bridge: two\n  unrolling: one\n  multi_backend: [one, six]\ncontrols:",
    )
    assert problems(wrong) == [
        "m.yaml:21: conversion.bridge: there is no environment 'two' above",
        "m.yaml:23: conversion.multi_backend[1]: there is no environment 'six' above",
    ]


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("2.5", "environments[0].states: quote the version; YAML reads it as 2.5"),
        ('"new"', 'environments[0].states: "new" does not have the form'),
    ],
)
def test_what_files_state_is_a_version(stated: str, told: str) -> None:
    good = changed("imports: keras", 'imports: keras\n    states: "2.2.4-tf"')
    assert parse_matrix(good).environments[0].states == "2.2.4-tf"
    (said,) = problems(good.replace('"2.2.4-tf"', stated))
    assert told in said


def test_names_of_nothing_are_all_told_at_once() -> None:
    wrong = changed(
        "models:\n  - {id",
        """\
profiles: {full: {environments: [gone], models: [lost], readers: [away]}}
models:
  - {formats: [savedmodel], id""",
    )
    with pytest.raises(MatrixError) as raised:
        parse_matrix(wrong.replace("id: one\n", "id: one\n    twin: one\n"))
    said = str(raised.value)
    assert "profiles.full.environments[0]: there is no environment 'gone' above" in said
    assert "profiles.full.readers.environments[0]: there is no environment 'away' above" in said
    assert "models[0].formats[0]: there is no format 'savedmodel' below" in said
    assert "environments[0].twin: there is no other environment 'one'" in said
