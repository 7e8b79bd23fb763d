"""What the page that reads files has of its own: headers of HDF5 objects, types of numpy."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PYTHON = Path(__file__).parents[2] / "docs" / "site" / "drop" / "python"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"of_the_page_{name}", PYTHON / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


headers, numpy = loaded("headers"), loaded("numpy")


def made(**options: Any) -> bytes:
    held = io.BytesIO()
    with h5py.File(held, "w", **options) as file:
        group = file.create_group("some/group")
        group.create_dataset("stamped", data=np.zeros(3), track_times=True)
        group.create_dataset("plain", data=np.zeros(3))
        other = [("other.bin", 0, 12), ("ü.bin", 4, h5py.h5f.UNLIMITED)]
        group.create_dataset("elsewhere", (64,), "f4", external=other)
        for number in range(40):  # the header goes on elsewhere
            group["plain"].attrs[f"note {number}"] = "x" * 40
    return held.getvalue()


@pytest.mark.parametrize(
    "options", [{}, {"libver": "latest"}, {"userblock_size": 2048}, {"track_order": True}]
)
def test_a_header_says_what_h5py_says(options: dict[str, Any]) -> None:
    held = io.BytesIO(made(**options))
    with h5py.File(held, "r") as file:
        wanted = {
            name: (
                h5py.h5o.get_info(one.id).addr,
                h5py.h5g.get_objinfo(one.id).mtime,
                [each[0] for each in one.external or []],
            )
            for name, one in file["some/group"].items()
        }
    assert wanted["stamped"][1] > 0
    assert wanted["elsewhere"][2] == ["other.bin", "ü.bin"]
    read = headers.Headers(held).read
    found = {name: read(address) for name, (address, _, _) in wanted.items()}
    assert {name: (one.written, one.external) for name, one in found.items()} == {
        name: (written, external) for name, (_, written, external) in wanted.items()
    }


WHOLE = made()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, 2**64),
)
def test_damage_raises_nothing(changes: list[tuple[int, int]], address: int) -> None:
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place] = value
    headers.Headers(io.BytesIO(data)).read(address % (2 * len(data)))
    headers.Headers(io.BytesIO(data)).read(address)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<f4",
            "|O",
            "O",
            "|S10",
            "<U3",
            "?",
            "<M8[ns]",
            "<V8",
            "<c16",
            "nonsense",
            "<x4",
            "f4,f4",
        ),
        *([("a", "<f4"), ("b", "|O")], [("a", "<i8"), ("b", [("c", "<f2")])], ("<f4", (2, 3))),
    ],
)
def test_types_hold_objects_as_numpy_says(text: Any) -> None:
    def asked(of: Any) -> bool | str:
        try:
            return bool(of.lib.format.descr_to_dtype(text).hasobject)
        except (TypeError, ValueError):
            return "refused"

    # What numpy alone can read is refused here: called damaged, and never harmless.
    mine, wanted = asked(numpy), asked(np)
    assert mine == wanted or (mine == "refused" and text == "f4,f4")
