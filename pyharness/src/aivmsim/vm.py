"""A VM that is driven step by step, without a simulated world around it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _core
from .genesis import genesis_fields
from .kernels import struct
from .model import Model
from .operations import KINDS, ZERO_HASH, Address, Attest, Hash, Money, Operation
from .state import Conservation, Event, ReceiptProof, Record, State, Trace

Block = _core.Block
SignedOperation = _core.SignedOperation
VmError = _core.VmError


class VM:
    """A VM with accounts, validators, a store and a clock.

    >>> vm = aivmsim.VM(accounts={"alice": "100 LUX", "paula": "2000 LUX"})
    >>> _ = vm.execute(aivmsim.op.RegisterProvider("p-1", models=["qwen3-8b"]), sender="paula")
    >>> _ = vm.submit("SubmitTask", sender="alice", job_id="job", model_id="qwen3-8b")
    >>> _ = vm.advance(5)
    >>> vm.task("job").status
    'assigned'

    Accounts have names; a name's key and address follow from the name alone. An operation that is
    refused raises :class:`VmError` with the error's name as ``code``, and changes nothing. Use a VM
    from one thread only.

    Parameters
    ----------
    accounts : mapping of str to money, or iterable of str
        Opening balances by name; 10,000 LUX each if only names are given.
    config : mapping or str
        The published configuration, by its JSON tags (``challengeWindowBlocks``), or as JSON text.
    policy : mapping
        The protocol's parameters on top of it (``challenge_reveal_blocks``), see
        :func:`default_policy`.
    models : sequence of Model, optional
        By default the three published ones.
    validators : int or sequence of money
        Their number, with 5,000 LUX each, or their stakes. Their accounts are ``validator-0``,
        ``validator-1`` and so on.
    genesis : mapping or str, optional
        ``version``, ``message``, ``timestamp`` (seconds), ``chain_id``, ``allocations`` (a list of
        ``address`` or ``key`` in hexadecimal and ``balance``), ``providers`` (``id``, ``address``
        or ``key`` of the owner, ``models``, ``bond``; drawn from the first block on),
        ``vendor_root``, ``quote_measurements`` (what quotes may vouch for, 32 bytes each); as JSON
        text, too.
    vendor : str, optional
        The account that signs attestation evidence, where the genesis has no ``vendor_root``.
    authorisation : {"ideal", "ed25519"}
        Whether signatures are real. An ideal signature cannot be forged either, and costs less.
    backend : {"cpu", "simd", "auto", "gpu", "cuda", "hip", "vulkan", "webgpu", "metal"}
        The backend of the kernels.
    table_sizes : tuple of int
        Slots for attestations, models and anchors.
    path : path-like, optional
        The file that keeps the chain; the same arguments open it again. Without it everything is in
        memory.
    seed : int
        Decides beacons and ideal signatures.
    block_interval_ns : int
        How far :meth:`advance` moves the clock for each block.

    Raises
    ------
    VmError
        A configuration or genesis that is refused (``config``), or a file that is (``storage``).

    Examples
    --------
    >>> import aivmsim
    >>> vm = aivmsim.VM(accounts={"alice": "100 LUX", "bob": "5 LUX"})
    >>> vm.balance("bob")
    5000000000
    """

    def __init__(
        self,
        accounts: Mapping[str, Money] | Iterable[str] = (),
        *,
        config: Mapping[str, Any] | str = "{}",
        policy: Mapping[str, Any] | None = None,
        models: Sequence[Model] | None = None,
        validators: int | Sequence[Money] = 1,
        genesis: Mapping[str, Any] | str | None = None,
        vendor: str = "vendor",
        authorisation: str = "ideal",
        backend: str = "cpu",
        table_sizes: tuple[int, int, int] = (1024, 512, 4096),
        path: str | os.PathLike[str] | None = None,
        seed: int = 1,
        block_interval_ns: int = 4_000_000_000,
    ) -> None:
        if authorisation not in ("ideal", "ed25519"):
            raise ValueError(f"authorisation is {authorisation!r}; it must be ideal or ed25519")
        first = genesis_fields(genesis)
        named = (
            accounts if isinstance(accounts, Mapping) else {name: "10000 LUX" for name in accounts}
        )
        first["allocations"] += [
            (_core.address_of_name(name), balance) for name, balance in named.items()
        ]
        first["models"] = None if models is None else [model._fields() for model in models]
        first["table_sizes"] = tuple(table_sizes)
        stakes = ["5000 LUX"] * validators if isinstance(validators, int) else list(validators)
        self._vendor = vendor
        self._machine = _core.Machine(
            config=config if isinstance(config, str) else json.dumps(dict(config)),
            policy=dict(policy or {}),
            genesis=first,
            stakes=stakes,
            vendor_root=first["vendor_root"] or _core.address_of_name(vendor),
            ed25519=authorisation == "ed25519",
            backend=backend,
            path="" if path is None else os.fspath(path),
            seed=seed,
            interval_ns=block_interval_ns,
        )
        self._mode = self.config["verificationMode"]

    #: The published id of this VM, and the published version.
    ID = _core.vm_id()
    VERSION: str = _core.vm_version

    # --- Accounts

    def address(self, name: str) -> str:
        """The address of a name."""
        return self._machine.address(name)

    def set_key(self, name: str, seed: Hash) -> str:
        """Sets the key of a name from a 32-byte Ed25519 seed, and returns its address."""
        return self._machine.set_key(name, seed)

    def balance(self, account: str) -> int:
        """The free balance of a name or address, in nLUX."""
        return self._machine.state().balance(self._address(account))

    def nonce(self, account: str) -> int:
        """The greatest nonce that a name or address has used, in whatever lane."""
        return self._machine.state().nonce(self._address(account))

    def _address(self, account: str) -> str:
        return account if account.startswith("0x") and len(account) == 42 else self.address(account)

    # --- Operations

    def sign(
        self,
        operation: Operation | str,
        /,
        *,
        sender: str,
        nonce: int | None = None,
        authorization: bytes | None = None,
        inclusion_fee: int = 0,
        **fields: Any,
    ) -> SignedOperation:
        """Signs an operation without submitting it.

        Parameters
        ----------
        operation : Operation or str
            One of :mod:`aivmsim.op`, or its name with the fields as keyword arguments.
        sender : str
            The account's name.
        nonce : int, optional
            By default the account's next nonce.
        authorization : bytes, optional
            By default the account's signature.
        inclusion_fee : int
            In nLUX, paid to the proposer that includes the operation.

        Raises
        ------
        TypeError, ValueError
            A kind or field that does not exist, or a value that its field cannot hold.
        """
        if isinstance(operation, str):
            if operation not in KINDS:
                raise ValueError(
                    f'there is no operation "{operation}"; there are {", ".join(KINDS)}'
                )
            operation = KINDS[operation](**fields)
        elif fields:
            raise TypeError(
                f"{', '.join(fields)}: an operation that is made already takes no more fields"
            )
        return self._machine.sign_operation(
            sender,
            operation.kind,
            self._filled(operation, sender),
            nonce,
            authorization,
            inclusion_fee,
        )

    def _filled(self, operation: Operation, sender: str) -> dict[str, Any]:
        """The fields as the compiled half takes them, with what depends on the sender filled in."""
        fields = operation.fields()
        if operation.kind == "RegisterProvider":
            fields["wallet"] = fields["wallet"] or self.address(sender)
        elif operation.kind == "RegisterModel":
            model = fields["model"]
            fields["model"] = model._fields() if isinstance(model, Model) else dict(model)
        elif operation.kind == "SubmitTask":
            fields["mode"] = self._mode if fields["mode"] is None else fields["mode"]
        elif operation.kind == "Attest" and isinstance(fields["attestation"], Mapping):
            fields["attestation"] = struct("AttestationOp", fields["attestation"]).tobytes()
        elif operation.kind == "ModelUpdate" and isinstance(fields["update"], Mapping):
            fields["update"] = struct("ModelOp", fields["update"]).tobytes()
        return fields

    def submit(
        self, operation: Operation | SignedOperation | str, /, **how: Any
    ) -> SignedOperation:
        """Queues an operation for a block that :meth:`build` makes.

        Takes the arguments of :meth:`sign`, or its result. Authorisation, nonce, fee and room in
        the queue are checked at once, and that the sender can pay for it together with what waits.
        An operation that a block refuses later is left out of it; it stays queued if the refusal
        can pass.
        """
        signed = self._signed(operation, how)
        self._machine.submit(signed)
        return signed

    def execute(
        self,
        operation: Operation | SignedOperation | str | Sequence[SignedOperation],
        /,
        **how: Any,
    ) -> Block:
        """Makes and accepts a block of exactly this operation, or of these signed ones; does not
        use the queue.

        Raises VmError with the reason of the first operation that is refused, and then changes
        nothing.
        """
        if isinstance(operation, Sequence) and not isinstance(operation, str):
            block = self.propose(operation, **how)
        else:
            block = self.propose([self._signed(operation, how)])
        self.verify(block)
        self.accept(block)
        return block

    def refusal(self, operation: Operation | SignedOperation | str, /, **how: Any) -> str | None:
        """The error code with which a block with this operation would be refused now, or None."""
        try:
            self.propose([self._signed(operation, how)])
        except VmError as error:
            return error.code
        return None

    def _signed(
        self, operation: Operation | SignedOperation | str, how: dict[str, Any]
    ) -> SignedOperation:
        if isinstance(operation, SignedOperation):
            if how:
                raise TypeError(f"{', '.join(how)}: the operation is signed already")
            return operation
        return self.sign(operation, **how)

    # --- Blocks

    def build(self, *, timestamp_ns: int | None = None, proposer: int | None = None) -> Block:
        """Builds and verifies a block from the queue, on the preferred one.

        As an honest node it never signs two blocks on one parent (``conflict``); :meth:`propose`
        does.
        """
        return self._machine.build(timestamp_ns, proposer)

    def propose(
        self,
        operations: Sequence[SignedOperation] = (),
        *,
        parent: Block | str | None = None,
        timestamp_ns: int | None = None,
        proposer: int | None = None,
    ) -> Block:
        """A validator's block of exactly these operations, which this VM has yet to :meth:`verify`.

        Parameters
        ----------
        operations : sequence of SignedOperation
            In their order; the first that is refused is raised as VmError.
        parent : Block or str, optional
            A verified or the last accepted block; the preferred one by default.
        timestamp_ns : int, optional
            One block interval after the parent, or the present time if that is later.
        proposer : int, optional
            A validator's index; they take turns by height.
        """
        return self._machine.propose(list(operations), _id(parent), timestamp_ns, proposer)

    def parse_block(self, data: bytes) -> Block:
        """A block from its bytes. Raises VmError malformed for everything but the canonical
        encoding."""
        return Block.from_bytes(data)

    def verify(self, block: Block, now_ns: int | None = None) -> None:
        """Executes a block without accepting it; `now_ns` decides whether it is too early."""
        self._machine.verify(block, now_ns)

    def accept(self, block: Block | str) -> None:
        """Makes a verified block the last accepted one; its parent must have been that."""
        self._machine.accept(_id(block))

    def reject(self, block: Block | str) -> None:
        """Forgets a verified block; its operations go back into the queue."""
        self._machine.reject(_id(block))

    def set_preference(self, block: Block | str) -> None:
        """Sets the block on which the next ones are built."""
        self._machine.set_preference(_id(block))

    def advance(self, blocks: int = 1) -> list[Block]:
        """Builds and accepts `blocks` blocks from the queue, one interval of virtual time apart."""
        made = []
        for _ in range(blocks):
            block = self.build()
            self.accept(block)
            made.append(block)
        return made

    def advance_to(self, height: int) -> list[Block]:
        """As :meth:`advance`, until the last accepted block has this height."""
        if height < self.height:
            raise ValueError(f"block {height} is past; this is {self.height}")
        return self.advance(height - self.height)

    def restart(self) -> None:
        """Restarts the VM from its store; queued operations and unaccepted blocks are lost."""
        self._machine.restart()

    def get_block(self, block: str) -> Block:
        """A verified or accepted block by its id. Raises VmError not_found."""
        return self._machine.get_block(block)

    def block_id_at_height(self, height: int) -> str:
        """The id of an accepted block. Raises VmError not_found."""
        return self._machine.block_id_at_height(height)

    def status(self, block: Block | str) -> str:
        """Processing, accepted or unknown."""
        return self._machine.status(_id(block))

    def events(self, block: Block | str | None = None) -> list[Event]:
        """The events of a block, in order; by default of the last accepted one.

        For blocks that this object has verified or accepted; VmError not_found for others.
        """
        found = self._machine.events(self.last_accepted if block is None else _id(block))
        return [Event(name, Record(fields)) for name, fields in found]

    # --- Facts

    @property
    def height(self) -> int:
        """The height of the last accepted block."""
        return self.state.height

    @property
    def last_accepted(self) -> str:
        """The id of the last accepted block."""
        return self._machine.last_accepted

    @property
    def preferred(self) -> str:
        """The id of the block that the next one is built on."""
        return self._machine.preferred

    @property
    def genesis_id(self) -> str:
        """The id of block 0."""
        return self._machine.genesis_id

    @property
    def chain_id(self) -> int:
        """The chain id of the genesis."""
        return self._machine.chain_id

    @property
    def queued(self) -> int:
        """Operations that wait for a block."""
        return self._machine.queued

    @property
    def processing(self) -> int:
        """Blocks that are verified and neither accepted nor rejected."""
        return self._machine.processing

    @property
    def wants_block(self) -> bool:
        """Whether a block built now would have something to do."""
        return self._machine.wants_block

    @property
    def now_ns(self) -> int:
        """The clock that :meth:`verify` goes by, in nanoseconds; blocks move it, and it can be
        set."""
        return self._machine.now_ns

    @now_ns.setter
    def now_ns(self, value: int) -> None:
        self._machine.now_ns = value

    @property
    def fee_policy(self) -> Record:
        """The fees that the chain declares: ``fee_floor``, ``required_fee`` (of a task submitted
        now), ``fee_burn_bps``, ``lock_fee_bps``, ``model_fee``, ``model_deposit``; amounts in
        nLUX."""
        return Record(self._machine.fee_policy)

    @property
    def config(self) -> dict[str, Any]:
        """The published configuration by its JSON tags."""
        return json.loads(self._machine.config_json)

    @property
    def config_json(self) -> str:
        """The published configuration as JSON text."""
        return self._machine.config_json

    @property
    def policy(self) -> dict[str, Any]:
        """The protocol's parameters; money in nLUX."""
        return self._machine.policy

    @property
    def result_bond(self) -> int:
        """The part of a provider's bond that one result locks, in nLUX."""
        return self._machine.result_bond

    @property
    def state(self) -> State:
        """The state after the last accepted block."""
        return State(self._machine.state())

    def state_of(self, block: Block | str) -> State:
        """The state after a verified or the last accepted block. Raises VmError not_found for
        others."""
        return State(self._machine.state(_id(block)))

    # --- The most used queries of the present state

    def task(self, job_id: str) -> Record:
        """As :meth:`State.task`, in the present state."""
        return self.state.task(job_id)

    def tasks(self) -> list[Record]:
        """As :meth:`State.tasks`, in the present state."""
        return self.state.tasks()

    def result(self, job_id: str) -> list[Record]:
        """As :meth:`State.result`, in the present state."""
        return self.state.result(job_id)

    def provider(self, provider_id: str) -> Record:
        """As :meth:`State.provider`, in the present state."""
        return self.state.provider(provider_id)

    def providers(self) -> list[Record]:
        """As :meth:`State.providers`, in the present state."""
        return self.state.providers()

    def disputes(self, job_id: str | None = None) -> list[Record]:
        """As :meth:`State.disputes`, in the present state."""
        return self.state.disputes(job_id)

    def receipts(self) -> list[Record]:
        """As :meth:`State.receipts`, in the present state."""
        return self.state.receipts()

    def merkle_root(self) -> str:
        """As :meth:`State.merkle_root`, in the present state."""
        return self.state.merkle_root()

    def conservation(self) -> Conservation:
        """As :meth:`State.conservation`, in the present state."""
        return self.state.conservation()

    def truth(self, job_id: str) -> int:
        """As :meth:`State.truth`, in the present state."""
        return self.state.truth(job_id)

    def stats(self) -> Record:
        """The statistics that ``GET /stats`` answers with; money in nLUX."""
        state = self.state
        totals, receipts, providers = state.totals(), state.receipts(), state.providers()
        return Record(
            tasks_pending=len(state.tasks()) - totals["tasks_completed"] - totals["tasks_failed"],
            tasks_completed=totals["tasks_completed"],
            tasks_failed=totals["tasks_failed"],
            providers_total=len(providers),
            providers_active=sum(provider["status"] == "active" for provider in providers),
            models_available=len(state.models()),
            total_minted=totals["minted"],
            epoch_rewards=self._epoch_rewards(state, receipts),
            receipts_processed=len(receipts),
        )

    def _epoch_rewards(self, state: State, receipts: list[Record]) -> int:
        """The amount paid to providers for tasks that became final in the present epoch."""
        paid = 0
        for receipt in reversed(receipts):
            block = self.get_block(self.block_id_at_height(receipt["height"]))
            if block.timestamp_ns < state.head["epoch_started_ns"]:
                break
            paid += receipt["paid"]
        return paid

    # --- Values that actors compute off the chain

    def claim_commitment(self, claim: int, salt: Hash, challenger: str) -> str:
        """The hash of a :class:`aivmsim.op.Challenge` by this account."""
        return claim_commitment(claim, salt, self._address(challenger))

    def commitment(self, job_id: str, operator: str, answer: int, nonce: Hash) -> str:
        """The hash of a :class:`aivmsim.op.Commit` by the owner of a provider."""
        return self._machine.result_commitment(job_id, self._address(operator), answer, nonce)

    def evidence(self, provider_id: str, *, vendor: str | None = None, **fields: Any) -> bytes:
        """Attestation evidence for a provider, signed by the vendor's account, or by another one to
        forge it.

        Fields: ``mode`` (hardware, software), ``device_id``, ``model``, ``timestamp_ns`` (now),
        ``nonce``; of hardware ``spdm_report``, ``cc_enabled``, ``tee_io_enabled``,
        ``rim_verified``; of software ``benchmark_hash``, ``benchmark_time_ms``, ``driver_version``,
        ``provider_key``, ``provider_signature``.
        """
        return self._machine.sign_evidence(
            {"timestamp_ns": self.now_ns} | fields, provider_id, vendor or self._vendor
        )

    def quote(self, provider_id: str, *, vendor: str | None = None, **fields: Any) -> bytes:
        """The quote of a CPU for a provider, signed by the vendor's account, or by another one to
        forge it. It counts if its measurement is one of the genesis's ``quote_measurements``.

        Fields: ``type`` (sgx, sev_snp, tdx), ``measurement``, ``version``, ``quote``,
        ``report_data``, ``timestamp_ns`` (now), ``nonce``.
        """
        return self._machine.sign_quote(
            {"timestamp_ns": self.now_ns} | fields, provider_id, vendor or self._vendor
        )

    def verify_attestation(self, evidence: bytes, provider_id: str) -> Record:
        """The verdict on evidence or a quote, as a DeviceStatus: attested or not, trust score,
        vendor, mode, and the provider's ``job_history`` on the accepted chain. Raises VmError
        ``malformed``."""
        return Record(self._machine.verify_evidence(evidence, provider_id))

    #: The published name.
    verify_gpu_attestation = verify_attestation

    def attestation(self, evidence: bytes, provider_id: str, **fields: Any) -> Attest:
        """The operation that submits this evidence with its digest; `fields` as in the ABI."""
        digest = _core.keccak256(evidence)
        return Attest(
            provider_id,
            {"tee_quote_digest": digest, "attesting_key": b"\x01" * 48} | fields,
            evidence,
        )

    def __repr__(self) -> str:
        return f"<VM at block {self.height} {self.last_accepted[:10]}, {self.queued} queued>"


