"""Build a model from a recipe, or load the original, in the wanted version; save it there.

Job: ``imports``, ``folder``, ``seconds`` (of CPU time that a try may take), ``tries``. Each is done
in a process forked after the import, up to the first that makes a file; their facts are ``tries``,
too. After one that was killed while loading, others that load are left out.

A try: ``folder``, ``custom``, ``out``; either ``recipe`` (path), ``arrays`` (npz of the reader),
``weights`` [[path, index, name]], ``scaled``, ``training`` (or null); or ``model`` and ``format``
with ``compiled``, to load the original; with ``build`` and ``weights`` a person's function builds
the model. Its facts: ``placed`` (how weights were paired),
``compiled``, ``compile_error``. runner/converting/rewriting.py says what a recipe is.
"""

import inspect
import json

import compiling
import crossing
import placing
from placing import NotBuilt

OPERATION = "tf_op_layer_"
"""What TensorFlowOpLayer puts before the name that it is given."""


def main(job, facts):
    keras = crossing.framework_of(job)
    import framework

    facts["versions"] = framework.versions(keras)
    facts["tries"] = []
    killed = False
    for one in job["tries"]:
        if killed and not one.get("recipe"):
            facts["tries"].append({"error": {}, "phase": "left out"})
            continue
        done = crossing.apart(lambda found, one=one: make(keras, one, found), one, job["seconds"])
        facts["tries"].append(done)
        if done["error"] is None:
            return
        killed = done["error"]["type"] == "Killed"


def make(keras, job, facts):
    """Do one try."""
    import framework

    if job.get("recipe"):
        facts["phase"] = "build"
        with open(job["recipe"]) as file:
            recipe = json.load(file)
        objects = crossing.registered(keras, crossing.custom_objects(job))
        if job.get("unroll"):
            crossing.trust(keras, job)
        scope = getattr(keras.utils, "custom_object_scope", None) or keras.utils.CustomObjectScope
        with scope(objects):
            model = Builder(keras, objects, job.get("unroll")).model(recipe)
            if any(map(_is_path_of_operation, model.layers)):
                model = _named_plainly(keras, model, objects)
        facts["phase"] = "weights"
        facts["placed"] = placing.place(keras, model, job)
        facts["phase"] = "compile"
        facts["compiled"], facts["compile_error"] = compiling.compiled(keras, model, job, objects)
    elif job.get("weights") is not None and job.get("build"):
        import filling

        facts["phase"] = "build"
        model = filling.built(keras, job)
        facts["phase"] = "weights"
        facts["placed"] = placing.place(keras, model, job)
        facts["compiled"] = False
    else:
        facts["phase"] = "load"
        model = crossing.load(keras, job, compiled=job.get("compiled", True))
        facts["compiled"] = framework.is_compiled(model)
        if job.get("training") and not compiling.set_as_before(keras, model, job["training"]):
            # Keras 3 loads HDF5 files with another learning rate (breakages, c30).
            facts["phase"] = "compile"
            objects = crossing.registered(keras, crossing.custom_objects(job))
            facts["compiled"], facts["compile_error"] = compiling.compiled(
                keras, model, job, objects
            )
    facts["phase"] = "save"
    if job.get("unroll") and not framework.is_keras_3(keras):
        model = _named_plainly(keras, model, objects)
    unfit = compiling.with_plain_metrics(keras, model)
    if unfit is not None:
        facts["compile_error"] = unfit
    model.save(job["out"])


def _is_path_of_operation(layer):
    return type(layer).__name__ == "TensorFlowOpLayer" and "/" in layer.name


def _named_plainly(keras, model, objects):
    """Return the same model with layers of single operations that have names which are no paths.

    In HDF5 a name with slashes is a group in a group, which another layer's name may be.
    """
    text = model.to_json()
    taken = {layer.name for layer in model.layers}
    for name in sorted(one for one in taken if "/" in one):
        plain = name.replace("/", "_")
        while plain in taken:
            plain += "_"
        taken.add(plain)
        # Such a layer is given its name without what it puts before it.
        for start in (0, len(OPERATION) if name.startswith(OPERATION) else 0):
            text = text.replace(json.dumps(name[start:]), json.dumps(plain[start:]))
    again = keras.models.model_from_json(text, custom_objects=objects)
    again.set_weights(model.get_weights())
    return again


