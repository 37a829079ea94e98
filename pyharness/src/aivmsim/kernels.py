"""The six kernels over numpy arrays and other buffers, for test suites that drive them with vectors
of their own.

Arguments are contiguous buffers: arrays of the types in :data:`DTYPES`, ``bytes``, ``bytearray``;
``None`` is a null pointer. Tables and outputs are written in place. Every kernel returns its code,
0 for success; with another code no output byte has changed. `backend` is ``"cpu"``, the canonical
kernels, or ``"simd"``, which must return the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from . import _core

#: The fourteen ABI structures as numpy types, without hidden padding. Fields of bytes are arrays of
#: ``uint8``.
DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(
        [(field, *kind) if isinstance(kind, tuple) else (field, kind) for field, kind in fields]
    )
    for name, fields in _core.abi_layouts().items()
}


def struct(name: str, fields: Mapping[str, Any] | None = None) -> np.ndarray[Any, Any]:
    """One structure as an array of one element.

    Parameters
    ----------
    name : str
        A name of :data:`DTYPES`.
    fields : mapping, optional
        Values by field: integers, lists of integers, and bytes or hexadecimal text. What is left
        out is zero.

    Raises
    ------
    KeyError
        The structure, or one of its fields, does not exist.
    ValueError
        A value of another length than its field.

    Examples
    --------
    >>> from aivmsim import kernels
    >>> kernels.struct("AttestationOp").shape
    (1,)
    """
    out = np.zeros(1, DTYPES[name])
    for field, value in (fields or {}).items():
        if field not in (DTYPES[name].names or ()):
            raise KeyError(
                f"{name} has no field {field!r}; there are {', '.join(DTYPES[name].names or ())}"
            )
        target = DTYPES[name][field]
        if target.base == np.uint8:
            raw = (
                bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
            )
            if len(raw) != target.itemsize:
                raise ValueError(
                    f"{name}.{field} has {len(raw)} bytes; it must have {target.itemsize}"
                )
            out[field][0] = np.frombuffer(raw, np.uint8)
        else:
            out[field][0] = int(value) if isinstance(value, str) else value
    return out


def structs(name: str, rows: Iterable[Mapping[str, Any]]) -> np.ndarray[Any, Any]:
    """An array of structures, one for each mapping of fields as in :func:`struct`.

    Examples
    --------
    >>> from aivmsim import kernels
    >>> kernels.structs("AttestationOp", [{}, {}]).shape
    (2,)
    """
    parts = [struct(name, row) for row in rows]
    return np.concatenate(parts) if parts else np.zeros(0, DTYPES[name])


def attestation_apply(desc: Any, ops: Any, table: Any, backend: str = "cpu") -> tuple[int, int]:
    """Inserts or updates attestations. Returns the code and how many operations took effect.

    Only the first ``desc.attestation_op_count`` operations are read; raises ValueError when fewer
    are there.

    Examples
    --------
    >>> import numpy as np
    >>> from aivmsim import kernels
    >>> table = np.zeros(4, kernels.DTYPES["Attestation"])
    >>> none = kernels.structs("AttestationOp", [])
    >>> kernels.attestation_apply(kernels.struct("AIVMRoundDescriptor"), none, table)
    (0, 0)
    """
    return _core.attestation_apply(desc, ops, table, backend)


def provenance_apply(desc: Any, ops: Any, table: Any, backend: str = "cpu") -> tuple[int, int]:
    """Registers, updates, re-licenses or transfers models. As :func:`attestation_apply`.

    Examples
    --------
    >>> import numpy as np
    >>> from aivmsim import kernels
    >>> table = np.zeros(4, kernels.DTYPES["ModelRegistryEntry"])
    >>> none = kernels.structs("ModelOp", [])
    >>> kernels.provenance_apply(kernels.struct("AIVMRoundDescriptor"), none, table)
    (0, 0)
    """
    return _core.provenance_apply(desc, ops, table, backend)


def anchor_apply(desc: Any, ops: Any, table: Any, backend: str = "cpu") -> tuple[int, int]:
    """Appends anchors that continue the chain of roots. As :func:`attestation_apply`.

    Examples
    --------
    >>> import numpy as np
    >>> from aivmsim import kernels
    >>> table = np.zeros(4, kernels.DTYPES["AuditAnchor"])
    >>> none = kernels.structs("AnchorOp", [])
    >>> kernels.anchor_apply(kernels.struct("AIVMRoundDescriptor"), none, table)
    (0, 0)
    """
    return _core.anchor_apply(desc, ops, table, backend)


def epoch_transition(
    desc: Any,
    attestations: Any,
    models: Any,
    anchors: Any,
    epoch: Any,
    result: Any,
    backend: str = "cpu",
) -> int:
    """Marks expired attestations, folds the three tables into roots and moves the epoch; returns
    the code.

    `attestations`, `epoch` and `result` are written.

    Examples
    --------
    >>> import numpy as np
    >>> from aivmsim import kernels
    >>> names = ("Attestation", "ModelRegistryEntry", "AuditAnchor")
    >>> tables = [np.zeros(4, kernels.DTYPES[name]) for name in names]
    >>> made = [kernels.struct(name) for name in ("AIVMEpochState", "AIVMTransitionResult")]
    >>> kernels.epoch_transition(kernels.struct("AIVMRoundDescriptor"), *tables, *made)
    0
    """
    return _core.epoch_transition(desc, attestations, models, anchors, epoch, result, backend)


def inference_step(
    weights: Any, ops: Any, inputs: Any, outputs: Any, results: Any, backend: str = "cpu"
) -> int:
    """Runs a batch of int8 inferences; returns the code.

    `inputs` has 32 bytes and `outputs` one byte for each operation; `outputs` and `results` are
    written.

    Examples
    --------
    >>> import numpy as np
    >>> from aivmsim import kernels
    >>> outputs, results = np.zeros(1, np.uint8), kernels.struct("InferenceResult")
    >>> weights, ops = kernels.struct("InferenceWeights"), kernels.struct("InferenceOp")
    >>> kernels.inference_step(weights, ops, bytes(32), outputs, results)
    0
    """
    return _core.inference_step(weights, ops, inputs, outputs, results, backend)


def proof_verify(ops: Any, results: Any, backend: str = "cpu") -> int:
    """Checks proofs, one result per operation; returns the code.

    Examples
    --------
    >>> from aivmsim import kernels
    >>> kernels.proof_verify(kernels.struct("ProofVerifyOp"), kernels.struct("ProofVerifyResult"))
    0
    """
    return _core.proof_verify(ops, results, backend)
