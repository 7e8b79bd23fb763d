"""Other inputs than the first: of other sizes, otherwise padded, one row alone, drawn anew.

Python 3.6 to 3.13; numpy is imported inside.
"""

import drawing

PIXEL = 1 / 255.0


def always(specs, arrays):
    """Yield (what it is, arrays) of what is looked at whatever the first inputs show.

    Large numbers reach what cuts them off, small ones what is added to them; padding in front is
    not padding behind; and a batch may be of one row.
    """
    if any(map(_may_scale, specs, arrays)):
        yield "numbers ten times as large", _times(specs, arrays, 10.0)
        yield "numbers a tenth as large", _times(specs, arrays, 0.1)
    if any(map(_is_of_pixels, specs)):
        yield (
            "pixels from 0 to 1",
            [
                (array * PIXEL).astype(array.dtype)
                if _is_of_pixels(one) and array.dtype.kind == "f"
                else array
                for one, array in zip(specs, arrays)
            ],
        )
    if any(map(_is_padded, specs, arrays)):
        turned = [
            array[:, ::-1].copy() if _is_padded(one, array) else array
            for one, array in zip(specs, arrays)
        ]
        yield "padded in front", turned
    if specs and all(_is_open(one) and len(array) > 1 for one, array in zip(specs, arrays)):
        yield "one row alone", [array[:1] for array in arrays]


def further(specs, arrays, seed):
    """Yield (what it is, arrays) of what is tried where a weight could be another unseen."""
    import numpy as np

    stated = [dict(spec, shape=list(array.shape)) for spec, array in zip(specs, arrays)]
    for number in (1, 2):
        yield "drawn anew", drawing.draw(stated, "%s, %d" % (seed, number))
    if any(map(_may_scale, specs, arrays)):
        positive = [
            np.abs(array) if _may_scale(one, array) else array for one, array in zip(specs, arrays)
        ]
        yield "no number below zero", positive
        yield "numbers a hundredth as large", _times(specs, arrays, 0.01)
        yield "numbers a hundred times as large", _times(specs, arrays, 100.0)


def _may_scale(spec, array):
    return array.dtype.kind == "f" and spec["drawn"] == ["normal"]


def _is_of_pixels(spec):
    return spec["drawn"] == ["pixels"]


def _times(specs, arrays, factor):
    return [
        (array * factor).astype(array.dtype) if _may_scale(one, array) else array
        for one, array in zip(specs, arrays)
    ]


def _is_padded(spec, array):
    return spec["drawn"][0] in ("integers", "masked") and array.ndim > 1 and array.shape[1] > 1


def _is_open(spec):
    return not spec["shape"] or spec["shape"][0] is None
