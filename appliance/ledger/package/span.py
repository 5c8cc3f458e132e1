"""Which entries a period is: from the first not before its start to the last before its end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.ledger.errors import LedgerError

_FAR_PAST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """
    Entries `first` to `last` of a log of `size`, for the time from `start` to before `end` (UTC).

    Where the clock was set back, entries of another time stand between them: none is left out.
    """

    start: datetime
    end: datetime
    first: int
    last: int
    size: int


def span(connection: sqlite3.Connection, start: datetime | None, end: datetime | None) -> Span:
    """None is the ledger's own beginning or end.  Raises `LedgerError` for an empty period."""
    (last,) = connection.execute("SELECT max(idx) FROM entry").fetchone()
    if last is None:
        raise LedgerError("the ledger holds no entry yet; run upheld check or upheld run first.")
    oldest = _end(connection, "ASC") or _FAR_PAST
    newest = _end(connection, "DESC") or _FAR_PAST
    start = start or oldest
    end = end or newest + timedelta(microseconds=1)
    if start >= end:
        raise LedgerError(f"the period from {start} to {end} is empty; write --from before --to.")
    lower = _edge(connection, "ASC", lambda at: at >= start)
    upper = _edge(connection, "DESC", lambda at: at < end)
    if lower is None or upper is None or upper < lower:
        raise LedgerError(
            f"no entry is from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC; the ledger has "
            f"entries from {oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M}."
        )
    return Span(start, end, lower, upper, last + 1)


def decoded(body: bytes | None) -> dict[str, Any]:
    """An entry as an object; one that is no JSON object, or was pruned, as one without fields."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def time_of(fields: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(fields["t"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def _times(connection: sqlite3.Connection, order: str) -> Iterator[tuple[int, datetime]]:
    rows = connection.execute(f"SELECT idx, body FROM entry ORDER BY idx {order}")  # noqa: S608 - ASC or DESC
    for index, body in rows:
        if (at := time_of(decoded(body))) is not None:
            yield index, at


def _end(connection: sqlite3.Connection, order: str) -> datetime | None:
    return next((at for _, at in _times(connection, order)), None)


def _edge(
    connection: sqlite3.Connection, order: str, within: Callable[[datetime], bool]
) -> int | None:
    return next((index for index, at in _times(connection, order) if within(at)), None)
