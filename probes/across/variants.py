"""Other inputs than the first: of other sizes, otherwise padded, one row alone, drawn anew.

Python 3.6 to 3.13; numpy is imported inside.
"""

import drawing

PIXEL = 1 / 255.0


def always(specs, arrays):
    """Yield (what it is, arrays) of what is looked at whatever the first inputs show.

    Large numbers reach what cuts them off, small ones what is added to them; padding in front is
    not padding behind, and several inputs need not be padded alike; what a version knows of the
    first size alone is not true of another; and a batch may be of one row.
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
    if sum(map(_is_padded, specs, arrays)) > 1:
        yield "each input padded by itself", list(_padded_apart(specs, arrays))
    if any(_open_axes(one, array) for one, array in zip(specs, arrays)):
        larger = [_larger(one, array) for one, array in zip(specs, arrays)]
        if all(array.size <= drawing.MOST for array in larger):
            yield "sizes half as large again", larger
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


def _padded_apart(specs, arrays):
    """Yield the arrays, of which the second that is padded has other rows end early than the first.

    Where all end in the same rows, what is padded in one of them and what is in all is the same.
    """
    import numpy as np

    padded = 0
    for spec, array in zip(specs, arrays):
        if not _is_padded(spec, array):
            yield array
            continue
        yield np.roll(array, padded, axis=0)
        padded += 1


def _open_axes(spec, array):
    """Return the axes behind the rows whose size the model leaves open."""
    shape = spec["shape"]
    return [axis for axis in range(1, array.ndim) if len(shape) == array.ndim and not shape[axis]]


def _larger(spec, array):
    """Return the array with its beginning before it, along each axis that is open."""
    import numpy as np

    for axis in _open_axes(spec, array):
        half = [slice(None)] * array.ndim
        half[axis] = slice((array.shape[axis] + 1) // 2)
        array = np.concatenate([array[tuple(half)], array], axis)
    return array


def _is_open(spec):
    return not spec["shape"] or spec["shape"][0] is None
