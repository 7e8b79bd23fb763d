"""Put the weights that the reader found where they belong in the rebuilt model."""


class NotBuilt(Exception):
    """The recipe cannot be followed in this version; the text says where."""


def place(keras, model, job):
    """Set every weight from the reader's arrays; return by what they were paired.

    Owner by owner (a layer by its path), in order where shapes agree, else by name and shape. What
    finds no place, or a place that finds nothing, is an error: the model would be another one.
    """
    import framework
    import numpy as np

    arrays = np.load(job["arrays"])
    source = {}
    for number, (path, index, name) in enumerate(job["weights"]):
        source.setdefault(path, []).append((index, name, arrays["w_%d" % number]))
    for edit in job.get("scaled") or []:
        _scale(source, edit)
    target, seen = {}, {}
    for stem, variables in framework.owners(model):
        seen[stem] = seen.get(stem, 0) + 1
        path = stem if seen[stem] == 1 else "%s#%d" % (stem, seen[stem])
        if variables:
            target.setdefault(path, []).extend(variables)
    source = {path: found for path, found in source.items() if found}
    how = {"order": 0, "name": 0, "dropped": []}
    pairs = _paths(source, target)
    for path, variables in target.items():
        given = source.pop(pairs.get(path, path), None)
        if given is None:
            raise NotBuilt("no weights were read for the layer %s" % path)
        for variable, array in _paired(path, variables, given, how):
            if framework.is_keras_3(keras):
                variable.assign(array)
            else:  # in TensorFlow 1 assigning is but an operation of a graph
                keras.backend.set_value(variable, array)
    if source:
        raise NotBuilt("these layers have weights and no place for them: %s" % sorted(source))
    for layer in _deep(model):
        finalize = getattr(layer, "finalize_state", None)
        if finalize is not None:
            finalize()  # Keras 3 goes on with the mean and variance that were there before
    return how


def _paths(source, target):
    """Return {path there: path here}, for layers that have no counterpart under their own name."""
    here = [path for path in source if path not in target]
    there = [path for path in target if path not in source]
    if not there or len(here) != len(there):
        return {}
    shapes = {path: [tuple(entry[2].shape) for entry in source[path]] for path in here}
    wanted = {path: [tuple(variable.shape) for variable in target[path]] for path in there}
    if [shapes[path] for path in here] != [wanted[path] for path in there]:
        return {}
    return dict(zip(there, here))


def _deep(model):
    for layer in getattr(model, "layers", None) or []:
        yield layer
        for inner in _deep(layer):
            yield inner


def _scale(source, edit):
    """Multiply the blocks of columns that an edit names."""
    import numpy as np

    entries = source.get(edit["path"], [])
    for number, (index, name, array) in enumerate(entries):
        if index != edit["index"]:
            continue
        size = array.shape[-1] // edit["blocks"]
        factor = np.ones(array.shape[-1], "float64")
        for block in edit["scaled"]:
            factor[block * size : (block + 1) * size] = edit["factor"]
        entries[number] = (index, name, (array * factor).astype(array.dtype))
        return
    raise NotBuilt("the layer %s has no weight number %d" % (edit["path"], edit["index"]))


_EXTRA = ("renorm", "moving_stddev")  # of batch renormalization: used in training only


def _paired(path, variables, given, how):
    """Return [(variable, array)] of one layer, of the same shapes."""
    if len(given) > len(variables):
        how["dropped"] += [
            "%s/%s" % (path, name) for _, name, _ in given if name.startswith(_EXTRA)
        ]
        given = [entry for entry in given if not entry[1].startswith(_EXTRA)]
    arrays = [array for _, _, array in given]
    shapes = [tuple(int(size) for size in variable.shape) for variable in variables]
    names = [str(variable.name).split("/")[-1].split(":")[0] for variable in variables]
    if len(arrays) != len(variables):
        raise NotBuilt("the layer %s has %d weights, of %d" % (path, len(variables), len(arrays)))
    own = [name for _, name, _ in given]
    if sorted(own) == sorted(names) and len(set(names)) == len(names):
        arrays = [arrays[own.index(name)] for name in names]
        how["name"] += len(arrays)
    else:
        how["order"] += len(arrays)
    for array, shape, name in zip(arrays, shapes, names):
        if tuple(array.shape) != shape:
            raise NotBuilt("%s/%s has the shape %s, of %s" % (path, name, shape, array.shape))
    return list(zip(variables, arrays))
