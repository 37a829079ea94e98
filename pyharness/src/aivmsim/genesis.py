"""The genesis of a VM, from the published JSON form to the fields of the compiled half."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _core


def genesis_fields(given: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """A genesis with defaults for what is not given, and its allocations as (address, balance).
    Raises ValueError for unknown fields."""
    loaded = json.loads(given) if isinstance(given, str) else dict(given or {})
    known = {
        "version",
        "message",
        "timestamp",
        "chain_id",
        "allocations",
        "vendor_root",
        "quote_measurements",
    }
    if unknown := sorted(loaded.keys() - known):
        raise ValueError(
            f"genesis: unknown field {unknown[0]!r}; there are {', '.join(sorted(known))}"
        )
    allocations = []
    for number, one in enumerate(loaded.get("allocations", [])):
        if (
            len(one.keys() & {"address", "key"}) != 1
            or one.keys() - {"address", "key", "balance"}
            or "balance" not in one
        ):
            raise ValueError(
                f"genesis: allocations[{number}] has an address or a key, and a balance"
            )
        address = (
            one["address"] if "address" in one else "0x" + _core.keccak256(one["key"])[:20].hex()
        )
        balance = one["balance"]
        allocations.append(
            (address, int(balance) if isinstance(balance, str) and balance.isdigit() else balance)
        )
    return {
        "version": loaded.get("version", 1),
        "message": loaded.get("message", "aivmsim.VM"),
        "timestamp_ns": loaded.get("timestamp", 1_700_000_000) * 1_000_000_000,
        "chain_id": loaded.get("chain_id", 1),
        "allocations": allocations,
        "vendor_root": loaded.get("vendor_root"),
        "quote_measurements": loaded.get("quote_measurements", []),
    }
