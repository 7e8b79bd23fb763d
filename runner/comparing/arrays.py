"""Two arrays of one shape, compared in pieces: equal bytes are seen at once, numbers if not."""

from __future__ import annotations

import hashlib
import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caniload.runner.comparing.facts import Kind, Numbers, WeightChange
from caniload.runner.comparing.parts import Array
from caniload.runner.forensics.formats.hdf5file import ERRORS

PIECE = 2**15
"""Most numbers that are read at once, of each side: what a processor has beside it."""

SIZES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
_MANTISSA_SHIFT = 16

Values = npt.NDArray[np.generic]


@dataclass(kw_only=True)
class Outcome:
    """``change`` is None where all is equal: ``bits`` says whether to the last bit."""

    change: WeightChange | None = None
    bits: bool = True


@dataclass
class _Sum:
    differing: int = 0
    of: int = 0
    largest: float = 0.0
    magnitude: float = 0.0
    not_finite: int = 0
    bits: bool = True
    explained: bool = True
    """Whether every difference is one of rounding to the narrower type."""
    narrow: str | None = None


def described(array: Array) -> str:
    return f"{array.dtype} ({', '.join(map(str, array.shape))})"


def pieces(
    shape: tuple[int, ...], most: int = PIECE
) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Yield the parts of an array of ``shape`` that lie together: start, count, slices by axis."""
    inner = 1
    axis = len(shape)
    while axis > 0 and inner * shape[axis - 1] <= most:
        axis -= 1
        inner *= shape[axis]
    if axis == 0:
        if inner:
            yield 0, inner, tuple(slice(0, size) for size in shape)
        return
    step = max(1, most // inner)
    start = 0
    for outer in itertools.product(*(range(size) for size in shape[: axis - 1])):
        for first in range(0, shape[axis - 1], step):
            last = min(first + step, shape[axis - 1])
            here = (*(slice(one, one + 1) for one in outer), slice(first, last))
            yield start, (last - first) * inner, (*here, *(slice(0, n) for n in shape[axis:]))
            start += (last - first) * inner


def compare(name: str, one: Array, other: Array) -> Outcome:
    """Say how two arrays differ; what cannot be read is "not compared", never equal."""
    before, after = described(one), described(other)
    if one.shape != other.shape:
        return Outcome(change=_change(Kind.RESHAPED, name, before, after))
    for array in (one, other):
        if array.refusal is not None:
            return Outcome(
                change=_change(Kind.NOT_COMPARED, name, before, after, reason=array.refusal)
            )
    if not _alike(one, other):
        reason = f"{one.dtype} and {other.dtype} are no same numbers: quantized, or of another kind"
        return Outcome(change=_change(Kind.CHANGED, name, before, after, reason=reason))
    try:
        total = _read(one, other)
    except ERRORS as error:
        reason = f"cannot be read: {(str(error).splitlines() or [type(error).__name__])[0]}"
        return Outcome(change=_change(Kind.NOT_COMPARED, name, before, after, reason=reason))
    if not total.differing:
        return Outcome(bits=total.bits)
    relative = None
    if total.magnitude:  # a quotient of two numbers may be none
        relative = min(total.largest / total.magnitude, sys.float_info.max)
    numbers = Numbers(
        differing=total.differing,
        of=total.of,
        largest=total.largest,
        relative=relative,
        not_finite=total.not_finite,
        rounded=total.narrow if total.explained else None,
    )
    return Outcome(change=_change(Kind.CHANGED, name, before, after, numbers=numbers))


def fingerprint(array: Array) -> str | None:
    """Return a hash of type, shape and numbers; None where they cannot be read."""
    if array.refusal is not None:
        return None
    found = hashlib.blake2b(described(array).encode(), digest_size=20)
    try:
        for piece in pieces(array.shape):
            found.update(array.read(*piece).view(np.uint8).data)
    except ERRORS:
        return None
    return found.hexdigest()


def _change(
    kind: Kind,
    name: str,
    before: str,
    after: str,
    *,
    numbers: Numbers | None = None,
    reason: str | None = None,
) -> WeightChange:
    return WeightChange(
        kind=kind, name=name, before=before, after=after, numbers=numbers, reason=reason
    )


def _alike(one: Array, other: Array) -> bool:
    """Say whether the numbers of two types can be compared: both are fractions, or both whole."""
    types = {one.dtype, other.dtype}
    whole = all(name.startswith(("int", "uint", "bool")) for name in types)
    return len(types) == 1 or types <= SIZES.keys() or whole


def _read(one: Array, other: Array) -> _Sum:
    total = _Sum(bits=one.dtype == other.dtype)
    if one.dtype != other.dtype:
        total.narrow = min((one.dtype, other.dtype), key=lambda name: SIZES.get(name, 0))
    equal = []
    for piece in pieces(one.shape):
        left, right = one.read(*piece), other.read(*piece)
        total.of += piece[1]
        if one.dtype == other.dtype and left.dtype == right.dtype and _same_bytes(left, right):
            equal.append(piece)
            continue
        total.bits = False
        _add(total, left, right)
    if total.differing:  # only then the others are read again, for the size of their numbers
        total.magnitude = max([total.magnitude, *(_magnitude(one.read(*it)) for it in equal)])
    return total


def _same_bytes(left: Values, right: Values) -> bool:
    """Compare in words of eight bytes, where both are whole ones: four times as fast."""
    one, other = left.view(np.uint8), right.view(np.uint8)
    if one.size % 8 == 0 and one.size:
        one, other = one.view(np.uint64), other.view(np.uint64)
    return bool(np.array_equal(one, other))


def _magnitude(values: Values) -> float:
    if values.dtype.kind not in "fiub" or not values.size:
        return 0.0
    wide = np.abs(values.astype(np.float64))
    finite = wide[np.isfinite(wide)]
    return float(finite.max()) if finite.size else 0.0


def _add(total: _Sum, left: Values, right: Values) -> None:
    if left.dtype.kind not in "fiub" or right.dtype.kind not in "fiub":
        total.differing += int(np.count_nonzero(left != right))
        total.not_finite = total.differing
        return
    one, other = left.astype(np.float64), right.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.abs(one - other)
        largest = float(distance.max())
    if not math.isfinite(largest):
        one, other, distance = _finite(total, one, other)
        largest = float(distance.max(initial=0.0))
    # Whole numbers of eight bytes have more digits than float64.
    whole = left.dtype.kind in "iub" and right.dtype.kind in "iub"
    total.differing += int(np.count_nonzero(left != right if whole else distance))
    total.largest = max(total.largest, min(largest, sys.float_info.max))
    total.magnitude = max(total.magnitude, float(np.abs(one).max(initial=0.0)))
    if total.narrow is not None and total.explained:
        total.explained = not total.not_finite and _is_rounding(one, other, total.narrow)


Wide = npt.NDArray[np.float64]


def _finite(total: _Sum, one: Wide, other: Wide) -> tuple[Wide, Wide, Wide]:
    """Return the places where both are finite; count those where both are not, and differ."""
    both = np.isfinite(one) & np.isfinite(other)
    alike = (one == other) | (np.isnan(one) & np.isnan(other))
    count = int(np.count_nonzero(~both & ~alike))
    total.not_finite += count
    total.differing += count
    with np.errstate(over="ignore"):
        return one[both], other[both], np.abs(one[both] - other[both])


def _is_rounding(one: Wide, other: Wide, to: str) -> bool:
    """Say whether the numbers are the same once both are of the narrower type."""
    return to in SIZES and np.array_equal(_rounded(one, to), _rounded(other, to))


def _rounded(values: Wide, to: str) -> Values:
    if to != "bfloat16":
        with np.errstate(over="ignore"):
            return values.astype(to)
    bits = values.astype(np.float32).view(np.uint32)
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(_MANTISSA_SHIFT)) & np.uint32(1))
    return (bits + half) >> np.uint32(_MANTISSA_SHIFT)


def widened(halves: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return bfloat16 numbers, which are the upper halves of float32, as these."""
    return (halves.astype(np.uint32) << np.uint32(_MANTISSA_SHIFT)).view(np.float32)
