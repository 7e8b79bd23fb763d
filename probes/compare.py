"""Measure a loaded model against what its saving side recorded; facts only, no verdict.

Arrays are compared in float64 (complex and strings apart). Python 3.6 to 3.13; numpy is imported
inside, because it is the environment's.
"""

import math


def number(value):
    """Return a float as JSON can carry it: nan and the infinities as strings."""
    value = float(value)
    return value if math.isfinite(value) else str(value)


def arrays(expected, got):
    """Compare two arrays: shape, dtype, NaN counts, largest absolute, relative and ULP difference.

    ``max_rel`` is taken where the expected value is not zero; ``scale`` is the largest expected
    magnitude. Differences are ``None`` where the shapes do not allow a comparison.
    """
    import numpy as np

    facts = {
        "expected": {"shape": list(expected.shape), "dtype": str(expected.dtype)},
        "got": {"shape": list(got.shape), "dtype": str(got.dtype)},
        "max_abs": None,
        "max_rel": None,
        "max_ulp": None,
        "scale": None,
        "nan": [0, 0],
    }
    if expected.shape != got.shape:
        return facts
    if expected.dtype.kind not in "fiub" or got.dtype.kind not in "fiub":
        same = bool((expected == got).all()) if expected.size else True
        facts["max_abs"] = 0.0 if same else "inf"
        return facts
    with np.errstate(all="ignore"):
        left = expected.astype("float64")
        right = got.astype("float64")
        left_nan, right_nan = np.isnan(left), np.isnan(right)
        facts["nan"] = [int(left_nan.sum()), int(right_nan.sum())]
        finite = ~(left_nan | right_nan)
        gap = np.abs(np.where(left == right, 0.0, left - right))[finite]
        size = np.abs(left)[finite]
        facts["scale"] = number(size.max() if size.size else 0.0)
        facts["max_abs"] = number(gap.max() if gap.size else 0.0)
        nonzero = size > 0
        facts["max_rel"] = number((gap[nonzero] / size[nonzero]).max() if nonzero.any() else 0.0)
        if (left_nan != right_nan).any():
            facts["max_abs"] = "nan"
    facts["max_ulp"] = _ulp(expected, got)
    return facts


def _ulp(expected, got):
    """Return the largest distance in representable numbers; ``None`` unless of one float type."""
    import numpy as np

    kinds = {"float16": "int16", "float32": "int32", "float64": "int64"}
    if expected.dtype != got.dtype or str(expected.dtype) not in kinds or not expected.size:
        return None
    kind = kinds[str(expected.dtype)]
    lowest = np.iinfo(kind).min

    def ordered(array):
        bits = np.ascontiguousarray(array).view(kind).astype("int64")
        return np.where(bits >= 0, bits, int(lowest) - bits).astype("float64")

    return int(np.abs(ordered(expected) - ordered(got)).max())


def same(expected, got):
    """Say whether two lists of (name, array) are equal bit for bit."""
    return [name for name, _ in expected] == [name for name, _ in got] and all(
        _equal(one, other) for (_, one), (_, other) in zip(expected, got)
    )


def pairing(expected, got):
    """Return, for each expected weight, its place in ``got`` or ``None``, and how they were paired.

    By name; but versions list the weights of a layer made of layers in different orders, and name
    some layers anew. So what is not equal under its own name is looked for by content, and that
    counts if all of it is found.
    """
    places = {name: place for place, (name, _) in enumerate(got)}
    order = [places.get(name) for name, _ in expected]
    if len(expected) != len(got):
        return order, "name"
    wrong = [
        index
        for index, place in enumerate(order)
        if place is None or not _equal(expected[index][1], got[place][1])
    ]
    held = {order[index] for index in range(len(order)) if index not in wrong}
    free = [place for place in range(len(got)) if place not in held]
    found = []
    for index in wrong:
        match = next((p for p in free if _equal(expected[index][1], got[p][1])), None)
        if match is None:
            break
        free.remove(match)
        found.append(match)
    if wrong and len(found) == len(wrong):
        for index, place in zip(wrong, found):
            order[index] = place
        return order, "content"
    shapes = [array.shape for _, array in expected]
    if None in order and shapes == [array.shape for _, array in got]:
        return list(range(len(got))), "position"
    return order, "name"


def _equal(one, other):
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


def weights(expected, got):
    """Compare two lists of (name, array); return how they were paired (see ``step``) and facts.

    ``unequal`` holds [name, largest absolute difference, scale] of each that is not equal, and
    ``turned`` the kernels of convolutions that came back the other way round, for Theano convolves
    where others correlate: loaders that know it turn them, and the model stays the same.
    """
    order, how = pairing(expected, got)
    facts = {
        "count": [len(expected), len(got)],
        "matched_by": how,
        "missing": [name for (name, _), place in zip(expected, order) if place is None],
        "extra": [name for place, (name, _) in enumerate(got) if place not in order],
        "reshaped": [],
        "retyped": [],
        "unequal": [],
        "turned": [],
    }
    for (name, array), place in zip(expected, order):
        if place is None:
            continue
        if not _equal(array, got[place][1]) and _equal(turned(array), got[place][1]):
            facts["turned"].append(name)
            continue
        one = arrays(array, got[place][1])
        was, now = one["expected"], one["got"]
        if was["shape"] != now["shape"]:
            facts["reshaped"].append([name, was["shape"], now["shape"]])
        elif was["dtype"] != now["dtype"]:
            facts["retyped"].append([name, was["dtype"], now["dtype"]])
        if one["max_abs"] not in (None, 0.0):
            facts["unequal"].append([name, one["max_abs"], one["scale"]])
    return order, facts


def turned(kernel):
    """Turn the kernel of a convolution round in every axis but the last two, its channels."""
    return kernel[(slice(None, None, -1),) * max(0, kernel.ndim - 2)]


def step(before, expected_after, got_after, order, other_way=()):
    """Compare one training step: its length (L2, over all weights) and the disagreement's.

    ``order`` is how the weights were paired before the step; ``other_way`` names those that are
    kept turned round.
    """
    import numpy as np

    start, wanted = dict(before), dict(expected_after)
    got = {
        name: got_after[place][1]
        for (name, _), place in zip(expected_after, order)
        if place is not None and place < len(got_after)
    }
    got.update((name, turned(got[name])) for name in other_way if name in got)
    length = gap = largest = 0.0
    compared = 0
    for name, array in wanted.items():
        if name not in got or name not in start or got[name].shape != array.shape:
            continue
        if array.dtype.kind != "f":
            continue
        compared += 1
        difference = got[name].astype("float64") - array.astype("float64")
        length += float(np.square(array.astype("float64") - start[name].astype("float64")).sum())
        gap += float(np.square(difference).sum())
        largest = max(largest, float(np.abs(difference).max())) if difference.size else largest
    return {
        "compared": [compared, len(wanted)],
        "step": number(length**0.5),
        "difference": number(gap**0.5),
        "max_abs": number(largest),
    }
