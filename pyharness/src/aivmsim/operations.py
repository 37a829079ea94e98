"""The seventeen operations that a block can carry, for :meth:`aivmsim.VM.submit` and
:meth:`aivmsim.VM.execute`.

Money is nLUX as an integer, or text with a unit such as ``"5 LUX"``. Hashes and addresses are text
``"0x..."`` or bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

Money = int | str
#: 32 bytes, or ``"0x"`` and 64 digits; for addresses 20 bytes and 40 digits.
Hash = str | bytes
Address = str | bytes

ZERO_HASH = "0x" + 64 * "0"
#: keccak of nothing: the embedding digest of a model that defines no embedding.
EMPTY_DIGEST = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


class Operation:
    """The base of all operations.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.WithdrawBond("p-1")
    >>> op.kind, op.fields()
    ('WithdrawBond', {'provider_id': 'p-1'})
    """

    #: The operation's name in the protocol.
    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__

    def fields(self) -> dict[str, Any]:
        """The fields by name."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in fields}


@dataclasses.dataclass(frozen=True)
class RegisterProvider(Operation):
    """Locks a bond and offers models. Without a wallet, rewards go to the sender.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.RegisterProvider("p-1", ["qwen3-8b"], bond="2000 LUX")
    >>> op.bond
    '2000 LUX'
    """

    provider_id: str
    models: Sequence[str]
    bond: Money = "1000 LUX"
    wallet: Address | None = None
    endpoint: str = ""
    evidence: bytes = b""


@dataclasses.dataclass(frozen=True)
class DeregisterProvider(Operation):
    """Stops new work at once, and starts the cooldown.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.DeregisterProvider("p-1")
    >>> op.provider_id
    'p-1'
    """

    provider_id: str


@dataclasses.dataclass(frozen=True)
class WithdrawBond(Operation):
    """Withdraws the bond after the cooldown, when no obligation is open.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.WithdrawBond("p-1")
    >>> op.provider_id
    'p-1'
    """

    provider_id: str


@dataclasses.dataclass(frozen=True)
class RegisterModel(Operation):
    """Registers a model on the chain; see :class:`aivmsim.Model`. Its owner is the sender.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.RegisterModel(aivmsim.Model("mine", bytes(672), bytes(32)))
    >>> op.model.id
    'mine'
    """

    model: Any
    license_root: Hash = ZERO_HASH


@dataclasses.dataclass(frozen=True)
class SubmitTask(Operation):
    """Asks for the model's answer to one of its feature rows.

    `mode` is optimistic, redundant or tee; by default that of the chain's configuration.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.SubmitTask("job", "qwen3-8b", input_row=3, fee="2 LUX")
    >>> op.input_row
    3
    """

    job_id: str
    model_id: str
    input_row: int = 0
    fee: Money = "1 LUX"
    mode: str | int | None = None
    type: str | int = "inference"


@dataclasses.dataclass(frozen=True)
class Commit(Operation):
    """Redundant mode: a hidden answer; :meth:`aivmsim.VM.commitment` makes the hash.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.Commit("job", "p-1", "0x" + "00" * 32)
    >>> op.kind
    'Commit'
    """

    job_id: str
    provider_id: str
    commitment: Hash


@dataclasses.dataclass(frozen=True)
class Reveal(Operation):
    """Redundant mode: opens a commitment. The default embedding digest is that of empty bytes.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.Reveal("job", "p-1", answer=7, nonce="0x" + "00" * 32)
    >>> op.answer
    7
    """

    job_id: str
    provider_id: str
    answer: int
    nonce: Hash
    embedding_digest: Hash = EMPTY_DIGEST


@dataclasses.dataclass(frozen=True)
class SubmitResult(Operation):
    """The assigned provider's answer; for models of several steps with the root of its trace.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.SubmitResult("job", "p-1", answer=7)
    >>> op.compute_time_ms
    50
    """

    job_id: str
    provider_id: str
    answer: int
    trace_root: Hash = ZERO_HASH
    compute_time_ms: int = 50


