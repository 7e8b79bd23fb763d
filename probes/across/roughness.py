"""How far outputs move if inputs move by a millionth: rounding moves them about as far.

A deep model may be rougher than its version is exact. Python 3.6 to 3.13; numpy is imported inside.
"""

MILLIONTH = 1e-6


def moved(stated, arrays):
    """Return the arrays moved by a millionth, or None where there are no numbers to move.

    ``stated`` says of each how it was ``drawn``: no index may be moved, and no mask.
    """
    import numpy as np

    moving = [_may_move(one, array) for one, array in zip(stated, arrays)]
    if not any(moving):
        return None
    chance = np.random.RandomState(0)
    return [
        (array * (1 + MILLIONTH * chance.uniform(-1, 1, array.shape))).astype(array.dtype)
        if moves
        else array
        for array, moves in zip(arrays, moving)
    ]


def _may_move(stated, array):
    import numpy as np

    if array.dtype.kind != "f":
        return False
    if stated["drawn"] is None:  # given
        return not (array == np.rint(array)).all()
    return stated["drawn"] in (["normal"], ["pixels"], ["masked", 0])


def share(was, now):
    """Return how far an output has moved, of its largest value; 0 where that is not to be said."""
    import numpy as np

    size = np.abs(was).max() if was.dtype.kind == "f" and was.size else 0.0
    if was.shape != now.shape or not size > 0:
        return 0.0
    found = float(np.abs(was - now).max() / size)
    return found if np.isfinite(found) else 0.0
