"""The result of a run."""

from __future__ import annotations

import difflib
import functools
from html import escape

import pandas as pd

from . import _core
from .metrics import METRICS
from .pictures import NLUX_PER_LUX, ROWS_SHOWN, payoff_bars
from .scenario import Scenario



class Metrics(dict[str, "int | float"]):
    """Metrics by name; a wrong name says which one is near.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.run("safe_window").metrics["ttf_men"]
    Traceback (most recent call last):
    ...
    KeyError: "there is no metric 'ttf_men'; did you mean 'ttf_mean'?"
    """

    def __missing__(self, name: object) -> int | float:
        if name in METRICS:
            raise KeyError(f"this run does not have the metric {name!r}")
        near = difflib.get_close_matches(str(name), self, n=1)
        mend = f"did you mean {near[0]!r}?" if near else "aivmsim.METRICS has the names"
        raise KeyError(f"there is no metric {name!r}; {mend}")


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
    metrics : Metrics
        The numbers of the run by their names in :data:`aivmsim.METRICS`; NaN is no data.
    counts : dict
        Of the metrics that are means, shares or quantiles: how many values each is taken from.
    violations : list of Violation
        At most one for each invariant.
    missing_violations : list of str
        Invariants that the scenario expects to be violated and that were not.
    invariants : list of str
        The ids of the invariants that were watched.
    invariant_checks : int
        How often they were checked.

    Examples
    --------
    >>> import aivmsim
    >>> result = aivmsim.run("safe_window")
    >>> result.counts["ttf_mean"], len(result.tasks)
    (1000, 1000)
    """

    def __init__(self, scenario: Scenario, record: _core.RunRecord) -> None:
        self._record = record
        self.scenario = scenario
        self.seed = record.seed
        self.status = record.status
        self.digest = record.digest
        self.metrics = Metrics(record.metrics())
        self.counts = record.metric_counts()
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

    @functools.cached_property
    def vertices(self) -> pd.DataFrame:
        """One row per vertex of a DAG, cuts among them: its proposer, height and parents, and when
        it was issued, accepted or rejected, and settled. Empty for a run on a chain."""
        return self.table("vertex")

    @functools.cached_property
    def cuts(self) -> pd.DataFrame:
        """One row per cut of a DAG: the vertices and operations that it settled."""
        return self.table("cut")

    @functools.cached_property
    def conflicts(self) -> pd.DataFrame:
        """One row per pair of vertices of a DAG in conflict: their key, when both were there, when
        that was decided, and which of them was accepted."""
        return self.table("conflict")

    def __reduce__(self) -> tuple[object, ...]:
        return RunResult, (self.scenario, self._record)

    def _repr_html_(self) -> str:
        principals = self.principals
        rows = "".join(
            f"<tr><td>{escape(str(row.label))}</td><td>{escape(str(row.strategy))}</td>"
            f"<td style='text-align:right'>{row.net_nlux / NLUX_PER_LUX:,.2f}</td></tr>"
            for row in principals.head(ROWS_SHOWN).itertuples()
        )
        more = len(principals) - ROWS_SHOWN
        rest = f"<tr><td colspan='3'>and {more} more</td></tr>" if more > 0 else ""
        return (
            f"<p><b>{escape(self.status)}</b> {escape(self.scenario.name)} seed {self.seed} "
            f"&middot; digest <code>{self.digest[:8]}</code>{self._violations_html()}</p>"
            f"{payoff_bars(principals)}<table>"
            f"<tr><th>who</th><th>strategy</th><th>net, LUX</th></tr>{rows}{rest}</table>"
        )

    def _violations_html(self) -> str:
        return "".join(
            f"<br><b>{escape(v.invariant)} {escape(v.name)}</b> {escape(v.message)}"
            for v in self.violations
        )

    def __repr__(self) -> str:
        return (
            f"<RunResult {self.status} {self.scenario.name} seed={self.seed} "
            f"digest={self.digest[:8]}>"
        )
