"""Searching the strongest attack with Optuna."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import _core
from .metrics import METRICS
from .runs import seed_text
from .scenario import Scenario, as_scenario
from .spaces import axis
from .statistics import mean_interval
from .sweeps import sweep

if TYPE_CHECKING:
    import optuna


def optuna_study(
    scenario: Scenario | str | os.PathLike[str],
    space: Mapping[str, Sequence[Any]],
    objective: str | Callable[[pd.DataFrame], float] = "cheating_gain",
    *,
    trials: int = 50,
    seeds: Iterable[int | str] = range(1, 5),
    direction: str = "maximize",
    sampler_seed: int = 1,
    fresh_seeds: Iterable[int | str] = range(1001, 1033),
    confidence: float = 0.95,
    jobs: int | None = None,
    counterfactual: bool = True,
) -> optuna.Study:
    """Searches the values with which an attacker earns most; needs the package ``optuna``.

    Every trial runs all seeds, the same for each, so the search compares points and not luck. The
    search itself is repeatable: the sampler draws from `sampler_seed` alone.

    The best of many noisy trials is better than it truly is on the seeds that chose it. Its values
    are therefore run once more with seeds that no trial has seen; report that estimate.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        Where to search.
    space : mapping
        For each key a tuple (low, high), whole numbers or texts with the same unit, or a list of
        choices, such as strategies.
    objective : str or callable
        A metric, averaged over the seeds, or a function of the frame of one trial's runs.
    trials : int
        How many points.
    seeds, jobs, counterfactual
        As for :func:`aivmsim.sweep`; without a counterfactual there is no ``cheating_gain``.
    direction : {"maximize", "minimize"}
        Of the objective.
    sampler_seed : int
        Of the tree-structured Parzen estimator that proposes points.
    fresh_seeds : iterable
        On which the best point is measured after the search; none of them in `seeds`.
    confidence : float
        Of the interval of that measurement.

    Returns
    -------
    optuna.Study
        ``study.best_params`` has numbers without units; the values that were run are in the user
        attribute ``values`` of each trial. The user attribute ``fresh`` of the study has the
        ``value``, ``low`` and ``high`` of the objective on the fresh seeds: the mean over runs, of
        a callable the mean of what it returns for each run alone, with Student's interval.
        ``study.best_value`` is only what the search maximised.

    Raises
    ------
    ImportError
        Optuna is not installed.
    ScenarioError
        A key that the scenario does not have.
    ValueError
        A fresh seed is one of the search, or there are fewer than two; a metric that these runs do
        not have.

    Examples
    --------
    >>> import aivmsim
    >>> space = {"vm.challenge_window_blocks": (1, 20)}
    >>> study = aivmsim.optuna_study(
    ...     "safe_window", space, "n_fraud_missed", trials=2, seeds=[1], fresh_seeds=[2, 3]
    ... )  # doctest: +SKIP
    """
    scenario = as_scenario(scenario)
    _check_search(scenario, space, objective, counterfactual)
    try:
        import optuna
    except ImportError:
        raise ImportError(
            "optuna_study needs the package optuna: pip install 'aivmsim[search]'"
        ) from None
    seed_list = list(seeds)
    fresh_list = list(fresh_seeds)
    used = {_core.parse_seed(seed_text(seed)) for seed in seed_list}
    seen = used & {_core.parse_seed(seed_text(seed)) for seed in fresh_list}
    if seen:
        numbers = ", ".join(str(seed) for seed in sorted(seen))
        raise ValueError(f"seeds {numbers} are used by the search: name fresh ones")
    if len(fresh_list) < 2:
        raise ValueError("an interval needs at least two fresh seeds")
    ranges = {
        key: list(range_) if isinstance(range_, list) else axis(key, range_)
        for key, range_ in space.items()
    }

    def one_trial(trial: optuna.Trial) -> float:
        values = {}
        for key, range_ in ranges.items():
            if isinstance(range_, list):
                values[key] = trial.suggest_categorical(key, range_)
            elif range_.unit:
                values[key] = range_.value(trial.suggest_float(key, range_.low, range_.high))
            else:
                values[key] = trial.suggest_int(key, int(range_.low), int(range_.high))
        trial.set_user_attr("values", values)
        frame = sweep(scenario, [values], seeds=seed_list, jobs=jobs, counterfactual=counterfactual)
        return (
            float(frame[objective].mean())
            if isinstance(objective, str)
            else float(objective(frame))
        )

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            direction=direction, sampler=optuna.samplers.TPESampler(seed=sampler_seed)
        )
        study.optimize(one_trial, n_trials=trials)
        values = study.best_trial.user_attrs["values"]
        runs = sweep(scenario, [values], seeds=fresh_list, jobs=jobs, counterfactual=counterfactual)
        outcomes = (
            runs[objective]
            if isinstance(objective, str)
            else [objective(runs.iloc[[i]]) for i in range(len(runs))]
        )
        found = mean_interval([float(one) for one in outcomes], confidence)
        study.set_user_attr("fresh", found._asdict())
    finally:
        optuna.logging.set_verbosity(verbosity)
    return study


def _check_search(
    scenario: Scenario,
    space: Mapping[str, Sequence[Any]],
    objective: str | Callable[[pd.DataFrame], float],
    counterfactual: bool,
) -> None:
    """Finds what would fail in the first trial before any runs."""
    for key in space:
        if ".parameters." not in key:  # a parameter that is not set has no value to get
            scenario.get(key)
    if not isinstance(objective, str):
        return
    if objective not in METRICS and objective not in ("n_final", "n_final_corrupt"):
        near = difflib.get_close_matches(objective, METRICS, n=1)
        mend = f'did you mean "{near[0]}"?' if near else "aivmsim.METRICS has the names"
        raise ValueError(f"there is no metric {objective!r}; {mend}")
    if objective in ("cheating_gain", "attacker_profitable") and not counterfactual:
        raise ValueError(f"{objective} compares with honest play: give counterfactual=True")
