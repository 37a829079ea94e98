"""Searching the strongest attack with Optuna."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from .scenario import Scenario
from .spaces import axis
from .sweeps import sweep

if TYPE_CHECKING:
    import optuna


def optuna_study(
    scenario: Scenario,
    space: Mapping[str, Sequence[Any]],
    objective: str | Callable[[pd.DataFrame], float] = "attacker_net",
    *,
    trials: int = 50,
    seeds: Iterable[int | str] = range(1, 5),
    direction: str = "maximize",
    sampler_seed: int = 1,
    jobs: int | None = None,
) -> optuna.Study:
    """Searches the values with which an attacker earns most; needs the package ``optuna``.

    Every trial runs all seeds, the same for each, so the search compares points and not luck. The
    search itself is repeatable: the sampler draws from `sampler_seed` alone.

    Parameters
    ----------
    scenario : Scenario
        Where to search.
    space : mapping
        For each key a tuple (low, high), whole numbers or texts with the same unit, or a list of
        choices, such as strategies.
    objective : str or callable
        A metric, averaged over the seeds, or a function of the frame of one trial's runs.
    trials : int
        How many points.
    seeds, jobs
        As for :func:`aivmsim.sweep`.
    direction : {"maximize", "minimize"}
        Of the objective.
    sampler_seed : int
        Of the tree-structured Parzen estimator that proposes points.

    Returns
    -------
    optuna.Study
        ``study.best_params`` has numbers without units; the values that were run are in the user
        attribute ``values`` of each trial.

    Raises
    ------
    ImportError
        Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ImportError(
            "optuna_study needs the package optuna: pip install 'aivmsim[search]'"
        ) from None
    seed_list = list(seeds)
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
        frame = sweep(scenario, [values], seeds=seed_list, jobs=jobs)
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
    finally:
        optuna.logging.set_verbosity(verbosity)
    return study
