"""The metrics of a run, with the names that the database and the terminal use."""

from typing import NamedTuple

from . import _core


class Metric(NamedTuple):
    """One metric: its name, its unit (empty for a count) and its meaning in one line.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.METRICS["ttf_mean"].unit
    's'
    """

    name: str
    unit: str
    doc: str


#: Every metric by name. A run has those that apply to it.
METRICS: dict[str, Metric] = {
    name: Metric(name, unit, doc) for name, unit, doc in _core.metric_specs()
}
