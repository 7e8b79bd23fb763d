"""Rows of plain data <-> columns with every value once; pure.

A column is ``{"values": [...], "codes": [...]}``; code 0 is no value. Where all values are lists of
texts they are taken apart: ``{"items": [...], "values": [[...]], "codes": [...]}``. Which columns
there are is for the rows to say: what a later version adds is kept by one that does not know it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.core import texts
from caniload.runner.packs.frame import canonical

Row = Mapping[str, Any]
Columns = dict[str, Any]


def folded(rows: Sequence[Row]) -> Columns:
    """Return rows as columns, the same for the same rows; what is ``None`` is left out."""
    names = sorted({name for row in rows for name, value in row.items() if value is not None})
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(cells: Sequence[Any]) -> dict[str, Any]:
    said = [None if cell is None else canonical(cell) for cell in cells]
    distinct = sorted({text for text in said if text is not None})
    codes = {text: code for code, text in enumerate(distinct, 1)}
    values = [json.loads(text) for text in distinct]
    column: dict[str, Any] = {"codes": [0 if text is None else codes[text] for text in said]}
    if all(isinstance(one, list) and all(isinstance(item, str) for item in one) for one in values):
        items = sorted({item for one in values for item in one})
        numbers = {item: number for number, item in enumerate(items)}
        return {
            **column,
            "items": items,
            "values": [[numbers[item] for item in one] for one in values],
        }
    return {**column, "values": values}


def unfolded(columns: Columns, count: int) -> list[dict[str, Any]]:
    """Return the rows; ``ValueError`` and its like where these are no columns of that length."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, column in columns.items():
        values = [None, *_values(column)]
        codes = column["codes"]
        if len(codes) != count or min(codes, default=0) < 0:
            raise ValueError(f"column {name} has not {count} values")
        for row, code in zip(rows, codes, strict=True):
            if code:
                row[name] = values[code]
    return rows


def _values(column: Columns) -> Iterator[Any]:
    if "items" in column:
        items = cleaned(column["items"])
        yield from ([items[_place(number)] for number in one] for one in column["values"])
    else:
        yield from map(cleaned, column["values"])


def _place(number: int) -> int:
    if number < 0:
        raise ValueError("an item before the first")
    return number


def cleaned(value: Any) -> Any:
    """Return plain data of somebody's with all texts fit to be shown."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else texts.clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that JSON has not")
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    return value
