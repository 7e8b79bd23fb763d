"""Optimizers of every generation, and what they keep between steps."""

INPUTS = {
    "sgd_nesterov": {"features": ["normal", [4]]},
    "rmsprop_centered": {"features": ["normal", [4]]},
    "adagrad": {"features": ["normal", [4]]},
    "adadelta": {"features": ["normal", [4]]},
    "adamax": {"features": ["normal", [4]]},
    "nadam": {"features": ["normal", [4]]},
    "ftrl": {"features": ["normal", [4]]},
    "amsgrad": {"features": ["normal", [4]]},
    "adamw": {"features": ["normal", [4]]},
    "lion": {"features": ["normal", [4]]},
    "legacy_adam": {"features": ["normal", [4]]},
    "adam_lr_decay": {"features": ["normal", [4]]},
    "learning_rate_schedule": {"features": ["normal", [4]]},
    "learning_rate_warmup": {"features": ["normal", [4]]},
    "clipped_norm": {"features": ["normal", [4]]},
    "moving_average": {"features": ["normal", [4]]},
    "gradient_accumulation": {"features": ["normal", [4]]},
    "loss_scale": {"features": ["normal", [4]]},
    "optimizer_named": {"features": ["normal", [4]]},
}


def sgd_nesterov(keras):
    """SGD with Nesterov momentum: one slot for each weight, and `lr` until TensorFlow 2."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="sgd_nesterov")
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def rmsprop_centered(keras):
    """RMSprop with momentum, centered: three slots for each weight."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="rmsprop_centered")
    optimizer = keras.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def adagrad(keras):
    """Adagrad: its accumulators begin at a number that is a setting, and was not always one."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="adagrad")
    model.compile(optimizer=keras.optimizers.Adagrad(0.05), loss="mean_squared_error")
    return model


def adadelta(keras):
    """Adadelta: its default learning rate went from 1 to 0.001; here it is set."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="adadelta")
    model.compile(optimizer=keras.optimizers.Adadelta(0.5, rho=0.9), loss="mean_squared_error")
    return model


def adamax(keras):
    """Adamax: the infinity norm of past gradients, in slots named m and v, or m and u."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="adamax")
    model.compile(optimizer=keras.optimizers.Adamax(0.01), loss="mean_squared_error")
    return model


def nadam(keras):
    """Nadam holds a product of momenta beside its slots: a scalar that some versions forget."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="nadam")
    model.compile(optimizer=keras.optimizers.Nadam(0.01), loss="mean_squared_error")
    return model


def ftrl(keras):
    """Ftrl, with penalties as settings of the optimizer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="ftrl")
    optimizer = keras.optimizers.Ftrl(0.1, l2_regularization_strength=0.01)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def amsgrad(keras):
    """Adam with `amsgrad`: a third slot for each weight."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="amsgrad")
    optimizer = keras.optimizers.Adam(0.01, amsgrad=True, epsilon=1e-4)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def adamw(keras):
    """AdamW came with TensorFlow 2.11; older versions know it from TensorFlow Addons only."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="adamw")
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def lion(keras):
    """Lion came with TensorFlow 2.13: one slot, and steps of one size."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lion")
    model.compile(optimizer=keras.optimizers.Lion(0.01), loss="mean_squared_error")
    return model


def legacy_adam(keras):
    """Adam of before 2.11, kept as legacy.Adam until Keras 3 (https://github.com/nicknochnack/LipNet/issues/16)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="legacy_adam")
    model.compile(optimizer=keras.optimizers.legacy.Adam(0.01), loss="mean_squared_error")
    return model


def adam_lr_decay(keras):
    """`lr` and `decay` as old code has them (https://github.com/GantMan/nsfw_model/issues/164)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="adam_lr_decay")
    optimizer = keras.optimizers.Adam(lr=0.05, decay=0.5)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def learning_rate_schedule(keras):
    """A schedule as learning rate: an object within the optimizer's configuration."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="learning_rate_schedule")
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=1, decay_rate=0.5)
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss="mean_squared_error")
    return model


def learning_rate_warmup_objects(keras):
    """Return a schedule of one's own."""

    class Warmup(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, peak, steps):
            super().__init__()
            self.peak = peak
            self.steps = steps

        def __call__(self, step):
            cast = keras.ops.cast if hasattr(keras, "ops") else keras.backend.cast
            return self.peak * (cast(step, "float32") + 1.0) / self.steps

        def get_config(self):
            return {"peak": self.peak, "steps": self.steps}

    return {"Warmup": Warmup}


def learning_rate_warmup(keras):
    """A schedule of one's own, as in the tutorial on transformers, handed over when loading."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="learning_rate_warmup")
    schedule = learning_rate_warmup_objects(keras)["Warmup"](0.1, 10.0)
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss="mean_squared_error")
    return model


def clipped_norm(keras):
    """Gradients clipped to a small norm: a setting that shows only in the length of a step."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="clipped_norm")
    model.compile(optimizer=keras.optimizers.SGD(0.1, clipnorm=0.05), loss="mean_squared_error")
    return model


def moving_average(keras):
    """Adam with a moving average of the weights (TensorFlow 2.11): a second copy of the model."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="moving_average")
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def gradient_accumulation(keras):
    """Gradients of two batches make one step (Keras 3.1): the file is saved in between."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="gradient_accumulation")
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def loss_scale(keras):
    """LossScaleOptimizer around Adam: an optimizer in an optimizer, with a counter of its own."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="loss_scale")
    optimizer = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.Adam(0.01))
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model


def optimizer_named(keras):
    """Everything by name, as in the shortest tutorials: defaults differ where it is loaded."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="optimizer_named")
    model.compile("rmsprop", loss="mse", metrics=["mae"])
    return model
