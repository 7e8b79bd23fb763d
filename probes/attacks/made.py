"""Write a SavedModel that does something when it is restored; harmless. Python 3.6 to 3.13.

A resource's initializer is run by whoever restores the model: here it writes a file, or reads one
and writes what was in it, in the folder that it runs in, or in ``place``.
"""

import os


def saved_model(kind, folder, place=""):
    """Write "plain", "writes", "reads" or "recursive" to ``saved`` in a folder."""
    import tensorflow as tf

    class Table(_resource(tf)):
        def _create_resource(self):
            return tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)

        def _initialize(self):
            if kind == "writes":
                tf.io.write_file(os.path.join(place, "canary-ran"), tf.constant("written"))
            elif kind == "reads":
                secret = tf.io.read_file(os.path.join(place, "secret.txt"))
                tf.io.write_file(os.path.join(place, "copied.txt"), secret)

    class Whole(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
        def __call__(self, x):
            return x + self.number

    whole = Whole()
    whole.number = tf.Variable(1.0)
    whole.table = Table()
    getattr(whole.table, "resource_handle")  # noqa: B009 - asked for, it is made
    here = os.getcwd()
    os.chdir(os.path.dirname(folder))  # where writing runs an operation, it leaves its mark there
    path = os.path.join(folder, "saved")
    try:
        tf.saved_model.save(whole, path, signatures=whole.__call__.get_concrete_function())
    finally:
        os.chdir(here)
    if kind == "recursive":
        _recursive(os.path.join(path, "saved_model.pb"))
    for mark in ("canary-ran", "copied.txt"):
        left = os.path.join(os.path.dirname(folder), place, mark)
        if os.path.exists(left):
            os.remove(left)


def _recursive(path):
    """Have the function that fills the table call one that calls itself."""
    from tensorflow.core.protobuf import saved_model_pb2

    whole = saved_model_pb2.SavedModel()
    with open(path, "rb") as file:
        whole.ParseFromString(file.read())
    library = whole.meta_graphs[0].graph_def.library
    started = [one for one in library.function if "_initialize" in one.signature.name]
    endless = library.function.add()
    endless.signature.name = "endless"
    for function in [endless, *started[:1]]:
        node = function.node_def.add(name="again", op="StatefulPartitionedCall")
        node.attr["f"].func.name = "endless"
        node.attr["Tin"].list.SetInParent()
        node.attr["Tout"].list.SetInParent()
        function.control_ret["again"] = "again"
        function.signature.control_output.append("again")
    if not started:
        raise ValueError("nothing is called when the model is restored")
    with open(path, "wb") as file:
        file.write(whole.SerializeToString())


def _resource(tf):
    """Return the class of resources, wherever a version keeps it."""
    found = getattr(getattr(tf.saved_model, "experimental", None), "TrackableResource", None)
    if found is not None:
        return found
    from tensorflow.python.training.tracking import tracking

    return tracking.TrackableResource
