"""An inference graph for serving, read by TensorFlow alone and not by Keras.

Its signature is called with its inputs by name, and gives outputs by name: numbers, and no more.
"""

TARGET = "model"


def save(keras, model, folder, arguments):
    if hasattr(keras, "ops"):  # Keras 3 exports; before, a SavedModel is what is served
        model.export(folder + "/model", **arguments)
    else:
        model.save(folder + "/model", save_format="tf", **arguments)


def load(keras, folder, custom_objects, arguments):
    import tensorflow as tf

    return tf.saved_model.load(folder + "/model", **arguments)


def predict(model, inputs):
    import tensorflow as tf

    serve = model.signatures["serving_default"]
    (name,) = serve.structured_input_signature[1]
    (outputs,) = serve(**{name: tf.constant(inputs)}).values()
    return outputs.numpy()
