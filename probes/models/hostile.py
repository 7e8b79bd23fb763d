"""Models that save well and then attack whoever loads them; for tests, never in the matrix.

Each custom layer does its harm in ``from_config``, which only a loader calls.
"""

INPUTS = {
    "kills_on_load": {"features": ["normal", [4]]},
    "hangs_on_load": {"features": ["normal", [4]]},
    "eats_memory_on_load": {"features": ["normal", [4]]},
    "finds_no_room_on_load": {"features": ["normal", [4]]},
}


def kills_on_load_objects(keras):
    """Pass the input through; loading ends the process with SIGSEGV."""
    import os
    import signal

    class Killer(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            os.kill(os.getpid(), signal.SIGSEGV)
            return cls(**config)

    return {"Killer": Killer}


def kills_on_load(keras):
    """Dies by a signal at load: proves that a crash costs its own cell and is named by signal."""
    layers = kills_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Killer"](name="killer")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="kills_on_load")


def hangs_on_load_objects(keras):
    """Pass the input through; loading never comes back."""
    import time

    class Sleeper(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            while True:
                time.sleep(1)

    return {"Sleeper": Sleeper}


def hangs_on_load(keras):
    """Sleeps for ever at load: proves that a deadline ends it and the next cell still runs."""
    layers = hangs_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Sleeper"](name="sleeper")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="hangs_on_load")


def eats_memory_on_load_objects(keras):
    """Pass the input through; loading takes 64 MB more, again and again."""
    import time

    class Glutton(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            eaten = []
            while True:
                eaten.append(bytearray(b"x") * (64 << 20))  # written to, so that it counts
                time.sleep(0.02)

    return {"Glutton": Glutton}


def eats_memory_on_load(keras):
    """Grows without end at load: proves that the memory limit ends it and is told from a crash."""
    layers = eats_memory_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Glutton"](name="glutton")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="eats_memory_on_load")


def finds_no_room_on_load_objects(keras):
    """Pass the input through; loading finds the disk full."""
    import errno

    class Writer(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            raise OSError(errno.ENOSPC, "No space left on device")

    return {"Writer": Writer}


def finds_no_room_on_load(keras):
    """Finds the disk full at load: proves that this machine's troubles are not the model's."""
    layers = finds_no_room_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Writer"](name="writer")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="finds_no_room_on_load")
