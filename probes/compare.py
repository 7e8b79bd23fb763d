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
        one.dtype == other.dtype and one.tobytes() == other.tobytes()
        for (_, one), (_, other) in zip(expected, got)
    )


def weights(expected, got):
    """Compare two lists of (name, array): by name where the names agree, else by position."""
    names, found = [name for name, _ in expected], [name for name, _ in got]
    facts = {
        "count": [len(expected), len(got)],
        "matched_by": "name",
        "missing": [],
        "extra": [],
        "reshaped": [],
        "max_abs": 0.0,
        "max_rel": 0.0,
        "scale": 0.0,
        "worst": None,
    }
    if sorted(names) != sorted(found):
        shapes = [array.shape for _, array in expected]
        if shapes == [array.shape for _, array in got]:
            facts["matched_by"] = "position"
            got = list(zip(names, (array for _, array in got)))
        else:
            facts["missing"] = sorted(set(names) - set(found))
            facts["extra"] = sorted(set(found) - set(names))
    loaded = dict(got)
    worst = -1.0
    for name, array in expected:
        if name not in loaded:
            continue
        one = arrays(array, loaded[name])
        if one["max_abs"] is None:
            facts["reshaped"].append([name, one["expected"]["shape"], one["got"]["shape"]])
            continue
        size = _rank(one["max_abs"])
        if size > worst:
            worst = size
            facts.update(
                max_abs=one["max_abs"], max_rel=one["max_rel"], scale=one["scale"], worst=name
            )
    return facts


def _rank(value):
    """Order magnitudes so that NaN is the worst."""
    return float("inf") if value in ("nan", "inf", "-inf") else float(value)


def step(before, expected_after, got_after):
    """Compare one training step: its length (L2, over all weights) and the disagreement's."""
    import numpy as np

    start, wanted, got = dict(before), dict(expected_after), dict(got_after)
    if sorted(wanted) != sorted(got) and len(wanted) == len(got):
        got = dict(zip((name for name, _ in expected_after), (array for _, array in got_after)))
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
