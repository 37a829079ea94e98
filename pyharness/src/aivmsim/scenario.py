"""Scenarios: with a seed, a scenario determines a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from . import _core

#: What a key can be set to. Values with units are text, as in a scenario file: "30m", "1000 LUX",
#: "1/100".
Value = bool | int | str | Fraction | Sequence[str] | Sequence[int]


def catalogue() -> list[str]:
    """The names of the scenarios that come with the package, in alphabetical order."""
    return sorted(path.stem for path in _catalogue_folder().glob("*.toml"))


class Scenario:
    """A scenario; it never changes, :meth:`replace` makes another one.

    Scenarios come from :meth:`load` and :meth:`from_text`. They can be pickled, so other processes
    can run them.
    """

    def __init__(self, loaded: _core.LoadedScenario) -> None:
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
        """
        path = os.fspath(path_or_name)
        if isinstance(path_or_name, str) and path in catalogue():
            path = str(_catalogue_folder() / f"{path}.toml")
        elif not os.path.exists(path) and Path(path).name == path and not path.endswith(".toml"):
            names = ", ".join(catalogue())
            raise _core.ScenarioError(
                f'"{path}" is neither a file nor in the catalogue\n  the catalogue has {names}\n'
            )
        return cls(_core.LoadedScenario.from_file(path))

    @classmethod
    def from_text(cls, text: str, source: str = "<text>") -> Scenario:
        """Reads a scenario from TOML; `source` is what errors call it. Raises ScenarioError as
        :meth:`load` does."""
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
            A value of another type than text, integer, boolean, fraction, or a list of texts or
            integers.
        """
        return Scenario(
            self._loaded.replace([(key, value_text(key, value)) for key, value in changes.items()])
        )

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

    def __repr__(self) -> str:
        changes = "".join(f" {key}={value}" for key, value in self.overrides.items())
        return f"<Scenario {self.name}{changes}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._loaded.text, self._loaded.source, self._loaded.overrides)


def _restore(text: bytes, source: str, overrides: list[tuple[str, str]]) -> Scenario:
    return Scenario(_core.LoadedScenario.from_text(text, source, overrides))


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
        f"{key}: {value!r} is a {type(value).__name__}; write a whole number, or text with a unit "
        "such as "
        '"30s", "1/100" or "1000 LUX"'
    )


def _catalogue_folder() -> Path:
    return Path(str(resources.files("aivmsim"))) / "catalog"
