"""Recurrent layers with every setting that changed, moved or went."""

INPUTS = {
    "simple_rnn": {"sequence": ["normal", [5, 3]]},
    "gru_reset_after": {"sequence": ["normal", [5, 3]]},
    "gru_reset_before": {"sequence": ["normal", [5, 3]]},
    "lstm_sigmoid": {"sequence": ["normal", [5, 3]]},
    "lstm_hard_sigmoid": {"sequence": ["normal", [5, 3]]},
    "lstm_time_major": {"sequence": ["normal", [5, 3]]},
    "lstm_unrolled": {"sequence": ["normal", [5, 3]]},
    "lstm_backwards": {"sequence": ["normal", [5, 3]]},
    "rnn_stateful": {"sequence": ["normal", [60, 2]]},
    "bidirectional_sum": {"sequence": ["normal", [5, 3]]},
    "bidirectional_apart": {"sequence": ["normal", [5, 3]]},
    "bidirectional_two_layers": {"sequence": ["normal", [5, 3]]},
    "stacked_cells": {"sequence": ["normal", [5, 3]]},
    "own_cell": {"sequence": ["normal", [5, 3]]},
    "encoder_decoder": {"question": ["normal", [5, 3]], "answer": ["normal", [4, 2]]},
    "conv_lstm": {"film": ["normal", [3, 5, 5, 2]]},
    "masked_lstm": {"sequence": ["normal", [5, 3]]},
    "time_distributed": {"film": ["normal", [3, 4, 4, 2]]},
}


def simple_rnn(keras):
    """SimpleRNN by default, twice: its configuration held `time_major` until Keras 3."""
    inputs = keras.Input((5, 3), name="sequence")
    states = keras.layers.SimpleRNN(4, return_sequences=True, name="first")(inputs)
    state = keras.layers.SimpleRNN(3, name="second")(states)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="simple_rnn")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def gru_reset_after(keras):
    """The bias has two rows where `reset_after` is on, whatever a version's default."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.GRU(4, reset_after=True, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="gru_reset_after")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def gru_reset_before(keras):
    """The GRU of TensorFlow 1 (https://github.com/tensorflow/tensorflow/issues/43960)."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.GRU(4, reset_after=False, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="gru_reset_before")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lstm_sigmoid(keras):
    """LSTM with nothing left to defaults that changed: gates, bias of the forget gate, kernel."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.LSTM(
        4,
        activation="tanh",
        recurrent_activation="sigmoid",
        unit_forget_bias=False,
        implementation=1,
        name="memory",
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="lstm_sigmoid")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def lstm_hard_sigmoid(keras):
    """Keras 3 has another hard_sigmoid (https://github.com/tensorflow/tensorflow/issues/47495)."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.LSTM(4, recurrent_activation="hard_sigmoid", name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="lstm_hard_sigmoid")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lstm_time_major(keras):
    """Keras 3 has no `time_major`, set or not (https://github.com/keras-team/keras/issues/20750)."""
    import tensorflow as tf

    memory = keras.layers.LSTM(4, time_major=True, name="memory")
    inputs = keras.Input((5, 3), name="sequence")
    turned = tf.transpose(inputs, [1, 0, 2])
    outputs = keras.layers.Dense(2, name="outputs")(memory(turned))
    model = keras.Model(inputs, outputs, name="lstm_time_major")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lstm_unrolled(keras):
    """`unroll` and recurrent dropout of zero: settings that choose another implementation."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.LSTM(4, unroll=True, use_bias=False, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="lstm_unrolled")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lstm_backwards(keras):
    """`go_backwards` with sequences returned: they come in reversed order, which must stay."""
    inputs = keras.Input((5, 3), name="sequence")
    states = keras.layers.LSTM(4, go_backwards=True, return_sequences=True, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(states)
    model = keras.Model(inputs, outputs, name="lstm_backwards")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def rnn_stateful(keras):
    """A stateful layer needs its batch size; sixty steps make it forget what it began with."""
    inputs = keras.Input(batch_shape=(4, 60, 2), name="sequence")
    state = keras.layers.SimpleRNN(2, stateful=True, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="rnn_stateful")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def bidirectional_sum(keras):
    """Bidirectional with `merge_mode` sum, around a GRU: the backward copy takes its settings."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.Bidirectional(
        keras.layers.GRU(3, name="memory"), merge_mode="sum", name="both_ways"
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="bidirectional_sum")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def bidirectional_apart(keras):
    """Bidirectional with `merge_mode=None` gives two outputs: None must survive JSON."""
    inputs = keras.Input((5, 3), name="sequence")
    forward, backward = keras.layers.Bidirectional(
        keras.layers.LSTM(3, name="memory"), merge_mode=None, name="both_ways"
    )(inputs)
    outputs = [
        keras.layers.Dense(2, name="from_start")(forward),
        keras.layers.Dense(1, name="from_end")(backward),
    ]
    model = keras.Model(inputs, outputs, name="bidirectional_apart")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=["mean_squared_error"] * 2)
    return model


