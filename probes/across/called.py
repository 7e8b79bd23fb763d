"""A SavedModel that is called by one of its endpoints, whatever wrote it: without Keras.

``Called`` takes arrays by the names that the file gives its inputs, and gives a dict of arrays.
TensorFlow 1 runs the graph in a session. Python 3.6 to 3.13; frameworks are imported inside.
"""


class Called(object):
    """One endpoint of a folder: ``call(given)`` takes {name: array or tensor}.

    ``stated`` are its inputs as the file states them: [[name, shape, dtype]].
    """

    layers, weights = (), ()
    """A graph has none that could be changed one by one."""

    def __init__(self, folder, endpoint, tags, stated):
        import tensorflow as tf

        self.tf, self._endpoint = tf, endpoint
        self._types = {name: tf.as_dtype(dtype) for name, _, dtype in stated}
        (self._load if tf.executing_eagerly() else self._open)(folder, list(tags) or ["serve"])

    def _load(self, folder, tags):
        self.loaded = self.tf.saved_model.load(folder, tags=tags)
        function = self.loaded.signatures[self._endpoint]
        self._graph = function.graph

        def call(given):
            made = {
                name: self.tf.constant(self._listed(value), self._types[name])
                for name, value in given.items()
            }
            return {name: one.numpy() for name, one in function(**made).items()}

        self.call = call

    def _open(self, folder, tags):
        tf = self.tf
        self._graph = tf.Graph()
        session = tf.Session(graph=self._graph)
        with self._graph.as_default():
            meta = tf.saved_model.loader.load(session, tags, folder)
        said = meta.signature_def[self._endpoint]
        fed = {name: self._graph.get_tensor_by_name(one.name) for name, one in said.inputs.items()}
        wanted = {name: self._dense(one) for name, one in said.outputs.items()}
        self.call = lambda given: session.run(
            wanted, {fed[name]: self._listed(value) for name, value in given.items()}
        )

    def _dense(self, info):
        if info.WhichOneof("encoding") != "name":
            raise ValueError("an output is a sparse or composite tensor, and no array")
        return self._graph.get_tensor_by_name(info.name)

    def _listed(self, value):
        """Return numbers as an array, and text as lists: TensorFlow takes no array of it."""
        import numpy as np

        if hasattr(value, "numpy"):
            value = value.numpy()
        elif not isinstance(value, np.ndarray):
            from tensorflow.python.framework import tensor_util

            value = tensor_util.constant_value(value)
        return value.tolist() if value.dtype.kind in "USO" else value

    def operations(self):
        """Yield the NodeDefs of the graph that is called, and of the functions in it."""
        definition = self._graph.as_graph_def()
        for node in definition.node:
            yield node
        for function in definition.library.function:
            for node in function.node_def:
                yield node


def outputs(given):
    """Return (structure, [(name, array)]) of what an endpoint gave, as prove.py compares it."""
    import crossing

    found = [(str(name), crossing.as_stored(given[name])) for name in sorted(given)]
    return ("array" if len(found) == 1 else "dict"), found
