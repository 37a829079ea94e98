"""The units of the metrics, as the program of this version gives them: a test compares
metric_units.json with aivmsim.METRICS."""

import json
from functools import cache
from importlib import resources


@cache
def _units() -> dict[str, str]:
    return json.loads(resources.files(__package__).joinpath("metric_units.json").read_text())


def unit(metric: str) -> str:
    """Empty for a count and for a metric that this version does not have."""
    return _units().get(metric, "")