@dataclasses.dataclass(frozen=True)
class Challenge(Operation):
    """Disputes a posted answer; :func:`aivmsim.claim_commitment` makes the hash.

    The claim is public only under the policy ``challenge_in_clear``.

    It names a job, not an answer: it disputes whatever answer of the job stands in the block that
    it gets into. Kept out of blocks until the answer it was made for was slashed and the job
    answered again, it meets the new answer; if that is the true one, the challenge claims what is
    posted, and loses its bond. Nobody can recall an operation, but a later one of the same sender
    makes it stale, as nonces only grow.

    Examples
    --------
    >>> import aivmsim
    >>> hidden = aivmsim.claim_commitment(7, "0x" + "00" * 32, aivmsim.DEV_ACCOUNT)
    >>> op = aivmsim.op.Challenge("job", hidden)
    >>> op.claim is None
    True
    """

    job_id: str
    commitment: Hash
    claim: int | None = None


@dataclasses.dataclass(frozen=True)
class ChallengeReveal(Operation):
    """Opens a challenge.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.ChallengeReveal("job", claim=7, salt="0x" + "00" * 32)
    >>> op.claim
    7
    """

    job_id: str
    claim: int
    salt: Hash


@dataclasses.dataclass(frozen=True)
class DisputeMove(Operation):
    """One move of a bisection.

    The provider opens a step (``opens=True``, with input, output and proof); the challenger judges
    it (``agrees``).

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.DisputeMove("job", challenger="carol", agrees=True)
    >>> op.opens
    False
    """

    job_id: str
    challenger: Address
    opens: bool = False
    input: Hash = ZERO_HASH
    output: int = 0
    proof: Sequence[Hash] = ()
    agrees: bool = False


@dataclasses.dataclass(frozen=True)
class ClaimRewards(Operation):
    """Pays a provider's credit to its wallet.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.ClaimRewards("p-1")
    >>> op.kind
    'ClaimRewards'
    """

    provider_id: str


@dataclasses.dataclass(frozen=True)
class Attest(Operation):
    """Puts an attestation into the kernel's table, in the slot of the provider's device.

    `attestation` holds the fields of the ABI's ``AttestationOp``; the evidence must verify.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.Attest("p-1", attestation={"op_kind": 0}, evidence=b"")
    >>> op.provider_id
    'p-1'
    """

    provider_id: str
    attestation: Mapping[str, Any] | bytes
    evidence: bytes = b""


@dataclasses.dataclass(frozen=True)
class ModelUpdate(Operation):
    """Changes a registered model's entry; `update` holds the fields of the ABI's ``ModelOp``.

    An update of weights (kind 1) carries them, as the bytes of the ABI's ``InferenceWeights``.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.ModelUpdate({"op_kind": 2})
    >>> op.weights
    b''
    """

    update: Mapping[str, Any] | bytes
    weights: bytes = b""


@dataclasses.dataclass(frozen=True)
class Evidence(Operation):
    """Two different blocks that one validator signed on one parent; `slot` is their height.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.Evidence(0, 7, "0x00", "0x01", b"", "0x02", b"")
    >>> op.slot
    7
    """

    validator: int
    slot: int
    parent: Hash
    first_id: Hash
    first_authorization: bytes
    second_id: Hash
    second_authorization: bytes


@dataclasses.dataclass(frozen=True)
class AddBond(Operation):
    """Adds to an active provider's bond; one below the minimum is not drawn for tasks.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.AddBond("p-1", "500 LUX")
    >>> op.amount
    '500 LUX'
    """

    provider_id: str
    amount: Money


@dataclasses.dataclass(frozen=True)
class RetireModel(Operation):
    """Ends a model, which takes no more tasks, and returns its deposit to its owner.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.RetireModel("mine")
    >>> op.model_id
    'mine'
    """

    model_id: str


@dataclasses.dataclass(frozen=True)
class JoinValidators(Operation):
    """Locks a stake: the sender validates from the next epoch on, or adds to its stake.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.JoinValidators("5000 LUX", "0x" + "00" * 32)
    >>> op.stake
    '5000 LUX'
    """

    stake: Money
    beacon_commitment: Hash


@dataclasses.dataclass(frozen=True)
class WithdrawStake(Operation):
    """Leaves the set of validators; once the cooldown is over, a second one takes the stake.

    Examples
    --------
    >>> import aivmsim
    >>> op = aivmsim.op.WithdrawStake()
    >>> op.fields()
    {}
    """


#: Every kind by its name.
KINDS: dict[str, type[Operation]] = {kind.__name__: kind for kind in Operation.__subclasses__()}
