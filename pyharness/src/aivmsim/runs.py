"""One run."""

from __future__ import annotations

import os
import threading

from . import _core
from .result import RunResult
from .scenario import Scenario, as_scenario
from .strategies import REGISTRY
from .study import Study


def run(
    scenario: Scenario | str | os.PathLike[str],
    seed: int | str = 1,
    out: str | os.PathLike[str] | None = None,
    backend: str = "auto",
    counterfactual: bool = False,
) -> RunResult:
    """Runs a scenario to its end.

    Other threads continue meanwhile, and may run scenarios of their own. Ctrl-C ends the run.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        The scenario to run, or its name in the catalogue, or its file.
    seed : int or str
        0 to 2**64 - 1, or the text of a seed as at the terminal: decimal, ``0x...``, or a 40-digit
        git commit.
    out : path-like, optional
        The database to write. A file that is there is replaced once the new one is complete.
    backend : str
        What computes the kernels, by the names of ``aivmsim run --backend``; the results are the
        same. With ``"auto"``, a plugin that works, else the CPU.
    counterfactual : bool
        Whether to compare each owner that breaks the protocol with itself, honest, under the same
        seed: the metrics ``cheating_gain`` and ``attacker_profitable``, and
        :attr:`RunResult.counterfactuals`. It takes as many runs more.

    Returns
    -------
    RunResult
        A violated invariant is a result, not an error: see ``status`` and ``violations``.

    Raises
    ------
    ScenarioError
        A strategy or profile that nobody knows, or parameters out of their range.
    StrategyError
        A strategy in Python raised; its exception is the cause.
    StudyError
        The database cannot be written.
    ValueError
        The seed is not valid, or there is no such backend.
    VmError
        The backend names a GPU, and no plugin of that kind works (``gpu_not_available``).

    Examples
    --------
    >>> import aivmsim
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> result = aivmsim.run(small, seed=1)
    >>> result.status, result.metrics["tasks"]
    ('clean', 20)
    """
    scenario = as_scenario(scenario)
    on_main_thread = threading.current_thread() is threading.main_thread()
    record = _core.run(
        scenario._loaded,
        seed_text(seed),
        heed_signals=on_main_thread,
        registry=REGISTRY,
        backend=backend,
        counterfactual=counterfactual,
    )
    if out is not None:
        Study.begin(scenario.name).write(out, record)
    return RunResult(scenario, record)


def seed_text(seed: int | str) -> str:
    """The seed as text, checked. Raises ValueError with the accepted forms."""
    text = seed if isinstance(seed, str) else str(seed)
    _core.parse_seed(text)
    return text
