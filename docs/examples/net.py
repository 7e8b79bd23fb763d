"""The code that belongs to weights.h5: the file holds weights alone."""

import tensorflow as tf

layers = tf.keras.layers


def make():
    inputs = layers.Input((8,))
    return tf.keras.Model(inputs, layers.Dense(3, name="result")(inputs))
