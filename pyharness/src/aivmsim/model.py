"""Models as the chain holds them."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

from . import _core
from .kernels import struct

_ROW_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Model:
    """An int8 network and the feature rows that tasks name.

    Attributes
    ----------
    id : str
        The name that tasks and providers use.
    weights : bytes
        The ABI's ``InferenceWeights``, 672 bytes.
    rows : bytes
        32 bytes per row.
    steps : int
        Inference steps of one answer; each step's output is the last byte of the next one's input.
    compute_time_ms : int
        The registered time of one answer, for the tiered reward schedule.

    Examples
    --------
    >>> import aivmsim
    >>> model = aivmsim.Model("mine", weights=bytes(672), rows=bytes(64))
    >>> len(model.rows) // 32
    2
    """

    id: str
    weights: bytes
    rows: bytes
    steps: int = 1
    compute_time_ms: int = 50

    @classmethod
    def drawn(cls, id: str, steps: int = 1, rows: int = 256, compute_time_ms: int = 50) -> Model:
        """A model drawn from its name, the same on every machine; its answers are spread evenly."""
        stream = hashlib.shake_256(f"aivmsim model {id}".encode()).digest(
            512 + 64 + 16 + 4 + _ROW_BYTES * rows
        )
        numbers = np.frombuffer(stream, np.uint8).astype(np.int64)
        biases = np.frombuffer(stream[512:576], "<u4").astype(np.int64)
        weights = struct(
            "InferenceWeights",
            {
                "w1": (numbers[:512] % 128 - 64).astype(np.int8).tobytes(),
                "b1": biases % 8192 - 4096,
                "w2": (numbers[576:592] % 64 - 32).astype(np.int8).tobytes(),
                "b2": int(np.frombuffer(stream[592:596], "<u4")[0]) % 1024 - 512,
                "shift1": 8,
                "shift2": 3,
            },
        )
        weights["model_hash"][0] = np.frombuffer(_core.weights_digest(weights), np.uint8)
        return cls(id, weights.tobytes(), stream[596:], steps, compute_time_ms)

    def _fields(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
