"""rules.yaml: each mistake is told in one line with its place, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.checking import pricing
from caniload.runner.commands import cli
from caniload.runner.converting import rules
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.rules import FILE, parse_rules
from caniload.runner.core.errors import MatrixError
from caniload.runner.forensics.reaching import of_layer

MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")
GOOD = """\
schema: 1
rules:
  - id: one
    from: "<3"
    classes: [CuDNNLSTM]
    become: LSTM
    keeps: outputs
    why: it has another name
    source: https://example.org
  - id: two
    classes: [Dense]
    apply: one_axis
    keeps: outputs
    why: it is written otherwise
    source: https://example.org
silent:
  - id: three
    classes: [Dense]
    written_by: theano
    read_by: "<2.4"
    why: its numbers changed
    source: https://example.org
"""
FORM = "should be versions as pip writes them, such as >=3 or ==1.14.*, not"


def problems(text: str) -> list[str]:
    with pytest.raises(MatrixError) as refused:
        parse_rules(text)
    return str(refused.value).splitlines()


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_good_ones() -> None:
    found = parse_rules(GOOD)
    assert [(one.id, one.become, one.apply) for one in found.rules] == [
        ("one", "LSTM", None),
        ("two", None, "one_axis"),
    ]
    assert parse_rules(changed("written_by: theano", 'written_by: "<2"')).silent[0].id == "three"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "become: LSTM",
            "becom: LSTM",
            "6: rules[0].becom: unknown key; see runner/converting/rules.py for the known ones",
        ),
        ("become: LSTM", "become: 3", "6: rules[0].become: input should be a valid string, not 3"),
        (
            "classes: [Dense]\n    apply",
            "classes: Dense\n    apply",
            '11: rules[1].classes: input should be a valid array, not "Dense"',
        ),
        ("become: LSTM", "become: [LSTM", "7: not YAML: expected ',' or ']', but got ':'"),
        ('from: "<3"', 'from: "=<3"', f'4: rules[0].from: {FORM} "=<3"'),
        ('read_by: "<2.4"', 'read_by: "2.4"', f'20: silent[0].read_by: {FORM} "2.4"'),
        ("written_by: theano", "written_by: torch", f'19: silent[0].written_by: {FORM} "torch"'),
        (
            "apply: one_axis",
            "apply: two_axis",
            '12: rules[1].apply: should be a function of transforms.py, not "two_axis"',
        ),
        ("id: two", "id: one", "10: rules[1].id: 'one' is the id of rules[0] too"),
        (
            "    become: LSTM\n",
            "",
            "3: rules[0]: does nothing: give one of drop, rename, become, set, names, differs,",
        ),
        (
            "become: LSTM",
            "become: LSTM\n    when: [null]",
            "3: rules[0]: `when` is of `drop`, which is not here",
        ),
        ("become: LSTM", "become: LSTM\n    2024-01-01: x", "7: rules[0].2024-01-01: unknown key"),
        ("    why: it has another name\n", "", "3: rules[0].why: is missing"),
        ("become: LSTM", "become: LSTM\n    become: GRU", "7: rules[0].become: this key stands"),
        (GOOD, "", "1: (the whole file): input should be an object, not null"),
    ],
)
def test_mistakes(old: str, new: str, told: str) -> None:
    (line,) = problems(changed(old, new))
    assert line.startswith(f"rules.yaml:{told}")


def test_no_operation_that_is_brought_across_asks_for_trust() -> None:
    for name in parse_rules(FILE.read_text("utf-8")).operations:
        assert not list(of_layer("TFOpLambda", {"function": name})), name


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    text = changed("apply: one_axis", "apply: no").replace("become: LSTM", "becom: LSTM")
    assert [line.split(": ")[1] for line in problems(text)] == ["rules[0].becom", "rules[1].apply"]


@pytest.mark.parametrize(
    "words", [["convert", "MODEL", "--to", "tf-2.21"], ["upgrade", "tf-2.15", "tf-2.21", "MODEL"]]
)
def test_it_is_told_before_anything_is_built(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    broken = tmp_path / FILE.name
    broken.write_text(changed("become: LSTM", "becom: LSTM"), encoding="utf-8")
    monkeypatch.setattr(rules, "FILE", broken)
    monkeypatch.setattr(Workshop, "problem", lambda *_: pytest.fail("it builds"))
    monkeypatch.setattr(pricing, "resolve", lambda *_, **__: pytest.fail("it looks what to build"))
    rules.read_rules.cache_clear()
    model = hdf5(tmp_path / "model.h5", functional(INPUT, DENSE))
    try:
        code = cli.main(["--matrix", MATRIX, *(str(model) if w == "MODEL" else w for w in words)])
    finally:
        rules.read_rules.cache_clear()
    told = "caniload: rules.yaml:6: rules[0].becom: unknown key; see runner/converting/rules.py"
    assert code == 2
    assert capsys.readouterr().err == f"{told} for the known ones\n"
    assert not (tmp_path / "home").exists()
