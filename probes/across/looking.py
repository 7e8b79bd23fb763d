"""Asks a model again and again what it computes, cheaply.

``Look`` feeds a model; ``Inner`` feeds what is inside it. Python 3.6 to 3.13.
"""

import time

import crossing

CHEAP = 3.0
"""CPU seconds that all calls of predict may take; for more, another trace of the model is less."""


class Look(object):
    """A model that is asked for its outputs: ``ask(arrays)`` returns them in their flat order.

    ``how`` says by what: "predict", as a person does; "direct", which calls the model;
    "predict_on_batch", which follows it once more and spares making a data set each time; or a
    "call" of one's own.
    """

    def __init__(self, keras, model, names, call=None):
        import framework

        self.model, self.names, self._call = model, names, call
        self._is_eager = framework.is_keras_3(keras) or framework.runs_eagerly(model)
        self.how = "predict" if call is None else "call"
        layers = [layer for _, layer in crossing.all_layers(model)]
        self._remembering = [layer for layer in layers if getattr(layer, "stateful", False)]
        self._sizes = None
        self._loops = any(hasattr(layer, "return_sequences") for layer in layers)

    def settle(self, arrays, outputs, calls, near):
        """Take what is cheaper than predict for so many calls, and gives the same.

        ``near(expected, got)`` says whether two lists of arrays are the same.
        """
        if self.how == "call":
            return
        self._sizes = [array.shape[1:] for array in arrays]
        started = time.process_time()
        self.ask(arrays)
        cost, cheapest = time.process_time() - started, "predict"
        # Called directly, some versions follow loops anew each time.
        if self._is_eager and not self._loops:
            started = time.process_time()
            same = self._gives("direct", arrays, outputs, near)
            spent = time.process_time() - started
            if same and spent < cost:
                cost, cheapest = spent, "direct"
        if calls * cost <= CHEAP or not self._gives("predict_on_batch", arrays, outputs, near):
            self.how = cheapest

    def _gives(self, how, arrays, outputs, near):
        """Ask in this way from now on; say whether it gives these outputs."""
        self.how = how
        try:
            return near(outputs, self.ask(arrays))
        except Exception:  # not every version takes by it what it takes by predict
            return False

    def ask(self, arrays):
        """Return the outputs for these inputs, as if nothing had been asked before."""
        import framework

        for layer in self._remembering:
            forget = getattr(layer, "reset_states", None) or getattr(layer, "reset_state", None)
            if forget is not None:
                forget()
        fed = framework.fed([crossing.as_fed(array) for array in arrays], self.names)
        # A graph may be followed for the first sizes alone, and be wrong of others: predict tells.
        resized = self._sizes not in (None, [array.shape[1:] for array in arrays])
        if self.how == "call":
            given = self._call(fed)
        elif self.how == "predict" or resized:
            given = framework.predict(self.model, fed)
        elif self.how == "direct":
            given = self.model(fed, training=False)
        else:
            given = self.model.predict_on_batch(fed)
        _, found = framework.outputs(_as_numbers(given))
        return [crossing.as_stored(array) for _, array in found]

    def renew(self):
        """Have what is computed followed anew: some layers hold numbers made of their weights."""
        for name in ("predict_function", "_predict_function"):
            if getattr(self.model, name, None) is not None:
                try:
                    setattr(self.model, name, None)
                except AttributeError:
                    pass


def _as_numbers(value):
    """Return what was given with arrays instead of tensors."""
    if isinstance(value, dict):
        return {key: _as_numbers(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_numbers(one) for one in value]
    if hasattr(value, "detach"):
        value = value.detach()
    return value.numpy() if hasattr(value, "numpy") else value


class Inner(object):
    """What layers of a model give inside it: ``ask(arrays)`` returns an array for each of ``taps``.

    They are asked as ``look`` asks the model.

    A tap is {"layer": name, "plain": whether its own activation is left out}. ``taps`` holds those
    of the wanted ones that this model has.
    """

    def __init__(self, keras, look, wanted):
        model, names = look.model, look.names
        self.taps, self._parts = [], []
        whole = [one for one in wanted if not one["plain"]]
        found = [(one, _tensor(keras, model, one["layer"])) for one in whole]
        found = [(one, tensor) for one, tensor in found if tensor is not None]
        if found:
            part = keras.models.Model(model.inputs, [tensor for _, tensor in found])
            self._parts.append((Look(keras, part, names), None))
            self.taps += [one for one, _ in found]
        for one in wanted:
            part = _before(keras, model, names, one["layer"]) if one["plain"] else None
            if part is not None:
                self._parts.append((part, model.get_layer(one["layer"])))
                self.taps.append(one)
        for part, _ in self._parts:
            if part.how != "call":
                part.how = look.how

    def ask(self, arrays):
        found = []
        for part, capped in self._parts:
            if capped is None:
                found += part.ask(arrays)
                continue
            activation, capped.activation = capped.activation, _plain
            try:
                found += part.ask(arrays)
            finally:
                capped.activation = activation
        return found

    def renew(self):
        for part, _ in self._parts:
            part.renew()


def _plain(value):
    return value


def has_activation(layer):
    """Say whether the layer applies one function at its end, which may be left out."""
    applies = callable(getattr(layer, "activation", None))
    return applies and not hasattr(layer, "recurrent_activation") and not hasattr(layer, "cell")


def _tensor(keras, model, name):
    """Return what the layer gives in the model's graph: of its calls the last that is in it."""
    if not getattr(model, "inputs", None):
        return None
    try:
        layer = model.get_layer(name)
    except ValueError:
        return None
    nodes = getattr(layer, "_inbound_nodes", None) or getattr(layer, "inbound_nodes", None) or []
    for node in reversed(list(nodes)):
        value = getattr(node, "output_tensors", None)
        value = getattr(node, "outputs", None) if value is None else value
        value = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
        if value is None or isinstance(value, (list, tuple, dict)):
            continue
        try:
            keras.models.Model(model.inputs, value)
        except Exception:  # a call that is in another graph
            continue
        return value
    return None


def _before(keras, model, names, name):
    """Return what gives a layer's output before its activation, while that is taken out; or None.

    A graph that is followed when it is called leaves it out then; one that is fixed gets a call of
    its own.
    """
    import framework

    tensor = _tensor(keras, model, name)
    layer = model.get_layer(name) if tensor is not None else None
    if layer is None or not has_activation(layer):
        return None
    part = keras.models.Model(model.inputs, tensor)
    if framework.is_keras_3(keras) or framework.runs_eagerly(part):  # follows it when it is asked
        return Look(keras, part, names)
    inside = keras.models.Model(model.inputs, layer.input)
    activation, layer.activation = layer.activation, _plain
    try:
        given = layer.call(layer.input)
    finally:
        layer.activation = activation
    backend = keras.backend
    fed = [*inside.inputs, backend.learning_phase()]
    compute = backend.function(fed, [given])

    def call(arrays):
        listed = arrays if isinstance(arrays, (list, tuple)) else [arrays]
        if isinstance(arrays, dict):
            listed = [arrays[key] for key in names]
        return compute([*listed, 0])[0]

    return Look(keras, part, names, call)
