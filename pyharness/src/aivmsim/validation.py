"""Validation: whether the simulator reproduces the numbers of formulas and the literature."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import pandas as pd

from . import _core
from .runs import seed_text
from .study import Study


def validate(
    cases: Iterable[str] | None = None,
    jobs: int | None = None,
    *,
    full: bool = False,
    seed: int | str = 1,
    out: str | os.PathLike[str] | None = None,
    file: str | os.PathLike[str] | None = None,
    backend: str = "auto",
) -> pd.DataFrame:
    """Simulates the cases of theory and says which agree; what ``aivmsim validate`` does at the
    terminal.

    A case agrees when its interval lies within the margin around the expected value and, by Holm's
    method at 1e-4 over all of them, does not differ from it. It disagrees when the interval lies
    outside, and is undecided when it is still too wide after the last runs. A case that cannot be
    read or simulated has failed; the others continue, as other threads do. Ctrl-C ends it
    between two runs of a case.

    Parameters
    ----------
    cases : iterable of str, optional
        Ids, such as ``["V31", "C02"]``; all of the file by default.
    jobs : int, optional
        Threads; by default as many as there are processors. The numbers do not depend on it.
    full : bool
        Agree to 2 % instead of 10 %: 25 times the runs.
    seed : int or str
        Of all runs, as for :func:`run`.
    out : path-like, optional
        The database to write the table `validation` of. A file that is there is replaced once the
        new one is complete.
    file : path-like, optional
        A file of cases; that of the package by default.
    backend : str
        What computes the kernels, as for :func:`run`; the numbers do not depend on it.

    Returns
    -------
    pandas.DataFrame
        One row per case, in the order of the file: ``case``, ``verdict`` (``agrees``,
        ``disagrees``, ``undecided`` or ``failed``), ``simulated``, ``expected``, the interval
        ``low`` to ``high``, ``z``, ``p_value``, ``n`` (trials, or what was averaged over),
        ``runs``, the largest distance from the expected value at which it agrees (``margin``),
        ``method`` of the interval, ``kind``, ``quantity``, ``expression``, ``parameters``, ``how``
        it is simulated, and the ``reason`` why it does not agree. Numbers that were not measured
        are NaN. ``frame.attrs`` has the ``badge``, one line; ``passed``: whether no case
        disagrees or has failed; the ``backend`` and its ``kernel_fallbacks``, the calls that the
        CPU answered because it failed.

    Raises
    ------
    ValueError
        A case that is not in the file, a file that is not one of cases, an invalid seed, a
        number of jobs below 1, or an unknown backend.
    VmError
        The backend names a GPU, and no plugin of that kind works (``gpu_not_available``).
    StudyError
        The database cannot be written.

    Examples
    --------
    >>> import aivmsim
    >>> cases = aivmsim.validate(["V58"])
    >>> str(cases["verdict"].iloc[0])
    'agrees'
    """
    if isinstance(cases, str):
        raise ValueError(f"cases: {cases!r} is no list of ids; write [{cases!r}]")
    ids = None if cases is None else list(cases)
    if ids is not None and not ids:
        raise ValueError("cases: the list is empty; give at least one id, or None for all")
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs is {jobs}; it must be at least 1")
    path = Path(file) if file is not None else _our_cases()
    # Before the work, so that a file that cannot be written is reported at once.
    recorder = Study.begin(Path(out).stem).recorder(out) if out is not None else None
    validation = _core.validate(
        str(path),
        ids or [],
        seed_text(seed),
        _core.FULL_MARGIN if full else _core.QUICK_MARGIN,
        jobs or os.cpu_count() or 1,
        backend,
        heed_signals=threading.current_thread() is threading.main_thread(),
    )
    if recorder is not None:
        recorder.add_validation(validation)
        recorder.close()
    frame = pd.DataFrame(validation.cases)
    numbers = ["simulated", "expected", "low", "high", "z", "p_value", "n", "margin"]
    frame[numbers] = frame[numbers].astype(float)
    frame.attrs.update(
        badge=validation.badge,
        passed=validation.passed,
        backend=validation.backend,
        kernel_fallbacks=validation.kernel_fallbacks,
    )
    return frame


def _our_cases() -> Path:
    return Path(str(resources.files("aivmsim"))) / "cases.json"
