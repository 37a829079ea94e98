"""Deterministic simulation of the AIVM: from a scenario and a seed to a checked, reproducible
history.

>>> import aivmsim
>>> result = aivmsim.run("lazy_provider", seed=1)
>>> result.status, result.metrics["n_fraud_missed"]
('clean', 0)
>>> windows = {"vm.challenge_window_blocks": [2, 10, 30]}
>>> frame = aivmsim.sweep("lazy_provider", over=windows, seeds=range(1, 9))

The machine itself, without a world around it, is :class:`aivmsim.VM`; :mod:`aivmsim.op` has its
operations and :mod:`aivmsim.kernels` its six kernels. :class:`aivmsim.ChainVM` is the same machine
under a consensus host of your own, and :class:`aivmsim.DagVM` on a DAG.
"""

from . import _core, kernels, salib
from . import operations as op
from ._core import ScenarioError, StudyError, Violation, __version__
from ._described import describe
from .campaigns import CampaignError, campaign
from .chain import ChainVM, HostedBlock
from .comparing import compare
from .dag import DagVM, HostedVertex, bound_job_id
from .hosted import (
    DEV_ACCOUNT,
    HOST_STATES,
    Cancel,
    Health,
    HttpResponse,
    genesis_validator,
)
from .learning import BestResponse, Game, Mixes, Orbit, best_response, empirical_game
from .metrics import METRICS, Metric
from .model import Model
from .plots import charts, plot
from .protocols import Protocol, protocols
from .quantities import lux, seconds, share
from .reading import StudyData, read
from .result import RunResult
from .runs import run
from .scenario import Scenario, catalogue
from .search import optuna_study
from .statistics import (
    Estimate,
    contrast,
    mean_interval,
    paired_share_interval,
    share_interval,
)
from .strategies import (
    BlockInfo,
    BlockRef,
    ChallengerStrategy,
    DemandView,
    DisputeView,
    Follower,
    NodeView,
    PollView,
    ProviderStrategy,
    RandomStream,
    RequesterStrategy,
    StrategyContext,
    StrategyError,
    TaskView,
    ValidatorStrategy,
    Vote,
    strategy,
)
from .study import record
from .sweeps import SweepError, sweep
from .traces import workload_trace
from .validation import validate
from .vm import (
    VM,
    Block,
    Conservation,
    Event,
    ReceiptProof,
    Record,
    SignedOperation,
    State,
    Trace,
    VmError,
    claim_commitment,
    default_config,
    default_policy,
    keccak256,
)
from .windows import SafeWindow, safe_window

# Users see these names here, so messages and pickles call them so.
for _public in (
    ScenarioError,
    StrategyError,
    StudyError,
    Violation,
    VmError,
    Block,
    SignedOperation,
    RandomStream,
    TaskView,
    NodeView,
    DisputeView,
    DemandView,
    Cancel,
    HostedBlock,
    HostedVertex,
):
    _public.__module__ = __name__
describe({name: value for name, value in vars(_core).items() if isinstance(value, type)})

__all__ = [
    "DEV_ACCOUNT",
    "HOST_STATES",
    "METRICS",
    "VM",
    "BestResponse",
    "Block",
    "BlockInfo",
    "BlockRef",
    "CampaignError",
    "Cancel",
    "ChainVM",
    "ChallengerStrategy",
    "Conservation",
    "DagVM",
    "DemandView",
    "DisputeView",
    "Estimate",
    "Event",
    "Follower",
    "Game",
    "Health",
    "HostedBlock",
    "HostedVertex",
    "HttpResponse",
    "Metric",
    "Mixes",
    "Model",
    "NodeView",
    "Orbit",
    "PollView",
    "Protocol",
    "ProviderStrategy",
    "RandomStream",
    "ReceiptProof",
    "Record",
    "RequesterStrategy",
    "RunResult",
    "SafeWindow",
    "Scenario",
    "ScenarioError",
    "SignedOperation",
    "State",
    "StrategyContext",
    "StrategyError",
    "StudyData",
    "StudyError",
    "SweepError",
    "TaskView",
    "Trace",
    "ValidatorStrategy",
    "Violation",
    "VmError",
    "Vote",
    "__version__",
    "best_response",
    "bound_job_id",
    "campaign",
    "catalogue",
    "charts",
    "claim_commitment",
    "compare",
    "contrast",
    "default_config",
    "default_policy",
    "empirical_game",
    "genesis_validator",
    "keccak256",
    "kernels",
    "lux",
    "mean_interval",
    "op",
    "optuna_study",
    "paired_share_interval",
    "plot",
    "protocols",
    "read",
    "record",
    "run",
    "safe_window",
    "salib",
    "seconds",
    "share",
    "share_interval",
    "strategy",
    "sweep",
    "validate",
    "workload_trace",
]
