"""The command `aivmsim` of an installed package. It runs the program that the package contains,
with the places of the package's catalogue, validation cases and report."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path


def main() -> None:
    """Replaces this process by the program, with the same arguments.

    Examples
    --------
    At the terminal: ``aivmsim run quickstart``, ``aivmsim sweep safe_window --seeds 1..16``,
    ``aivmsim --help``.
    """
    package = Path(str(resources.files("aivmsim")))
    program = package / "bin" / "aivmsim"
    defaults = {
        "AIVMSIM_CATALOG": package / "catalog",
        "AIVMSIM_CASES": package / "cases.json",
        "AIVMSIM_PYTHON": sys.executable,
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, str(value))
    os.execv(program, [str(program), *sys.argv[1:]])