def _told_apart(outputs):
    """Give operations of Keras 3 names of their own: it calls them as if they were the only ones.

    A layer that is called as a file says may be called the same, which a model may not have.
    """
    waiting, seen = [outputs], {}
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value
        history = getattr(value, "_keras_history", None)
        one = getattr(history, "operation", None)
        if one is None or id(one) in seen:
            continue
        seen[id(one)] = one
        for node in one._inbound_nodes:
            waiting += node.input_tensors
    found = list(seen.values())
    taken = {one.name for one in found if hasattr(one, "weights")}
    for one in found:
        if hasattr(one, "weights"):  # a layer
            continue
        plain, number = one.name, 0
        while one.name in taken:
            number += 1
            one.name = "%s_%d" % (plain, number)
        taken.add(one.name)


class Builder(object):
    """Follows recipes with one Keras."""

    def __init__(self, keras, objects, unroll=False):
        self.keras = keras
        self.objects = objects
        self.unroll = unroll

    def model(self, recipe):
        """Return the model of a recipe."""
        if recipe["kind"] != "sequential":
            return self._graph(recipe)
        if any(self._is_no_layer(one) for member in recipe["members"] for one in member["chain"]):
            return self._graph(_as_graph(recipe))
        if self._forgets_inputs:
            return self._line_of_old(recipe)
        return self._line(recipe)

    @property
    def _forgets_inputs(self):
        """Say whether a line of layers is written without its input: Keras 2 on several backends.

        What it loads then has no shape, and so no layers (keras 2.3, sequential.py, get_config).
        """
        return self.keras.__name__ == "keras" and not hasattr(self.keras, "ops")

    def _line_of_old(self, recipe):
        """Return a line of layers whose first states the shape itself, which is written."""
        first, *others = recipe["members"]
        if first["chain"][0].get("class_name") != "InputLayer" or not others:
            return self._line(recipe)
        spec = others[0]["chain"][0]
        if "config" not in spec:  # a model
            return self._graph(_as_graph(recipe))
        stated = first["chain"][0]["config"]
        shape = stated.get("batch_input_shape") or stated.get("batch_shape")
        config = dict(spec["config"], batch_input_shape=tuple(shape))
        chain = [dict(spec, config=config), *others[0]["chain"][1:]]
        return self._line(dict(recipe, members=[dict(others[0], chain=chain), *others[1:]]))

    def _is_no_layer(self, spec):
        return (
            "operation" in spec
            or "older" in spec
            or (self.unroll and spec.get("class_name") == "Lambda")
        )

    def _line(self, recipe):
        made = [self.make(one) for member in recipe["members"] for one in member["chain"]]
        model = self.keras.Sequential(made, name=recipe["name"])
        if not model.built and recipe.get("shape"):
            model.build(tuple(recipe["shape"]))
        if not recipe["trainable"]:
            model.trainable = False
        return model

    def _graph(self, recipe):
        held, made = {}, {}
        waiting = []
        for member in recipe["members"]:
            chain = member["chain"]
            if chain[0].get("class_name") == "InputLayer":
                held[member["name"]] = [[self._input(chain[0]["config"])]]
                continue
            made[member["name"]] = [self.make(one) for one in chain]
            held[member["name"]] = [None] * len(member["calls"])
            waiting += [(member["name"], at, call) for at, call in enumerate(member["calls"])]
        while waiting:
            left = [one for one in waiting if not self._call(one, made, held)]
            if len(left) == len(waiting):
                raise NotBuilt("these layers wait for each other: %s" % [one[0] for one in left])
            waiting = left
        inputs = self._filled(recipe["inputs"], held)
        outputs = self._filled(recipe["outputs"], held)
        _told_apart(outputs)
        model = self.keras.Model(self._alone(inputs), self._alone(outputs), name=recipe["name"])
        if not recipe["trainable"]:
            model.trainable = False
        return model

    def _alone(self, value):
        """Return a structure of tensors; one alone was written as a list of one by old files."""
        if isinstance(value, list) and len(value) == 1:
            return value[0]
        return value

    def _input(self, config):
        kept = {key: config[key] for key in ("name", "dtype", "sparse") if config.get(key)}
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        if "shape" in config and shape is None:
            shape = [None, *config["shape"]]
        if hasattr(self.keras, "ops"):
            return self.keras.Input(batch_shape=tuple(shape), **kept)
        if shape[0] is None:
            return self.keras.Input(shape=tuple(shape[1:]), **kept)
        if "batch_size" in inspect.signature(self.keras.Input).parameters:
            return self.keras.Input(shape=tuple(shape[1:]), batch_size=shape[0], **kept)
        return self.keras.Input(batch_shape=tuple(shape), **kept)  # Keras 2.3 and older

    def _call(self, waiting, made, held):
        """Make one call if all it needs is there; say whether it was."""
        name, at, call = waiting
        if at and held[name][at - 1] is None:
            return False
        try:
            args = self._filled(call["args"], held)
            kwargs = self._filled(call["kwargs"], held)
        except LookupError:
            return False
        value = None
        for index, one in enumerate(made[name]):
            try:
                value = self._done(
                    one, args if index == 0 else [value], kwargs if index == 0 else {}
                )
            except LookupError as error:
                raise NotBuilt("calling %s: %s" % (name, error))
        # A model's outputs are counted in their flat order, whatever holds them.
        if isinstance(value, dict):
            value = list(value.values())
        held[name][at] = list(value) if isinstance(value, (list, tuple)) else [value]
        if type(one).__name__ == "Operation" and one.whole:
            held[name][at] = [value]
        return True

    def _done(self, one, args, kwargs):
        """Call a layer; of a Lambda to be unrolled, its function, on the graph's tensors."""
        if not (self.unroll and type(one).__name__ == "Lambda"):
            return one(*args, **kwargs)
        given = dict(getattr(one, "arguments", None) or {}, **kwargs)
        return one.function(*args, **given)

    def _filled(self, value, held):
        if isinstance(value, dict):
            if "$tensor" in value:
                name, call, output = value["$tensor"]
                found = held[name][call]
                if found is None:
                    raise LookupError(name)
                return found[output]
            if value.get("class_name") == "__slice__":
                stated = value["config"]
                return slice(stated["start"], stated["stop"], stated["step"])
            if value.get("class_name") == "__ellipsis__":
                return Ellipsis
            return {key: self._filled(one, held) for key, one in value.items()}
        if isinstance(value, list):
            found = [self._filled(one, held) for one in value]
            # As a tuple: Keras takes a list of them for an array of places.
            places = any(one is Ellipsis or isinstance(one, slice) for one in found)
            return tuple(found) if places else found
        return value

    def make(self, spec):
        """Return a layer, a model or an operation."""
        if "model" in spec:
            return self.model(spec["model"])
        if "node" in spec:  # an operation of Keras 3, which it reads itself
            node = {key: value for key, value in spec["node"].items() if key != "inbound_nodes"}
            # Not keras.saving, which tensorflow.keras has not.
            return self.keras.utils.deserialize_keras_object(node)
        if "older" in spec:
            import older

            return older.Operation(self.keras, spec)
        if "operation" in spec:
            import operations

            return operations.Operation(self.keras, spec["operation"])
        config = {key: self._inner(value) for key, value in spec["config"].items()}
        for key, value in config.items():
            # Keras 3 looks for a function among its own, and for a person's by its whole name.
            named = key == "activation" or key.endswith("_activation")
            if named and isinstance(value, str) and value in self.objects:
                config[key] = self.objects[value]
        made = config != spec["config"]  # layers within are made already: from_config would not do
        # Not every layer takes it as an argument, and every one has it.
        trainable = config.pop("trainable", True)
        kind = self._class(spec)
        if spec["class_name"] == "Lambda" and self.unroll:
            known = dict(crossing.usual_names(self.keras), **self.objects)
            return kind.from_config(config, custom_objects=known)
        layer = kind(**config) if made else kind.from_config(config)
        if trainable is False:
            layer.trainable = False
        return layer

    def _inner(self, value):
        if isinstance(value, dict) and "$layer" in value:
            return self.make(value["$layer"])
        if isinstance(value, list):
            return [self._inner(one) for one in value]
        return value

    def _class(self, spec):
        name = spec["class_name"]
        for known in (spec.get("registered_name"), name):
            if known in self.objects:
                return self.objects[known]
        layers = self.keras.layers
        found = getattr(layers, name, None)
        if found is None:
            older = getattr(getattr(layers, "experimental", None), "preprocessing", None)
            found = getattr(older, name, None)
        if found is None:
            raise NotBuilt("there is no layer %s, and no file with --custom defines one" % name)
        return found


def _as_graph(recipe):
    """Return a line of layers as a graph, for what is called by itself has no place in a line."""
    members = [dict(member) for member in recipe["members"]]
    if members[0]["chain"][0].get("class_name") != "InputLayer":
        if not recipe.get("shape"):
            raise NotBuilt("a line of layers that does not say what it is fed")
        config = {"name": recipe["name"] + "_input", "batch_shape": recipe["shape"]}
        chain = [{"class_name": "InputLayer", "registered_name": None, "config": config}]
        members.insert(0, {"name": config["name"], "calls": [], "chain": chain})
    for before, member in zip(members, members[1:]):
        member["calls"] = [{"args": [{"$tensor": [before["name"], 0, 0]}], "kwargs": {}}]
    ends = [{"$tensor": [members[at]["name"], 0, 0]} for at in (0, -1)]
    return dict(recipe, kind="functional", members=members, inputs=ends[0], outputs=ends[1])


if __name__ == "__main__":
    crossing.run(main)
