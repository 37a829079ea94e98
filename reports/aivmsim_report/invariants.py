"""The invariants by id, as the program of this version describes them: invariants.json is written
from sim/invariants by a test."""

import json
from functools import cache
from html import escape
from importlib import resources
from typing import NamedTuple


class Invariant(NamedTuple):
    name: str
    meaning: str
    reason: str


@cache
def _known() -> dict[str, Invariant]:
    text = resources.files(__package__).joinpath("invariants.json").read_text()
    return {
        row["id"]: Invariant(row["name"], row["meaning"], row["reason"]) for row in json.loads(text)
    }


def promise_html(invariant: str) -> str:
    """What it promises and why, as a paragraph; empty for one that this version does not have."""
    known = named(invariant)
    if known is None:
        return ""
    return (
        f'<p class="lead"><b>It promises:</b> {escape(known.meaning)}. '
        f'<span class="dim">{escape(known.reason)}</span></p>'
    )


def named(invariant: str) -> Invariant | None:
    """None for one that this version does not have."""
    return _known().get(invariant)
