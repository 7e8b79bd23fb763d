"""Models that save well and then attack whoever loads them; for tests, never in the matrix.

Each custom layer does its harm in ``from_config``, which only a loader calls.
"""

INPUTS = {
    "kills_on_load": {"features": ["normal", [4]]},
    "hangs_on_load": {"features": ["normal", [4]]},
    "eats_memory_on_load": {"features": ["normal", [4]]},
    "finds_no_room_on_load": {"features": ["normal", [4]]},
    "leaves_on_load": {"features": ["normal", [4]]},
    "exits_on_load": {"features": ["normal", [4]]},
    "aborts_on_load": {"features": ["normal", [4]]},
    "stays_deaf_on_load": {"features": ["normal", [4]]},
    "floods_on_load": {"features": ["normal", [4]]},
    "leaves_a_daemon_on_load": {"features": ["normal", [4]]},
    "says_no_text_on_load": {"features": ["normal", [4]]},
    "closes_all_on_load": {"features": ["normal", [4]]},
    "recurses_on_load": {"features": ["normal", [4]]},
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


def leaves_on_load_objects(keras):
    """Pass the input through; loading ends the process as if all were well."""
    import os

    class Leaver(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            os._exit(0)

    return {"Leaver": Leaver}


def leaves_on_load(keras):
    """Exits with 0 and without a result: proves that no pass is told of what said nothing."""
    layers = leaves_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Leaver"](name="leaver")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="leaves_on_load")


def exits_on_load_objects(keras):
    """Pass the input through; loading asks Python to end."""
    import sys

    class Quitter(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            sys.exit(0)

    return {"Quitter": Quitter}


def exits_on_load(keras):
    """Raises SystemExit(0): proves that Python's own way out is no pass either."""
    layers = exits_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Quitter"](name="quitter")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="exits_on_load")


def aborts_on_load_objects(keras):
    """Pass the input through; loading aborts as a C++ library does."""
    import os

    class Aborter(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            os.abort()

    return {"Aborter": Aborter}


def aborts_on_load(keras):
    """Dies by SIGABRT at load: proves that it is told from an exit code of 134."""
    layers = aborts_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Aborter"](name="aborter")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="aborts_on_load")


def stays_deaf_on_load_objects(keras):
    """Pass the input through; loading heeds no signal that can be ignored."""
    import signal
    import time

    class Deaf(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
                signal.signal(number, signal.SIG_IGN)
            while True:
                time.sleep(1)

    return {"Deaf": Deaf}


def stays_deaf_on_load(keras):
    """Ignores SIGTERM and SIGINT and sleeps: proves that a deadline asks nobody."""
    layers = stays_deaf_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Deaf"](name="deaf")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="stays_deaf_on_load")


def floods_on_load_objects(keras):
    """Pass the input through; loading writes 32 MB to both streams, then raises."""
    import os

    class Flooder(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            for number in (1, 2):
                for _ in range(256):
                    os.write(number, b"flood " * 10923)
            raise ValueError("after the flood")

    return {"Flooder": Flooder}


def floods_on_load(keras):
    """Floods what is kept of its words: proves that they are bounded and the error is kept."""
    layers = floods_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Flooder"](name="flooder")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="floods_on_load")


def leaves_a_daemon_on_load_objects(keras):
    """Pass the input through; loading leaves a process that holds its streams."""
    import os
    import time

    class Parent(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(600)
                os._exit(0)
            os.wait()
            raise ValueError("somebody stayed")

    return {"Parent": Parent}


def leaves_a_daemon_on_load(keras):
    """Leaves a daemon with its streams: proves that nobody waits for it and that it is ended."""
    layers = leaves_a_daemon_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Parent"](name="parent")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="leaves_a_daemon_on_load")


def says_no_text_on_load_objects(keras):
    """Pass the input through; loading raises what no page can show."""

    class Mumbler(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            raise ValueError("\x1b[31m<script>alert(1)</script>\ud800\x00]]>\u202e\ufffe")

    return {"Mumbler": Mumbler}


def says_no_text_on_load(keras):
    """Raises escapes, markup, half letters and NUL: proves that every format is still written."""
    layers = says_no_text_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Mumbler"](name="mumbler")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="says_no_text_on_load")


def closes_all_on_load_objects(keras):
    """Pass the input through; loading closes every file that the process has."""
    import os

    class Closer(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            os.closerange(0, 256)
            raise ValueError("nobody hears this")

    return {"Closer": Closer}


def closes_all_on_load(keras):
    """Closes the pipe that results go through: proves that what is lost is told as lost."""
    layers = closes_all_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Closer"](name="closer")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="closes_all_on_load")


def recurses_on_load_objects(keras):
    """Pass the input through; loading calls itself for ever."""

    class Recurser(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 1.0

        @classmethod
        def from_config(cls, config):
            return cls.from_config(config)

    return {"Recurser": Recurser}


def recurses_on_load(keras):
    """Meets the limit of recursion: proves that it is told as the error that it is."""
    layers = recurses_on_load_objects(keras)
    inputs = keras.Input((4,), name="features")
    passed = layers["Recurser"](name="recurser")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(passed)
    return keras.Model(inputs, outputs, name="recurses_on_load")
