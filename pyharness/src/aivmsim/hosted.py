"""What a consensus host calls, whichever items it decides: blocks (:class:`ChainVM`) or vertices
(:class:`DagVM`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from . import _core
from .operations import Hash, Money
from .state import Record

Cancel = _core.Cancel

#: The account that every request acts for on a chain opened with ``dev=True``.
DEV_ACCOUNT: str = _core.dev_account

#: The states of a host, in the order of their published numbers.
HOST_STATES = ("initializing", "state_syncing", "bootstrapping", "normal_operation")
HostState = Literal["initializing", "state_syncing", "bootstrapping", "normal_operation"]


def genesis_validator(seed: Hash, stake: Money = "5000 LUX") -> dict[str, str]:
    """The entry of a genesis's ``validators`` for the VM that is initialized with this seed.

    Examples
    --------
    >>> import aivmsim
    >>> sorted(aivmsim.genesis_validator("0x" + "01" * 32, "5000 LUX"))
    ['address', 'beacon_commitment', 'stake']
    """
    return _core.genesis_validator(seed, stake)


class Health(NamedTuple):
    """The answer of a health check.

    Examples
    --------
    >>> import aivmsim
    >>> vm = aivmsim.ChainVM()
    >>> vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    >>> vm.health_check().healthy
    True
    """

    healthy: bool
    details: dict[str, Any]


class HttpResponse(NamedTuple):
    """The answer to a request. ``allow`` names the methods of the path when the status is 405.

    Examples
    --------
    >>> import aivmsim
    >>> vm = aivmsim.ChainVM()
    >>> vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    >>> vm.set_state("normal_operation")
    >>> vm.request("GET", "/health", now_ns=1_700_000_100_000_000_000).status
    200
    """

    status: int
    body: Any
    allow: str


class HostedVM:
    """The published life cycle. The VM has no clock and no thread, so times are arguments, in
    nanoseconds. A call that the VM refuses raises :class:`VmError` with the error's name as
    ``code``."""

    def __init__(self, vm: Any) -> None:
        self._vm = vm
        self._handler: _core.HttpHandler | None = None  # of requests, while the VM is open

    #: The published version.
    VERSION: str = _core.vm_version

    # --- Life cycle

    def initialize(
        self,
        genesis: Mapping[str, Any] | str,
        *,
        config: Mapping[str, Any] | str = "{}",
        policy: Mapping[str, Any] | None = None,
        dag: Mapping[str, Any] | None = None,
        seed: Hash = b"\0" * 32,
        path: str | os.PathLike[str] | None = None,
        dev: bool = False,
    ) -> None:
        """Opens the chain, or creates it.

        Parameters
        ----------
        genesis : mapping or str
            The published JSON: ``version``, ``message``, ``timestamp`` (seconds), and optionally
            ``chain_id``, ``allocations``, ``validators``, ``providers``, ``models``,
            ``table_sizes``, ``vendor_root``, ``quote_measurements``. Without validators this VM is
            the only one.
        config : mapping or str
            The published configuration, by its JSON tags.
        policy : mapping
            The protocol's parameters on top of it, see :func:`default_policy`.
        dag : mapping
            Those of a DAG: ``conflict_key`` ("job" or "operation"), ``cut_interval_ns``,
            ``cut_vertices_max``, ``vertices_in_flight``. A :class:`ChainVM` refuses them.
        seed : bytes or str
            32 bytes: the Ed25519 seed of the validator, which also decides its beacon secrets. If
            the genesis has validators, one is :func:`genesis_validator` of this seed.
        path : path-like, optional
            The file that keeps the chain. Without it everything is in memory.
        dev : bool
            For a throw-away chain: requests need no signature and act for :data:`DEV_ACCOUNT`.

        Raises
        ------
        VmError
            ``wrong_state`` if it is open already, ``invalid_argument`` or ``config`` for a genesis
            or configuration that is refused or is not the one of the file, ``storage`` for a file
            that cannot be read.
        """
        self._vm.initialize(
            genesis=genesis if isinstance(genesis, str) else json.dumps(dict(genesis)),
            config=config if isinstance(config, str) else json.dumps(dict(config)),
            policy=dict(policy or {}),
            dag=None if dag is None else dict(dag),
            seed=seed,
            path="" if path is None else os.fspath(path),
            dev=dev,
        )

    def set_state(self, state: HostState | int) -> None:
        """Takes the host's state, by its word or number (see :data:`HOST_STATES`). Blocks and
        vertices are built in normal operation only."""
        if isinstance(state, str):
            if state not in HOST_STATES:
                raise ValueError(f"there is no state {state!r}; known are {', '.join(HOST_STATES)}")
            state = HOST_STATES.index(state)
        self._vm.set_state(state)

    def shutdown(self) -> None:
        """Closes the chain; queued operations are on disk already. A second call has no effect."""
        self._handler = None
        self._vm.shutdown()

    # --- The host around it

    def wait_for_event(
        self, timeout: float = 0.0, cancel: Cancel | None = None
    ) -> Literal["pending_transactions"] | None:
        """Waits until a block or vertex built now would have something to do. Returns None after
        ``timeout`` seconds, or once ``cancel`` is set. Other threads run meanwhile. Raises
        :class:`VmError` ``not_initialized`` if the VM is not open or is shut down meanwhile."""
        pending = self._vm.wait_for_event(timeout, Cancel() if cancel is None else cancel)
        return "pending_transactions" if pending else None

    def health_check(self) -> Health:
        """Unhealthy before initialize, after shutdown, and once a write has failed."""
        healthy, details = self._vm.health_check()
        return Health(healthy, json.loads(details))

    @property
    def fee_policy(self) -> Record:
        """The fees that the chain declares, after the last accepted block or cut: ``fee_floor``,
        ``required_fee`` (of a task submitted now), ``fee_burn_bps``, ``lock_fee_bps``,
        ``model_fee``, ``model_deposit``; amounts in nLUX. A chain without a ``fee_floor`` is
        refused by :meth:`initialize`. Raises :class:`VmError` ``not_initialized`` if the VM is not
        open."""
        return Record(self._vm.fee_policy)

    def connected(self, node: Hash, version: str) -> None:
        """A peer, by its 20 bytes, and the version it runs. :meth:`health_check` counts them."""
        self._vm.connected(node, version)

    def disconnected(self, node: Hash) -> None:
        """A peer that left; raises :class:`VmError` ``not_found`` if it was not connected."""
        self._vm.disconnected(node)

    # --- The service

    def create_handlers(self) -> dict[str, _core.HttpHandler]:
        """The handlers of the JSON routes, by their path relative to the chain's. A handler is
        called with method, path, body, query, authorization and now_ns, and returns status, body
        and allow."""
        return self._vm.create_handlers()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        authorization: str = "",
        now_ns: int,
    ) -> HttpResponse:
        """One request to the JSON routes. ``body`` is sent as JSON, and text as it is; the body of
        the answer is decoded."""
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        if self._handler is None:
            self._handler = self.create_handlers()[""]
        status, answer, allow = self._handler(method, path, text, query, authorization, now_ns)
        return HttpResponse(status, json.loads(answer) if answer else None, allow)
