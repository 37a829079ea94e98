"""The unit of each metric, from metric_units.json. A test compares that file with
aivmsim.METRICS."""

import json
from functools import cache
from importlib import resources


@cache
def _units() -> dict[str, str]:
    return json.loads(resources.files(__package__).joinpath("metric_units.json").read_text())


def unit(metric: str) -> str:
    """Empty for a count and for a metric that this version does not have."""
    return _units().get(metric, "")
