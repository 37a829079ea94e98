"""Scenarios: with a seed, a scenario determines a run."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from html import escape
from importlib import resources
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from . import _core
from .quantities import seconds, share
from .traces import is_parquet, workload_trace

#: What a key can be set to. Values with units are text, as in a scenario file: "30m", "1000 LUX",
#: "1/100", or the results of :func:`share`, :func:`lux` and :func:`seconds`. A float is a share
#: where the key holds a share, a timedelta a duration. ``tasks.trace`` takes the path of a CSV or
#: Parquet file, or the text of a CSV table.
Value = bool | int | float | str | Fraction | timedelta | Sequence[str] | Sequence[int]

#: A scenario, a name of the catalogue, or the path of a scenario file.
ScenarioLike = "Scenario | str | os.PathLike[str]"


def catalogue() -> list[str]:
    """The names of the scenarios that come with the package, in alphabetical order.

    Examples
    --------
    >>> import aivmsim
    >>> "quickstart" in aivmsim.catalogue()
    True
    """
    return sorted(path.stem for path in _catalogue_folder().glob("*.toml"))


class Scenario:
    """A scenario; it never changes, :meth:`replace` makes another one.

    Scenarios come from :meth:`load` and :meth:`from_text`. They can be pickled, so other processes
    can run them.

    Examples
    --------
    >>> import aivmsim
    >>> scenario = aivmsim.Scenario.load("lazy_provider")
    >>> shorter = scenario.replace(**{"vm.challenge_window_blocks": 10})
    >>> shorter.get("vm.challenge_window_blocks")
    10
    """

    def __init__(self, loaded: _core.LoadedScenario) -> None:
        if not isinstance(loaded, _core.LoadedScenario):
            raise TypeError(
                f"Scenario({loaded!r}): scenarios come from Scenario.load(name or path) and "
                "Scenario.from_text(text)"
            )
        self._loaded = loaded

    @classmethod
    def load(cls, path_or_name: str | os.PathLike[str]) -> Scenario:
        """Reads a scenario file, or one of the catalogue by its name.

        Parameters
        ----------
        path_or_name : str or path-like
            A file such as ``"my.toml"``, or a name in :func:`catalogue` such as ``"quickstart"``.
            Where both exist, a name without a folder and without ``.toml`` is that of the
            catalogue.

        Raises
        ------
        ScenarioError
            There is no such file, or something is wrong in it: all errors at once, each with its
            line and the remedy.

        Examples
        --------
        >>> import aivmsim
        >>> aivmsim.Scenario.load("quickstart").name
        'quickstart'
        """
        path = os.fspath(path_or_name)
        if isinstance(path_or_name, str) and path in catalogue():
            path = str(_catalogue_folder() / f"{path}.toml")
        elif not os.path.exists(path) and Path(path).name == path and not path.endswith(".toml"):
            names = catalogue()
            near = difflib.get_close_matches(path, names, n=1)
            mend = f'did you mean "{near[0]}"?' if near else f"the catalogue has {', '.join(names)}"
            raise _core.ScenarioError(
                f'"{path}" is neither a file nor in the catalogue\n  {mend}\n'
            )
        return cls(_core.LoadedScenario.from_file(path))

    @classmethod
    def from_text(cls, text: str, source: str = "<text>") -> Scenario:
        """Reads a scenario from TOML; `source` is what errors call it. Raises ScenarioError as
        :meth:`load` does.

        Examples
        --------
        >>> import aivmsim
        >>> text = 'name = "one"\\ndescription = "a provider"\\n[[provider]]\\nname = "p"\\n'
        >>> aivmsim.Scenario.from_text(text).name
        'one'
        """
        return cls(_core.LoadedScenario.from_text(text, source))

    def replace(self, **changes: Value) -> Scenario:
        """The scenario with other values.

        Parameters
        ----------
        **changes
            Values by dotted key. A key is written as in ``--set``, so the call needs two stars:
            ``scenario.replace(**{"vm.challenge_window_blocks": 10, "provider.lazy.bond": "1000
            LUX"})``.

        Raises
        ------
        ScenarioError
            A key that the scenario does not have, a value out of range, or values that do not go
            together.
        TypeError
            A value of a type that the key does not take; the text says what to write.

        Examples
        --------
        >>> import aivmsim
        >>> scenario = aivmsim.Scenario.load("censorship")
        >>> changed = scenario.replace(**{"chain.finality_delay": aivmsim.seconds(2)})
        >>> changed.get("chain.finality_delay")
        '2s'
        """
        return Scenario(
            self._loaded.replace(
                [(key, self.value_text(key, value)) for key, value in changes.items()]
            )
        )

    def value_text(self, key: str, value: Value) -> str:
        """A value as ``--set key=`` takes it. Raises TypeError for one that the key does not take.

        Examples
        --------
        >>> import aivmsim
        >>> aivmsim.Scenario.load("censorship").value_text("chain.censoring_share", 0.25)
        '25%'
        """
        if key == "tasks.trace" and isinstance(value, str | os.PathLike):
            return workload_trace(value) if is_parquet(value) else os.fspath(value)
        if isinstance(value, timedelta):
            return seconds(value.total_seconds())
        if isinstance(value, Real | Decimal) and not isinstance(value, Fraction | Integral):
            if self._loaded.kind(key) == "share":
                return share(float(value))
            raise TypeError(f"{key}: {_of_no_unit(self._loaded.kind(key), value)}")
        return value_text(key, value)

    def number(self, key: str) -> tuple[float | None, str]:
        """The value of a key as a number, and its unit: shares from 0 to 1 (unit ``"share"``),
        durations in s, money in LUX. Texts have no number.

        Examples
        --------
        >>> import aivmsim
        >>> aivmsim.Scenario.load("quickstart").number("vm.challenge_window_blocks")
        (50.0, 'blocks')
        """
        number, unit = self._loaded.number(key)
        name, scale = _SHOWN_UNITS.get(unit, (unit, 1))
        return (None if number is None else number / scale), name

    def get(self, key: str) -> Any:
        """The value of a key, in a form that :meth:`replace` takes.

        Counts and parameters of strategies are integers; what has a unit is text, such as ``"4s"``
        or ``"50 LUX"``. Raises ScenarioError for a key that the scenario does not have.
        """
        return self._loaded.get(key)

    def keys(self) -> list[str]:
        """Every key that can be set in this scenario."""
        return self._loaded.keys()

    def to_toml(self) -> str:
        """The scenario as TOML, with every key. Equal scenarios have equal texts."""
        return self._loaded.to_toml()

    def show_config(self) -> str:
        """One line per key: its value, and its origin."""
        return self._loaded.show_config()

    @property
    def name(self) -> str:
        """The label of its runs in every output."""
        return self._loaded.name

    @property
    def description(self) -> str:
        """What its runs demonstrate."""
        return self._loaded.description

    @property
    def notes(self) -> str:
        """Warnings about a scenario that is valid; usually empty."""
        return self._loaded.notes()

    @property
    def overrides(self) -> dict[str, str]:
        """The settings that :meth:`replace` has made since the file was read, as text."""
        return dict(self._loaded.overrides)

    def __eq__(self, other: object) -> bool:
        return self.to_toml() == other.to_toml() if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_toml())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><code>{escape(key)}</code></td><td>{escape(value)}</td></tr>"
            for key, value in self.overrides.items()
        )
        return (
            f"<b>{escape(self.name)}</b> &middot; {escape(self.description)}<table>{rows}</table>"
        )

    def __repr__(self) -> str:
        changes = "".join(f" {key}={value}" for key, value in self.overrides.items())
        return f"<Scenario {self.name}{changes}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._loaded.text, self._loaded.source, self._loaded.overrides)


def _restore(text: bytes, source: str, overrides: list[tuple[str, str]]) -> Scenario:
    return Scenario(_core.LoadedScenario.from_text(text, source, overrides))


def as_scenario(scenario: Scenario | str | os.PathLike[str]) -> Scenario:
    """The scenario itself, or the one of this name or path. Raises TypeError for anything else."""
    if isinstance(scenario, Scenario):
        return scenario
    if isinstance(scenario, str | os.PathLike):
        return Scenario.load(scenario)
    raise TypeError(
        f"a {type(scenario).__name__} is no scenario; give a Scenario, a name such as "
        '"quickstart", or a path'
    )


_SHOWN_UNITS = {"ppm": ("share", 10**6), "ns": ("s", 10**9), "nLUX": ("LUX", 10**9)}


def _of_no_unit(kind: str, value: Any) -> str:
    write = {
        "duration": f'a duration; write seconds({value}) or text such as "30s"',
        "amount": f'an amount of money; write lux({value}) or text such as "1000 LUX"',
        "bandwidth": 'a bandwidth; write text such as "10 Mbit/s"',
        "integer": f"a whole number; write {round(value) if value == value else 1}",
        "flag": "true or false",
    }
    return f"{value!r} has no unit, and the key holds {write.get(kind, 'text')}"


def value_text(key: str, value: Value) -> str:
    """A value as written after ``--set key=``. Raises TypeError for one without an exact text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, list | tuple):
        return ",".join(value_text(key, item) for item in value)
    try:
        return str(value.__index__())  # type: ignore[union-attr]  # int, and those of numpy
    except AttributeError:
        pass
    raise TypeError(
        f"{key}: {value!r} is a {type(value).__name__}; write a whole number, share(0.5), "
        'seconds(30), lux(1000), or text with a unit such as "50%", "30s" or "1000 LUX"'
    )


def _catalogue_folder() -> Path:
    return Path(str(resources.files("aivmsim"))) / "catalog"
