"""The VM of a chain under a consensus host."""

from __future__ import annotations

from . import _core
from .hosted import HostedVM
from .operations import Hash

HostedBlock = _core.HostedBlock


class ChainVM(HostedVM):
    """The VM as a consensus host calls it. The host decides when a block is built and which block
    is accepted; the VM has no clock and no thread, so times are arguments, in nanoseconds.

    >>> vm = aivmsim.ChainVM()
    >>> vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    >>> vm.set_state("normal_operation")
    >>> vm.request("GET", "/health", now_ns=1_700_000_100_000_000_000).status
    200

    A call that the VM refuses raises :class:`VmError` with the error's name as ``code``. One thread
    uses a ChainVM; only :meth:`wait_for_event` may be called from any thread. For a VM to be driven
    operation by operation, without a host, see :class:`VM`.

    Examples
    --------
    >>> import aivmsim
    >>> vm = aivmsim.ChainVM()
    >>> vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    >>> vm.get_block(vm.last_accepted()).height
    0
    """

    def __init__(self) -> None:
        super().__init__(_core.ChainVm())

    # --- Blocks

    def build_block(self, now_ns: int) -> HostedBlock:
        """Builds a block on the preferred one. Raises :class:`VmError`: ``wrong_state`` outside
        normal operation, ``not_found`` if no block is wanted, ``conflict`` if this VM signed a
        block of that height before."""
        return self._vm.build_block(now_ns)

    def decide_next_block(self, now_ns: int) -> None:
        """Builds the next block and accepts it in one write. For the only validator of a chain;
        raises :class:`VmError` ``wrong_state`` where there are others."""
        self._vm.decide_next_block(now_ns)

    def parse_block(self, data: bytes) -> HostedBlock:
        """The block of these bytes, which is yet to be verified."""
        return self._vm.parse_block(data)

    def get_block(self, id: Hash) -> HostedBlock:
        """A verified or accepted block, genesis included."""
        return self._vm.get_block(id)

    def block_id_at_height(self, height: int) -> str:
        """The id of the accepted block of this height; genesis is at 0."""
        return self._vm.block_id_at_height(height)

    def last_accepted(self) -> str:
        """The id of the block that was accepted last."""
        return self._vm.last_accepted()

    def set_preference(self, id: Hash) -> None:
        """Takes the block that the next one is built on."""
        self._vm.set_preference(id)
