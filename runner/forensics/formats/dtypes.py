"""TensorFlow's numbers for types (``types.proto``) by the names that Keras uses."""

from __future__ import annotations

_NAMES = [
    "invalid",
    "float32",
    "float64",
    "int32",
    "uint8",
    "int16",
    "int8",
    "string",
    "complex64",
    "int64",
    "bool",
    "qint8",
    "quint8",
    "qint32",
    "bfloat16",
    "qint16",
    "quint16",
    "uint16",
    "complex128",
    "float16",
    "resource",
    "variant",
    "uint32",
    "uint64",
    "float8_e5m2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e4m3b11fnuz",
    "float8_e5m2fnuz",
    "int4",
    "uint4",
    "int2",
    "uint2",
]

BYTES = {
    "float32": 4,
    "float64": 8,
    "int32": 4,
    "uint8": 1,
    "int16": 2,
    "int8": 1,
    "complex64": 8,
    "int64": 8,
    "bool": 1,
    "bfloat16": 2,
    "uint16": 2,
    "complex128": 16,
    "float16": 2,
    "uint32": 4,
    "uint64": 8,
}

_REFERENCE = 100  # added to a type by graphs of TensorFlow 1


def of_number(number: int) -> str:
    """Return a type's name; one that is not known keeps its number."""
    if number > _REFERENCE:
        number -= _REFERENCE
    return _NAMES[number] if 0 < number < len(_NAMES) else f"type {number}"
