"""Published protocols as settings of this machine, with what does not map."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from .scenario import Value


class Protocol(NamedTuple):
    """A published protocol.

    Attributes
    ----------
    name, title : str
        Of its file, and as its authors call it.
    source : str
        Where the parameters are published.
    settings : dict
        Keys and values for :meth:`Scenario.replace`. Blocks are blocks, 1 ETH is 1 LUX.
    maps : list of (str, str)
        A published rule or figure, and the settings that stand for it.
    not_mapped : list of str
        Rules of the protocol that this machine does not have.

    Examples
    --------
    >>> import aivmsim
    >>> protocol = next(iter(aivmsim.protocols().values()))
    >>> bool(protocol.settings and protocol.source)
    True
    """

    name: str
    title: str
    source: str
    settings: dict[str, Value]
    maps: list[tuple[str, str]]
    not_mapped: list[str]


def protocols() -> dict[str, Protocol]:
    """The published protocols by name.

    Examples
    --------
    >>> import aivmsim
    >>> posp = aivmsim.protocols()["posp"]
    >>> aivmsim.Scenario.load("cartel").replace(**posp.settings).get("vm.verification_mode")
    'redundant'
    """
    folder = Path(str(resources.files("aivmsim"))) / "protocols"
    return {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}


def _read(path: Path) -> Protocol:
    told = tomllib.loads(path.read_text())
    return Protocol(
        path.stem,
        told["title"],
        told["source"],
        told["set"],
        [(row["published"], row["settings"]) for row in told["maps"]],
        told["not_mapped"],
    )
