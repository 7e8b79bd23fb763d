"""Blocks that Snappy has packed: unpacked as its own library does, and refused where damaged."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caniload.runner.forensics.formats import snappy, sstable
from caniload.runner.forensics.formats.wire import WireError

INDEX = base64.b64decode(
    "/ALwhgAABggBGgIIAQAcDl9DSEVDS1BPSU5UQUJMRV9PQkpFQ1RfR1JBUEgIBxIAIFwojgQ1GfAcBAA0EWxheWVy"
    "X3dpdGhfd2VpZ2h0cy0wL2JpYXMvLkFUVFJJQlVURVMvVkFSSUFCTEVfVkFMVUUIARIEEgIIAyAwKAw1cQaJ0AA2"
    "E2xheWVyXzpIABhrZXJuZWwvckoAQAgSAggEEgIIAygwNSGNSJkAUpQAADGalAAwAiBUKAg1DwafLwA2FUrcAAAx"
    "opQApAMSAggCIDwoGDWHaLL2AAAAAAkAAAA2AAAAfgAAAMoAAAASAQAABgAAAAEAZeJsAAAAAAEAAAAAwPKhsEXw"
    "RAA3A2xheWVyX3dpdGhfd2VpZ2h0cy0xL2tlcm5lbC8uQVRUUklCVVRFUy9WQVJJQUJMRV9WQUxVRXoA9AEAAAAA"
    "AQAAAAHsOsxH+QEIhgJIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAFf7gIskdUfb"
)
"""The index of a checkpoint of TensorFlow 2.10, its blocks packed by cramjam 2.14; TensorFlow 2.10
reads it."""


def literal(data: bytes) -> bytes:
    return bytes([59 + 2 << 2 & 0xFF]) + (len(data) - 1).to_bytes(2, "little") + data


def far(back: int, count: int) -> bytes:
    return bytes([count - 1 << 2 | 2]) + back.to_bytes(2, "little")


def near(back: int, count: int) -> bytes:
    return bytes([back >> 8 << 5 | count - 4 << 2 | 1, back & 0xFF])


def length(number: int) -> bytes:
    return bytes([number & 127 | 128, number >> 7]) if number > 127 else bytes([number])


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (length(9) + b"\x08abc" + far(3, 6), b"abcabcabc"),
        (length(10) + b"\x00a" + near(1, 9), b"a" * 10),
        (length(70) + b"\x04ab" + far(2, 64) + near(66, 4), b"ab" * 33 + b"abab"),
        (length(6) + b"\x08abc" + bytes([2 << 2 | 3, 3, 0, 0, 0]), b"abcabc"),
    ],
)
def test_what_is_packed_is_unpacked(packed: bytes, said: bytes) -> None:
    assert snappy.unpacked(memoryview(packed)) == said


@given(st.binary(min_size=1, max_size=400), st.integers(1, 64))
def test_literals_and_copies_of_any_length(data: bytes, count: int) -> None:
    back = min(len(data), 5)
    whole = data
    for _ in range(count):
        whole += whole[len(whole) - back :][:1]
    packed = length(len(data) + count) + literal(data) + far(back, count)
    assert snappy.unpacked(memoryview(packed)) == whole


@pytest.mark.parametrize(
    "packed",
    [
        b"\x04\x08abc",  # shorter than it says
        b"\x02\x08abc",  # longer
        b"\x09\x08abc" + far(4, 6),  # a copy from before the beginning
        b"\x09\x08abc" + far(0, 6),  # of nothing
        b"\x09\x20abc",  # a literal cut short
        b"\xff\xff\xff\xff\x0f\x08abc",  # 4 GiB
    ],
)
def test_what_is_damaged_is_refused(packed: bytes) -> None:
    with pytest.raises(WireError):
        snappy.unpacked(memoryview(packed))


@given(st.binary(max_size=200))
def test_noise_is_unpacked_or_refused(packed: bytes) -> None:
    try:
        assert len(snappy.unpacked(memoryview(packed))) <= snappy.MOST
    except (WireError, IndexError):
        return


def test_an_index_that_is_packed_is_read() -> None:
    found = {bytes(key).decode(): bytes(value) for key, value in sstable.entries(INDEX)}
    assert len(found) == 6
    assert "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE" in found
