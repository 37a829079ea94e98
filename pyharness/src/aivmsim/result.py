"""The result of a run."""

from __future__ import annotations

import functools

import pandas as pd

from . import _core
from .scenario import Scenario


class RunResult:
    """A finished run: the verdict, the numbers, and every row the database would have, as
    DataFrames made on demand.

    Attributes
    ----------
    scenario : Scenario
        The scenario that was run.
    seed : int
        Its seed.
    status : str
        ``"clean"``; ``"violated"`` when an invariant was violated that the scenario does not
        expect, or one that it expects was not; ``"budget"`` when it ran out of events;
        ``"interrupted"``.
    digest : str
        The trace digest, 32 hexadecimal digits: equal for equal histories, on every machine.
    metrics : dict
        The numbers of the run by their names in :data:`aivmsim.METRICS`.
    violations : list of Violation
        At most one for each invariant.
    missing_violations : list of str
        Invariants that the scenario expects to be violated and that were not.
    invariants : list of str
        The ids of the invariants that were watched.
    invariant_checks : int
        How often they were checked.
    """

    def __init__(self, scenario: Scenario, record: _core.RunRecord) -> None:
        self._record = record
        self.scenario = scenario
        self.seed = record.seed
        self.status = record.status
        self.digest = record.digest
        self.metrics: dict[str, int | float] = record.metrics()
        self.violations = record.violations
        self.missing_violations = record.missing_violations
        self.invariants = record.invariants
        self.invariant_checks = record.invariant_checks

    @staticmethod
    def table_names() -> list[str]:
        """The tables that :meth:`table` knows."""
        return _core.table_names()

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table of the database, with its columns and units (money in nLUX, times in
        virtual ns).

        Raises KeyError for a table that a run does not have.
        """
        return pd.DataFrame(
            {
                key: pd.Series(cells, dtype=kind)
                for key, (kind, cells) in self._record.columns(name).items()
            }
        )

    @functools.cached_property
    def principals(self) -> pd.DataFrame:
        """The principals: label, strategy, honest or not, and their payoffs in nLUX."""
        return self.table("principal").merge(
            self.table("payoff"), on="principal", validate="one_to_one"
        )

    @functools.cached_property
    def agents(self) -> pd.DataFrame:
        """The identities of the principals, with roles and opening balances."""
        return self.table("agent")

    @functools.cached_property
    def tasks(self) -> pd.DataFrame:
        """One row per task: when submitted, when final, its outcome, and whether the final
        answer is right."""
        return self.table("task")

    @functools.cached_property
    def results(self) -> pd.DataFrame:
        """One row per posted answer."""
        return self.table("result")

    @functools.cached_property
    def challenges(self) -> pd.DataFrame:
        """One row per challenge: when it was ready, when included, how often censored, who won."""
        return self.table("challenge")

    @functools.cached_property
    def slashes(self) -> pd.DataFrame:
        """One row per slash: from whom, why, what was due, what was taken and where it went."""
        return self.table("slash")

    @functools.cached_property
    def outlays(self) -> pd.DataFrame:
        """One row per payment that no other table has: work, checks, bribes, block space, fees of
        models and operations."""
        return self.table("outlay")

    @functools.cached_property
    def counterfactuals(self) -> pd.DataFrame:
        """One row per owner that breaks the protocol: its payoff, and the one it has when it is
        honest under the same seed. Empty unless the run was made with ``counterfactual=True``."""
        return self.table("counterfactual")

    @functools.cached_property
    def chain(self) -> pd.DataFrame:
        """One row per block: proposer, censored proofs, waiting tasks, locked value."""
        return self.table("chain_stat")

    def __repr__(self) -> str:
        return (
            f"<RunResult {self.status} {self.scenario.name} seed={self.seed} "
            f"digest={self.digest[:8]}>"
        )