def bidirectional_two_layers(keras):
    """A `backward_layer` of one's own (TensorFlow 2.1): two layers in one wrapper."""
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.Bidirectional(
        keras.layers.LSTM(3, name="forward"),
        backward_layer=keras.layers.GRU(3, go_backwards=True, name="backward"),
        name="both_ways",
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="bidirectional_two_layers")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def stacked_cells(keras):
    """RNN over a list of cells, which becomes StackedRNNCells: a list in a configuration."""
    inputs = keras.Input((5, 3), name="sequence")
    cells = [keras.layers.LSTMCell(3, name="first"), keras.layers.GRUCell(4, name="second")]
    state = keras.layers.RNN(cells, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="stacked_cells")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def own_cell_objects(keras):
    """Return a cell that forgets half of its state at every step."""

    class HalfCell(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = units
            self.output_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(
                name="kernel", shape=(int(input_shape[-1]), self.units), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs, states, training=None):
            dot = getattr(keras, "ops", keras.backend).dot
            state = states[0] if isinstance(states, (list, tuple)) else states
            output = dot(inputs, self.kernel) + state * 0.5
            return output, [output]

        def get_config(self):
            config = super().get_config()
            config["units"] = self.units
            return config

    return {"HalfCell": HalfCell}


def own_cell(keras):
    """A cell of one's own inside RNN: a custom class two levels down in the configuration."""
    cell = own_cell_objects(keras)["HalfCell"](3, name="cell")
    inputs = keras.Input((5, 3), name="sequence")
    state = keras.layers.RNN(cell, name="memory")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="own_cell")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def encoder_decoder(keras):
    """States of one LSTM begin another: layers called with keyword arguments that are tensors."""
    question = keras.Input((5, 3), name="question")
    answer = keras.Input((4, 2), name="answer")
    _, hidden, carry = keras.layers.LSTM(4, return_state=True, name="encoder")(question)
    states = keras.layers.LSTM(4, return_sequences=True, name="decoder")(
        answer, initial_state=[hidden, carry]
    )
    outputs = keras.layers.Dense(2, name="outputs")(states)
    model = keras.Model([question, answer], outputs, name="encoder_decoder")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def conv_lstm(keras):
    """ConvLSTM2D: hard_sigmoid gates by default until Keras 3, in a base class rewritten twice."""
    inputs = keras.Input((3, 5, 5, 2), name="film")
    features = keras.layers.ConvLSTM2D(2, 3, name="memory")(inputs)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="conv_lstm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def masked_lstm(keras):
    """Masking in front of an LSTM: a mask changes how it computes, with no value masked."""
    inputs = keras.Input((5, 3), name="sequence")
    masked = keras.layers.Masking(mask_value=-9.0, name="masking")(inputs)
    states = keras.layers.LSTM(4, return_sequences=True, name="memory")(masked)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(2, name="each"), name="outputs")(
        states
    )
    model = keras.Model(inputs, outputs, name="masked_lstm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def time_distributed(keras):
    """TimeDistributed around a whole model, as for frames of a film: a model inside a layer."""
    frame = keras.Input((4, 4, 2), name="frame")
    features = keras.layers.Conv2D(3, 2, activation="tanh", name="convolution")(frame)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    seeing = keras.Model(frame, features, name="seeing")

    inputs = keras.Input((3, 4, 4, 2), name="film")
    features = keras.layers.TimeDistributed(seeing, name="each_frame")(inputs)
    state = keras.layers.SimpleRNN(3, name="memory")(features)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(inputs, outputs, name="time_distributed")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