def _id(block: Block | str | None) -> Any:
    return block.id if isinstance(block, Block) else block


def claim_commitment(claim: int, salt: Hash, challenger: Address) -> str:
    """keccak(claimed output || salt || challenger's address): the hash of a challenge.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.claim_commitment(7, "0x" + "00" * 32, aivmsim.DEV_ACCOUNT)[:2]
    '0x'
    """
    return _core.claim_commitment(claim, salt, challenger)


def keccak256(data: bytes) -> bytes:
    """Keccak-256 with the legacy padding, as the protocol uses it; not SHA3-256.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.keccak256(b"").hex()[:8]
    'c5d24601'
    """
    return _core.keccak256(data)


def default_config(permissioned: bool = False) -> dict[str, Any]:
    """The published configuration, or its permissioned variant, by its JSON tags.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.default_config()["challengeWindowBlocks"]
    100
    """
    return json.loads(_core.default_config_json(permissioned))


def default_policy() -> dict[str, Any]:
    """The protocol's own parameters with their defaults; money in nLUX, rates in basis points,
    windows in blocks.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.default_policy()["challenge_reveal_blocks"] > 0
    True
    """
    return _core.default_policy()


__all__ = [
    "VM",
    "ZERO_HASH",
    "Block",
    "Conservation",
    "Event",
    "Model",
    "ReceiptProof",
    "Record",
    "SignedOperation",
    "State",
    "Trace",
    "VmError",
    "claim_commitment",
    "default_config",
    "default_policy",
    "keccak256",
]
