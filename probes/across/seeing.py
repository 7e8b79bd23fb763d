"""Finds inputs, and places inside a model, by which a change of any of its weights would be seen.

The reader looks for them in the original; the target is asked the same, and its weights are changed
in turn. What is seen by a proof is what moves further than the proof allows. ``sight`` of a job:
``seconds`` of CPU time, and what is allowed (``absolute``, ``relative``, ``half``, ``roundings``,
``roughest``). Nothing here judges. Python 3.6 to 3.13; numpy is imported inside.
"""

import time

import compare
import crossing
import disturbing
import looking
import roughness
import variants

MOST = 2**22
"""Most numbers of what a layer gives that are kept."""
TAPS = 24
"""Most places inside a model that are looked at."""


class Set(object):
    """One choice of inputs, what they gave, and how far each of that may be off."""

    def __init__(self, why, arrays, outputs, noise, bounds):
        self.why, self.arrays, self.outputs, self.noise = why, arrays, outputs, noise
        self.bounds = bounds
        self.inside, self.inside_noise, self.inside_bounds = [], [], []


class Sight(object):
    """What is looked at of a model: ``sets`` of inputs, and places inside it (``inner``, or None).

    ``change(weights)`` changes each in turn and yields (weight, by how many times what is allowed
    something moved); over 1 it was seen, and no further place was looked at.
    """

    def __init__(self, look, seconds):
        self.look, self.inner, self.sets = look, None, []
        self._seconds = seconds
        self.begin()

    def begin(self):
        """Count the time from now on."""
        self._started = time.process_time()

    def is_over(self, share=1.0):
        """Say whether such a share of the time has passed."""
        return time.process_time() > self._started + share * self._seconds

    def change(self, weights, sets=None, inside=True):
        for weight in weights:
            if self.is_over():
                return
            with disturbing.disturbed(weight, self.renew):
                size = self._seen(self.sets if sets is None else sets, inside)
            yield weight, size

    def _seen(self, sets, inside):
        largest = 0.0
        for one in sets:
            largest = max(largest, times(one.outputs, self.look.ask(one.arrays), one.bounds))
            if largest > 1:
                return largest
        for one in sets if inside and self.inner is not None else ():
            got = self.inner.ask(one.arrays)
            largest = max(largest, times(one.inside, got, one.inside_bounds))
            if largest > 1:
                return largest
        return largest

    def renew(self):
        self.look.renew()
        if self.inner is not None:
            self.inner.renew()


def times(expected, got, bounds):
    """Return by how many times its bound the output is off that is furthest off."""
    largest = 0.0
    for was, now, bound in zip(expected, got, bounds):
        gap = compare.arrays(was, now)["max_abs"]
        gap = float("inf") if gap in (None, "nan") else float(gap)
        largest = max(largest, gap / bound)
    return largest


class Allowed(object):
    """How far versions may be apart, as a job says it."""

    def __init__(self, job, model):
        self._job = job
        half = job["half"]
        computed = {
            str(getattr(layer, "compute_dtype", "")) for _, layer in crossing.all_layers(model)
        }
        self._relative = max([job["relative"]] + [half[one] for one in half if one in computed])

    def bound(self, array, noise):
        import numpy as np

        wider = min(self._job["roundings"] * noise, self._job["roughest"])
        scale = 0.0
        if array.dtype.kind in "fiu" and array.size:
            scale = float(np.nanmax(np.abs(array.astype("float64"))))
        return self._job["absolute"] + max(self._relative, wider) * scale


