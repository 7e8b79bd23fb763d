"""Writes ``runner/comparing/defaults.json`` from what constructors take, as it ships.

    python tests/defaults.py

What an argument is where it is not given, in any environment that was asked, by class as
``values.folded`` names it; a class without any is Keras's own, too. Left out are values that stand
for all classes (those under ``*``), and arguments that say nothing of a model (``words.yaml``).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from caniload.runner.comparing import knowledge, values
from caniload.runner.evidence.constructors import _opened
from caniload.runner.packs import asking
from caniload.runner.packs.shelf import SHIPPED

PATH = knowledge.DEFAULTS
KINDS = ("layers", "initializers", "constraints", "losses", "metrics", "optimizers", "schedules")
EVERYWHERE = {
    "trainable": [True],
    "sparse": [False],
    "ragged": [False],
    "optional": [False],
    "zero_output_for_mask": [False, True],
}
PLAIN = (bool, int, float, str)


def collected() -> dict[str, dict[str, list[Any]]]:
    part, _, value = _opened(SHIPPED)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for entry in part["entries"]:
        for kind, said in asking.unfolded(entry, value)["kinds"].items():
            if kind in KINDS:
                for name, one in {**said["classes"], **said["functions"]}.items():
                    found.setdefault(values.folded(name), defaultdict(set))
                    for argument, default in _given(one):
                        found[values.folded(name)][argument].add(default)
    every = {
        name: {
            argument: sorted(map(json.loads, texts), key=str)
            for argument, texts in sorted(of.items())
        }
        for name, of in sorted(found.items())
    }
    return {values.ANY: EVERYWHERE, **every}


def _given(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    listed = one["arguments"] or []
    needed = {argument[0] for argument in listed if len(argument) == 1}
    stated = [(argument[0], argument[1]) for argument in listed if len(argument) > 1]
    written = [*(one.get("written") or {}).items()]
    for name, default in [*stated, *written]:
        if name in needed:
            continue
        for key, value in values.arguments({name: default}):
            plain = _plain(value)
            if plain is not None and key not in ("dtype", "weights") and key not in EVERYWHERE:
                yield key, json.dumps(plain)


def _plain(value: Any) -> Any:
    """Return a default that is a plain value or a name; an object only by its name."""
    if isinstance(value, dict):
        value = values.canonical(value)
    if isinstance(value, list) and all(isinstance(one, PLAIN) for one in value):
        return value
    if isinstance(value, str):
        return values.folded(value) if value.isidentifier() and value != value.upper() else value
    return value if isinstance(value, PLAIN) else None


if __name__ == "__main__":
    PATH.write_text('{"*": {}}', encoding="utf-8")
    knowledge.defaults.cache_clear()
    for _ in range(2):  # the second time, what initializers are given by default is known
        text = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(of)}" for name, of in collected().items()
        )
        PATH.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
        knowledge.defaults.cache_clear()
    print(PATH, PATH.stat().st_size, Counter(len(of) for of in collected().values()).most_common(3))
