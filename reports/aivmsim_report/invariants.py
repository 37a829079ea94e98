"""The invariants by id, as the program of this version describes them: invariants.json is written
from sim/invariants by a test."""

import json
from functools import cache
from importlib import resources
from typing import NamedTuple


class Invariant(NamedTuple):
    name: str
    meaning: str


@cache
def _known() -> dict[str, Invariant]:
    text = resources.files(__package__).joinpath("invariants.json").read_text()
    return {row["id"]: Invariant(row["name"], row["meaning"]) for row in json.loads(text)}


def named(invariant: str) -> Invariant | None:
    """None for one that this version does not have."""
    return _known().get(invariant)
