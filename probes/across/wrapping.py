"""Put what calls a SavedModel around it: another endpoint, or a layer of Keras.

Job: ``imports``, ``model``, ``endpoint``, ``tags``, ``stated`` (the endpoint's inputs, [[name,
shape, dtype]]), ``folder``; ``out`` is what is written. With ``layer`` that is a ``.keras`` file of
one layer that calls the graph where it lies; else a SavedModel with that graph and no more: its
endpoint ``serve`` takes one input as it is and several as a dict, which is how ``TFSMLayer`` hands
them over. Python 3.6 to 3.13; frameworks are imported inside.
"""

import crossing


def main(job, facts):
    keras = crossing.framework_of(job)
    import framework

    facts["versions"] = framework.versions(keras)
    if job.get("layer"):
        facts["phase"] = "build"
        model = _as_model(keras, job)
        facts["phase"] = "save"
        model.save(job["out"])
        facts["phase"] = "load"  # which later versions refuse, for the graph lies outside of it
        keras.models.load_model(job["out"])
        return
    facts["phase"] = "load"
    _saved_anew(job, facts)


def _saved_anew(job, facts):
    import tensorflow as tf

    original = tf.saved_model.load(job["model"], tags=list(job["tags"]) or None)
    call = original.signatures[job["endpoint"]]
    specs = {
        name: tf.TensorSpec(shape, tf.as_dtype(dtype), name=name)
        for name, shape, dtype in job["stated"]
    }
    one = list(specs) if len(specs) == 1 else None

    @tf.function(input_signature=[specs if one is None else specs[one[0]]])
    def serve(inputs):
        return call(**(inputs if one is None else {one[0]: inputs}))

    facts["phase"] = "save"
    # An optimizer that lies beside the graph is what later versions cannot load; tables are left
    # out with it, of which saving says so.
    for held in (list(call.graph.variables), original):
        module = tf.Module()
        module.held, module.serve = held, serve
        try:
            tf.saved_model.save(module, job["out"], signatures={"serving_default": call})
            return
        except AssertionError:
            if held is original:
                raise


def _as_model(keras, job):
    layer = keras.layers.TFSMLayer(job["model"], call_endpoint=job["endpoint"])
    inputs = {
        name: keras.Input(batch_shape=tuple(shape), dtype=dtype, name=name)
        for name, shape, dtype in job["stated"]
    }
    fed = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    given = layer(fed)
    if isinstance(given, dict) and len(given) == 1:
        (given,) = given.values()
    return keras.Model(fed, given)


if __name__ == "__main__":
    crossing.run(main)