def choose(keras, job, model, names, specs, first, facts):
    """Return the sight of the original, and its facts; ``first`` is (arrays, outputs).

    ``facts`` are what was noted of these: ``inputs`` (how they were drawn), ``noise``.

    Facts: ``how`` it was asked, ``unseen`` [[path, name]], ``left`` (weights that no time was for),
    ``seconds`` of CPU time.
    """
    started = time.process_time()
    given = job["sight"]
    allowed = Allowed(given, model)
    arrays, outputs = first
    stated, noise = facts["inputs"], facts["noise"]
    sight = Sight(looking.Look(keras, model, names), given["seconds"])
    sight.sets = [_set("the first", arrays, outputs, noise, allowed)]
    bounds = sight.sets[0].bounds
    weights = disturbing.weights(keras, model)
    sight.look.settle(arrays, outputs, len(weights), lambda was, now: times(was, now, bounds) <= 1)

    def looked(why, drawn):
        found = _looked(sight.look, stated, why, drawn, allowed)
        return found if found is not None and len(found.outputs) == len(outputs) else None

    if specs and not job.get("given"):
        for one in variants.always(specs, arrays):
            if not sight.is_over(0.5):
                sight.sets += [found for found in [looked(*one)] if found is not None]
    blind = _blind(sight, weights)
    if specs and not job.get("given"):
        for one in variants.further(specs, arrays, job["seed"]):
            if not any(weight.size is not None for weight in blind) or sight.is_over():
                break
            found = looked(*one)
            still = _blind(sight, blind, [found]) if found is not None else blind
            if len(still) < len(blind):
                sight.sets.append(found)
                blind = still
    if blind and not sight.is_over():
        blind = _look_inside(keras, stated, allowed, sight, blind)
    return sight, {
        "how": sight.look.how,
        "unseen": [[one.path, one.name] for one in blind if one.size is not None],
        "left": sum(one.size is None for one in blind),
        "seconds": round(time.process_time() - started, 3),
    }


def _blind(sight, weights, sets=None, inside=False):
    """Return the weights whose change was not seen; those that no time was for have no ``size``."""
    seen = set()
    for weight, size in sight.change(weights, sets, inside):
        weight.size = size
        if size > 1:
            seen.add(weight)
    return [one for one in weights if one not in seen]


def _set(why, arrays, outputs, noise, allowed):
    return Set(why, arrays, outputs, noise, [allowed.bound(one, noise) for one in outputs])


def _looked(look, stated, why, arrays, allowed):
    """Return the set that these inputs make, or None if they say nothing."""
    try:
        outputs = look.ask(arrays)
        if not all(map(_says_something, outputs)):
            return None
        noise = 0.0
        moved = roughness.moved(stated, arrays)
        if moved is not None:
            noise = max(map(roughness.share, outputs, look.ask(moved)))
    except Exception:  # these were our wish, not a person's
        return None
    return _set(why, arrays, outputs, noise, allowed)


def _says_something(array):
    import numpy as np

    return array.size > 0 and (array.dtype.kind != "f" or bool(np.isfinite(array).all()))


def _look_inside(keras, stated, allowed, sight, blind):
    """Look at what the layers give whose weights are not seen; return those still not seen."""
    model = sight.look.model
    places = list(dict.fromkeys(_place(model, one.path) for one in blind if one.size is not None))
    places = [name for name in places if name is not None][:TAPS]
    wanted = []
    for plain in (False, True):
        asked = wanted + [{"layer": name, "plain": plain} for name in places]
        try:
            inner = _kept(keras, asked, sight)
            if inner is None:
                continue
            given = [_inside(one, inner, stated) for one in sight.sets]
        except Exception:  # it may be no graph
            continue
        sight.inner, wanted = inner, inner.taps
        for one, (arrays, noise) in zip(sight.sets, given):
            one.inside, one.inside_noise = arrays, noise
            one.inside_bounds = list(map(allowed.bound, arrays, noise))
        blind = _blind(sight, blind, inside=True)
        places = [name for name in places if any(_place(model, one.path) == name for one in blind)]
        if not blind:
            break
    return blind


def _kept(keras, wanted, sight):
    """Return what gives those of the wanted that are numbers, and not too many."""
    inner = looking.Inner(keras, sight.look, wanted)
    while inner.taps:
        found = inner.ask(sight.sets[0].arrays)
        fit = [
            tap
            for tap, array in zip(inner.taps, found)
            if array.size <= MOST and _says_something(array)
        ]
        if len(fit) == len(inner.taps):
            return inner
        inner = looking.Inner(keras, sight.look, fit)
    return None


def _inside(one, inner, stated):
    """Return what is inside for a set of inputs, and how rough each of that is."""
    found = inner.ask(one.arrays)
    moved = roughness.moved(stated, one.arrays)
    others = inner.ask(moved) if moved is not None else found
    return found, list(map(roughness.share, found, others))


def _place(model, path):
    """Return the name of the outermost layer that holds what is at a path; names may hold paths."""
    names = [layer.name for layer in getattr(model, "layers", None) or []]
    found = [name for name in names if path == name or path.startswith((name + "/", name + "#"))]
    return max(found, key=len) if found else None
