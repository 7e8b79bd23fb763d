"""Recurrent layers, whose defaults changed while their names stayed."""

INPUTS = {
    "lstm": {"sequence": ["normal", [6, 4]]},
    "gru": {"sequence": ["normal", [6, 4]]},
    "bidirectional": {"sequence": ["normal", [6, 4]]},
}


def lstm(keras):
    """LSTM over six steps, all defaults: hard_sigmoid gates in TF 1; `time_major` until Keras 3."""
    inputs = keras.Input((6, 4), name="sequence")
    state = keras.layers.LSTM(5, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="lstm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def gru(keras):
    """GRU over six steps, all defaults: TF 2 turned `reset_after` on, and the bias got two rows."""
    inputs = keras.Input((6, 4), name="sequence")
    state = keras.layers.GRU(5, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="gru")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def bidirectional(keras):
    """Wrappers around layers: a backward copy made from a configuration; weights named through."""
    inputs = keras.Input((6, 4), name="sequence")
    states = keras.layers.Bidirectional(
        keras.layers.LSTM(3, return_sequences=True, name="memory"), name="both_ways"
    )(inputs)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(2, name="each"), name="outputs")(
        states
    )
    model = keras.Model(inputs, outputs, name="bidirectional")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
