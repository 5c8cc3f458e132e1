"""What a ledger's body holds, as lines a person can read; every text in them is harmless."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from appliance.outlets.text import harmless

LONGEST_VALUE = 600


def lines(value: object) -> tuple[tuple[str, str], ...]:
    """A plain value's leaves that say something, each with the way to it."""
    return tuple((harmless(n), harmless(v, LONGEST_VALUE)) for n, v in _leaves("", value))


def decoded(body: bytes | None) -> Any:
    """A body as a plain value; as text when it is no JSON, None when it is no longer kept."""
    if body is None:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")


def word(value: dict[str, Any], name: str) -> str:
    return harmless(str(value.get(name, "")))


def size_of(connection: sqlite3.Connection) -> int:
    """How many entries a ledger holds."""
    (last,) = connection.execute("SELECT max(idx) FROM entry").fetchone()
    return 0 if last is None else int(last) + 1


def _leaves(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for k, v in value.items() for leaf in _leaves(f"{name}.{k}" if name else k, v)]
    if isinstance(value, list):
        return [leaf for i, v in enumerate(value) for leaf in _leaves(f"{name}[{i}]", v)]
    shown = "" if value is None else str(value)
    return [(name, shown)] if shown else []
