"""The stacks that types know, and what keras is imported as there; frameworks.yaml has just these.

Apart from ``where.py``, for who reads frameworks.yaml does not wait for pydantic.
"""

from __future__ import annotations

from typing import Literal

Stack = Literal["tf.keras", "keras 2 (multi-backend)", "tf-keras", "keras 3"]
Imported = Literal["tensorflow.keras", "keras", "tf_keras"]
