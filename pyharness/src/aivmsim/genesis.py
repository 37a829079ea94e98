"""The genesis of a VM, from the published JSON form to the fields of the compiled half."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _core


def _owner(entry: Mapping[str, Any]) -> str:
    """The address that the entry states, or that of its key."""
    if "address" in entry:
        return entry["address"]
    return "0x" + _core.keccak256(entry["key"])[:20].hex()


def _money(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _provider_fields(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    if len(entry.keys() & {"address", "key"}) != 1 or entry.keys() - {"address", "key"} != {
        "id",
        "models",
        "bond",
    }:
        raise ValueError(
            f"genesis: providers[{number}] has an id, an address or a key, models, and a bond"
        )
    return {
        "id": entry["id"],
        "owner": _owner(entry),
        "models": list(entry["models"]),
        "bond": _money(entry["bond"]),
    }


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
        "providers",
        "vendor_root",
        "quote_measurements",
    }
    if unknown := sorted(loaded.keys() - known):
        raise ValueError(
            f"genesis: unknown field {unknown[0]!r}; there are {', '.join(sorted(known))}"
        )
    providers = [
        _provider_fields(number, one) for number, one in enumerate(loaded.get("providers", []))
    ]
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
        allocations.append((_owner(one), _money(one["balance"])))
    return {
        "version": loaded.get("version", 1),
        "message": loaded.get("message", "aivmsim.VM"),
        "timestamp_ns": loaded.get("timestamp", 1_700_000_000) * 1_000_000_000,
        "chain_id": loaded.get("chain_id", 1),
        "allocations": allocations,
        "providers": providers,
        "vendor_root": loaded.get("vendor_root"),
        "quote_measurements": loaded.get("quote_measurements", []),
    }
