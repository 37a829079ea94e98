"""The VM of a DAG under a consensus host."""

from __future__ import annotations

from collections.abc import Sequence

from . import _core
from .hosted import HostedVM
from .operations import Hash

HostedVertex = _core.HostedVertex


def bound_job_id(requester: Hash, job: str) -> str:
    """The id of the task that a submission of ``job`` by this account makes on a DAG. Everything
    that follows on the job names this id.

    Examples
    --------
    >>> import aivmsim
    >>> len(aivmsim.bound_job_id(aivmsim.DEV_ACCOUNT, "job-1")) > 0
    True
    """
    return _core.bound_job_id(requester, job)


class DagVM(HostedVM):
    """The VM on a DAG as a consensus host calls it: vertices are decided one by one, and cuts
    settle what stands below them.

    A vertex (:class:`HostedVertex`) is built or parsed, verified after its parents, and accepted
    after them or rejected. ``vertex.conflicts(other)`` is the published check, whether they share a
    job; ``vertex.rivals()`` are the undecided vertices of which at most one can be accepted beside
    it. ``vertex.settled_by`` is the number of the cut that settled it, and None before: between
    cuts it is accepted, not settled.

    The VM has no clock: every ``now_ns`` is a time in nanoseconds since 1970 (UTC). Ids are
    hexadecimal text; where one is an argument, its 32 bytes will do.

    Examples
    --------
    A node that decides alone: a vertex with one operation, and the cut that settles it.

    >>> import aivmsim
    >>> money = [{"address": aivmsim.DEV_ACCOUNT, "balance": str(10_000 * 10**9)}]  # nLUX
    >>> genesis = {"version": 1, "message": "demo", "timestamp": 1_700_000_000}
    >>> genesis["allocations"] = money
    >>> vm = aivmsim.DagVM()
    >>> vm.initialize(genesis, dev=True)
    >>> vm.set_state("normal_operation")
    >>> now = 1_700_000_010_000_000_000
    >>> provider = {"id": "p-1", "endpoint": "http://p", "gpus": []}
    >>> provider["wallet_address"] = "0x" + "aa" * 20
    >>> vm.request("POST", "/providers/register", provider, now_ns=now).status
    200
    >>> vertex = vm.build_vertex(now)
    >>> vertex.accept()
    >>> vertex.status, vertex.settled_by
    ('accepted', None)
    >>> cut = vm.settle(vm.next_cut_ns())
    >>> vertex.settled_by, vm.height(), vm.frontier() == [cut.id]
    (1, 1, True)
    """

    def __init__(self) -> None:
        super().__init__(_core.DagVm())

    # --- Issuing

    def build_vertex(self, now_ns: int) -> HostedVertex:
        """Builds a vertex on the preferred frontier, signs it and keeps it as undecided. Its time
        is ``now_ns`` (nanoseconds since 1970), or its parents' if that is later. Raises
        :class:`VmError`: ``wrong_state`` outside normal operation, ``not_found`` if no operation
        waits, ``window_not_open`` while an earlier vertex of this VM is undecided and not
        preferred, ``limit_reached`` with ``vertices_in_flight`` undecided ones."""
        return self._vm.build_vertex(now_ns)

    def build_cut(self, now_ns: int) -> HostedVertex:
        """Builds the next cut at ``now_ns`` (nanoseconds since 1970) and keeps it as undecided.
        Raises :class:`VmError`: ``not_found`` if none is wanted, ``too_early`` before
        :meth:`next_cut_ns`, and as :meth:`build_vertex`."""
        return self._vm.build_cut(now_ns)

    def next_cut_ns(self) -> int | None:
        """When this VM may issue the next cut, in nanoseconds since 1970; None if none is wanted,
        or if it is no validator."""
        return self._vm.next_cut_ns()

    def reissue(self, now_ns: int) -> list[HostedVertex]:
        """After a restart: the vertices that were signed here and are not decided, verified again
        at ``now_ns`` (nanoseconds since 1970). They must be issued again before another one is
        built."""
        return self._vm.reissue(now_ns)

    def settle(self, now_ns: int) -> HostedVertex:
        """Builds the next cut at ``now_ns`` (nanoseconds since 1970) and accepts it: for a host
        that decides alone. Raises as :meth:`build_cut`."""
        cut = self.build_cut(now_ns)
        cut.accept()
        return cut

    def decide_next(self, now_ns: int) -> None:
        """For the only validator: builds and accepts a vertex if operations wait, and a cut if one
        is due at ``now_ns`` (nanoseconds since 1970). Raises :class:`VmError` ``not_found`` if
        there is nothing to do yet."""
        self._vm.decide_next(now_ns)

    # --- Vertices

    def parse_vertex(self, data: bytes) -> HostedVertex:
        """The vertex of these bytes, which is yet to be verified. Raises :class:`VmError`
        ``malformed`` for bytes that no vertex has."""
        return self._vm.parse_vertex(data)

    def get_vertex(self, id: Hash) -> HostedVertex:
        """A verified or accepted vertex. Raises :class:`VmError` ``not_found`` for every other id,
        genesis included."""
        return self._vm.get_vertex(id)

    def cut_at(self, number: int) -> str:
        """The id of the accepted cut with this number; genesis is 0. Raises :class:`VmError`
        ``not_found`` above :meth:`height`."""
        return self._vm.cut_at(number)

    def height(self) -> int:
        """The number of the last cut."""
        return self._vm.height()

    def frontier(self) -> list[str]:
        """The ids of the accepted vertices without accepted children; genesis is one."""
        return self._vm.frontier()

    def preferred_frontier(self) -> list[str]:
        """The ids of the accepted and preferred vertices without such children, undecided cuts
        included: what a new vertex or cut may stand on."""
        return self._vm.preferred_frontier()

    def set_preference(self, ids: Sequence[Hash]) -> None:
        """Takes the undecided vertices on which new ones are built, beside what is accepted.
        Raises :class:`VmError` for vertices that are not verified here, and ``conflict`` for two,
        or their ancestors, that conflict."""
        self._vm.set_preference(list(ids))
