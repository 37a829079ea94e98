"""Deterministic simulation of the AIVM: from a scenario and a seed to a checked, reproducible history.

>>> import aivmsim
>>> scenario = aivmsim.Scenario.load("lazy_provider")
>>> result = aivmsim.run(scenario, seed=1)
>>> result.status, result.metrics["n_fraud_missed"]
('clean', 0)
>>> frame = aivmsim.sweep(scenario, over={"vm.challenge_window_blocks": [2, 10, 30]}, seeds=range(1, 9))
"""

from ._core import ScenarioError, StudyError, Violation, __version__
from .metrics import METRICS, Metric
from .result import RunResult
from .runs import run
from .scenario import Scenario, catalogue
from .sweeps import SweepError, sweep

# Users see these names here, so messages and pickles call them so.
for _public in (ScenarioError, StudyError, Violation):
    _public.__module__ = __name__

__all__ = [
    "METRICS",
    "Metric",
    "RunResult",
    "Scenario",
    "ScenarioError",
    "StudyError",
    "SweepError",
    "Violation",
    "__version__",
    "catalogue",
    "run",
    "sweep",
]
