"""What the ledger says, for people: entries by index, range or field."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.ledger.reading import read


def show(
    path: Path, which: int | slice | None = None, filters: Mapping[str, str] | None = None
) -> list[tuple[int, Any]]:
    """
    (index, decoded JSON) of the entries asked for, oldest first; a body that is no JSON as text.

    `which` counts like a list's index or slice, so -1 is the newest; a filter such as
    `{"type": "verdicts", "rows.check": "opcua-mode-none-absent"}` keeps entries that hold the
    value there, in any row of a list.  Raises `LedgerError` for an index off the ledger.
    """
    return read(path, "reading entries", partial(_shown, path, which, filters or {}))


def _shown(
    path: Path,
    which: int | slice | None,
    filters: Mapping[str, str],
    connection: sqlite3.Connection,
) -> list[tuple[int, Any]]:
    (last,) = connection.execute("SELECT max(idx) FROM entry").fetchone()
    size = 0 if last is None else last + 1
    wanted = _wanted(path, which, size)
    found = []
    for index, body in connection.execute(
        "SELECT idx, body FROM entry WHERE idx >= ? AND idx <= ? ORDER BY idx",
        (min(wanted, default=0), max(wanted, default=-1)),
    ):
        value = _decoded(body)
        if index in wanted and all(f in set(_texts(value, k)) for k, f in filters.items()):
            found.append((index, value))
    return found


def _wanted(path: Path, which: int | slice | None, size: int) -> range:
    if which is None:
        return range(size)
    if isinstance(which, slice):
        return range(size)[which]
    try:
        index = range(size)[which]
    except IndexError:
        held = f"it holds 0 to {size - 1}" if size else "it is empty"
        raise LedgerError(f"{path}: there is no entry {which}; {held}.") from None
    return range(index, index + 1)


def _decoded(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")


def _texts(value: Any, path: str) -> Iterator[str]:
    """What stands at a dotted path, as text; JSON's own words for true, false and null."""
    found = _rows(value)
    for key in path.split("."):
        found = [
            row
            for inner in found
            if isinstance(inner, dict) and key in inner
            for row in _rows(inner[key])
        ]
    for inner in found:
        yield inner if isinstance(inner, str) else json.dumps(inner)


def _rows(value: Any) -> list[Any]:
    """The value, or what its lists hold."""
    left, found = [value], []
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left += inner
        else:
            found.append(inner)
    return found
