"""What a rule cannot say by dropping and renaming: functions that ``rules.yaml`` names; pure.

Each changes the configuration that it is given in place and returns what it did, or None if there
was nothing to do. ``Refused``: there is no way that keeps the numbers; the text says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Refused(Exception):  # noqa: N818 - a fact about the model, not a fault
    """The layer cannot be brought across with the same numbers; the text is a whole sentence."""


@dataclass(kw_only=True)
class Layer:
    """A layer under way: its class and configuration, and what becomes of its weights.

    ``path`` names it in the whole model, ``first`` is the place of its first weight there.
    ``before`` are layers that go in front of it.
    """

    path: str
    class_name: str
    config: dict[str, Any]
    first: int = 0
    vocabulary: list[Any] | None = None
    """What it has learnt by adapting: words, or bounds of bins."""
    masked: bool = False
    """A mask may come to it."""
    within: bool = False
    """It stands in another layer."""
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    """What goes behind it: operations, or what one ``needs`` (its name and ``settings``)."""
    scaled: list[dict[str, Any]] = field(default_factory=list)


def one_axis(layer: Layer) -> str | None:
    """Write an axis as a number; tf.keras wrote it as a list of one."""
    axis = layer.config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        layer.config["axis"] = axis[0]
        return f"axis {axis} is {axis[0]}"
    return None


def vocabulary(layer: Layer) -> str | None:
    stated = layer.config.get("vocabulary")
    if layer.vocabulary is None or (isinstance(stated, list) and stated):
        return None
    if layer.config.get("output_mode") == "tf_idf":
        raise Refused(f"the layer {layer.path} weighs words by frequencies that no file states")
    layer.config["vocabulary"] = layer.vocabulary
    return f"{len(layer.vocabulary)} words are written into it"


UNSALTED = [0xDECAFCAFFE, 0xDECAFCAFFE]
"""What Hashing without a salt is written with; ``probes/across/served.py`` has it, too."""


def unstated_causal(layer: Layer) -> str | None:
    return None if "causal" in layer.config else "causal is not stated, and taken for False"


def modes_of_old(layer: Layer) -> str | None:
    """Call what an encoding gives as TensorFlow did until 2.5, which had no single category."""
    mode = layer.config.get("output_mode")
    if mode == "multi_hot":
        layer.config["output_mode"] = "binary"
        return "output_mode='multi_hot' is 'binary'"
    if mode == "one_hot":
        raise Refused(f"the layer {layer.path} has output_mode='one_hot', which is not there")
    return None


def whole_numbers(layer: Layer) -> str | None:
    if layer.config.get("output_mode", "int") != "int" or "int" in str(layer.config.get("dtype")):
        return None
    layer.config["dtype"] = "int64"
    return "its type is int64"


def unstated_salt(layer: Layer) -> str | None:
    return (
        "it hashes with the salt that is stated" if layer.config.get("salt") == UNSALTED else None
    )


def no_salt_there(layer: Layer) -> str | None:
    if layer.config.get("salt") is None:
        raise Refused(
            f"the layer {layer.path} (Hashing) has no salt: there it is written with one, by which"
            " it hashes otherwise when it is loaded"
        )
    return None


def no_padding(layer: Layer) -> str | None:
    if not layer.config.get("pad_to_max_tokens") or layer.config.get("max_tokens") is not None:
        return None
    layer.config["pad_to_max_tokens"] = False
    return "pad_to_max_tokens is False"


def boundaries(layer: Layer) -> str | None:
    if layer.vocabulary is None:
        return None
    layer.config.update(bin_boundaries=layer.vocabulary, num_bins=None)
    return f"{len(layer.vocabulary)} bounds of bins are written into it"


def dtype_name(layer: Layer) -> str | None:
    """Write a policy by its name, except where it is one that quantizes."""
    stated = layer.config.get("dtype")
    if not isinstance(stated, dict):
        return None
    config = stated.get("config")
    name = config.get("name") if isinstance(config, dict) else config
    if not isinstance(name, str) or "Quantized" in str(stated.get("class_name")):
        return None
    layer.config["dtype"] = name
    return f"its dtype policy is {name}"


def float_input(layer: Layer) -> str | None:
    if not str(layer.config.get("dtype")).startswith("int"):
        return None
    layer.config["dtype"] = "float32"
    return "its type is float32, so that its inputs are not cut to whole numbers"


def plain_name(layer: Layer) -> str | None:
    name = layer.config.get("name")
    if not isinstance(name, str) or "/" not in name:
        return None
    layer.config["name"] = name.replace("/", "_")
    return f"its name is {layer.config['name']}"


def no_lambda(layer: Layer) -> str | None:
    """Refuse a Lambda that the reader could not take apart into operations."""
    function = layer.config.get("function")
    if isinstance(function, dict) and function.get("class_name") == "function":
        return None  # found by its name
    raise Refused(
        f"the layer {layer.path} is a Lambda, which Keras 3 loads with safe_mode=False only; write"
        " it as a layer, and name the file with --custom"
    )


def old_lambda(layer: Layer) -> str | None:
    """Write a Lambda as Keras 2 does: its function by name; bytecode is of one Python."""
    function = layer.config.get("function")
    named = isinstance(function, dict) and function.get("class_name") == "function"
    if not named or not isinstance(function, dict):
        raise Refused(
            f"the layer {layer.path} is a Lambda whose bytecode is of the Python that saved it;"
            " write it as a layer, and name the file with --custom"
        )
    layer.config.update(function=function["config"], function_type="function")
    layer.config.update(output_shape=None, output_shape_type="raw")
    return "its function is called by its name"


def merged_adapter(layer: Layer) -> str | None:
    """Leave an adapter out (LoRA), which Keras saves as part of the weights beside it."""
    rank = layer.config.pop("lora_rank", None)
    layer.config.pop("lora_alpha", None)
    return None if rank is None else f"its adapter of rank {rank} is part of its weights"


def no_such_layer(layer: Layer) -> str | None:
    raise Refused(f"the layer {layer.path} is a {layer.class_name}, which there is no more")


def mirrored(layer: Layer) -> str | None:
    """Leave the way back of a Bidirectional to it, where it is what it makes by itself."""
    there, back = layer.config.get("layer"), layer.config.get("backward_layer")
    if not isinstance(there, dict) or not isinstance(back, dict):
        return None
    one, other = (_unnumbered(each.get("config") or {}) for each in (there, back))
    turned = bool(one.pop("go_backwards", False)) is not bool(other.pop("go_backwards", False))
    for config in (one, other):
        config.pop("name", None)
    if not turned or one != other or there.get("class_name") != back.get("class_name"):
        return None
    del layer.config["backward_layer"]
    return "backward_layer is what it makes by itself"


def _unnumbered(value: Any) -> Any:
    """Return a configuration without the numbers by which objects in it are told apart."""
    if isinstance(value, list):
        return [_unnumbered(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _unnumbered(one) for key, one in value.items() if key != "shared_object_id"}


def places_behind(layer: Layer) -> str | None:
    """Have a layer behind a pooling over all places put places of the size 1 back."""
    if not layer.config.pop("keepdims", False):
        return "keepdims is dropped"
    if layer.within:
        raise Refused(f"the layer {layer.path} keeps its places, within another layer")
    axis = -1 if layer.config.get("data_format") == "channels_first" else 1
    places = int(layer.class_name[-2])
    layer.after += [{"needs": "ExpandDims", "settings": {"axis": axis}}] * places
    return "operations behind it put the places back"


SLOPE = 1.2
"""new(1.2 x) = clip(1.2 x / 6 + 0.5) = clip(0.2 x + 0.5) = old(x)"""

_GATES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    # How many blocks the weights' columns are made of, and which go through the gates' function.
    "LSTM": (4, (0, 1, 3)),
    "LSTMCell": (4, (0, 1, 3)),
    "ConvLSTM1D": (4, (0, 1, 3)),
    "ConvLSTM2D": (4, (0, 1, 3)),
    "ConvLSTM3D": (4, (0, 1, 3)),
    "GRU": (3, (0, 1)),
    "GRUCell": (3, (0, 1)),
}
_LINEAR: Mapping[str, tuple[int, ...]] = {
    # Which weights a layer's sum is linear in, with its bias.
    **dict.fromkeys(("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D"), (0, 1)),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), (0, 1)),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), (0, 1)),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), (1, 2)),
}
ENDING = frozenset(_LINEAR)
"""Layers that apply their function last, so that it may stand behind them."""


def hard_sigmoid(layer: Layer) -> str | None:
    """Keep what the old formula gave, by scaling what leads to it."""
    if layer.class_name == "Activation" and layer.config.get("activation") == "hard_sigmoid":
        name = f"{layer.config['name']}_scaled"
        layer.before.append(
            {
                "class_name": "Rescaling",
                "config": {"name": name, "scale": SLOPE, "dtype": layer.config.get("dtype")},
            }
        )
        return f"a layer {name} before it multiplies by {SLOPE}"
    return _scaled(layer, SLOPE)


def hard_sigmoid_back(layer: Layer) -> str | None:
    """Keep what the formula of Keras 3 gives, by scaling what leads to it."""
    return None if layer.class_name == "Activation" else _scaled(layer, 1 / SLOPE)


def _scaled(layer: Layer, factor: float) -> str | None:
    if layer.config.get("recurrent_activation") == "hard_sigmoid" and layer.class_name in _GATES:
        if layer.config.get("activation") == "hard_sigmoid":
            raise Refused(_no_way(layer))
        blocks, gates = _GATES[layer.class_name]
        for index in range(3 if layer.config.get("use_bias", True) else 2):
            layer.scaled.append(
                {
                    "path": layer.path,
                    "index": layer.first + index,
                    "blocks": blocks,
                    "scaled": list(gates),
                    "factor": factor,
                }
            )
        return f"the weights of its gates are multiplied by {factor:.6g}"
    if layer.config.get("activation") != "hard_sigmoid":
        return None
    if layer.class_name not in _LINEAR:
        raise Refused(_no_way(layer))
    kernel, bias = _LINEAR[layer.class_name]
    indices = (kernel, bias) if layer.config.get("use_bias", True) else (kernel,)
    layer.scaled += [
        {
            "path": layer.path,
            "index": layer.first + index,
            "blocks": 1,
            "scaled": [0],
            "factor": factor,
        }
        for index in indices
    ]
    return f"its weights are multiplied by {factor:.6g}"


def _no_way(layer: Layer) -> str:
    return (
        f"the layer {layer.path} applies hard_sigmoid to what it keeps, and Keras 3 and what was"
        " before it compute different functions under that name"
    )


TRANSFORMS: Mapping[str, Callable[[Layer], str | None]] = {
    "one_axis": one_axis,
    "vocabulary": vocabulary,
    "boundaries": boundaries,
    "no_padding": no_padding,
    "unstated_salt": unstated_salt,
    "no_salt_there": no_salt_there,
    "unstated_causal": unstated_causal,
    "whole_numbers": whole_numbers,
    "modes_of_old": modes_of_old,
    "dtype_name": dtype_name,
    "float_input": float_input,
    "no_lambda": no_lambda,
    "old_lambda": old_lambda,
    "merged_adapter": merged_adapter,
    "no_such_layer": no_such_layer,
    "plain_name": plain_name,
    "hard_sigmoid": hard_sigmoid,
    "hard_sigmoid_back": hard_sigmoid_back,
    "mirrored": mirrored,
    "places_behind": places_behind,
}
