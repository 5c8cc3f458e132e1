"""Which entries a period is: from the first not before its start to the last before its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.logs import Log, Logs

_FAR_PAST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """
    Entries `first` to `last` of `size` in all, for the time from `start` to before `end` (UTC).

    They are places over all logs of a ledger, or, from `within`, one log's indices.  Where the clock was set back, entries of another time stand between them: none is left out.
    """

    start: datetime
    end: datetime
    first: int
    last: int
    size: int

    def within(self, log: Log) -> Span:
        """What of it is in one log; `last` is before `first` where nothing is."""
        first = min(max(self.first - log.start, 0), log.size)
        last = min(self.last - log.start, log.size - 1)
        return Span(self.start, self.end, first, max(last, first - 1), log.size)


def span(logs: Logs, start: datetime | None, end: datetime | None) -> Span:
    """None is the ledger's own beginning or end.  Raises `LedgerError` for an empty period."""
    if not logs.held:
        raise LedgerError("the ledger holds no entry yet; run upheld check or upheld run first.")
    oldest = _end(logs, "ASC") or _FAR_PAST
    newest = _end(logs, "DESC") or _FAR_PAST
    start = start or oldest
    end = end or newest + timedelta(microseconds=1)
    if start >= end:
        raise LedgerError(f"the period from {start} to {end} is empty; write --from before --to.")
    lower = _edge(logs, "ASC", lambda at: at >= start)
    upper = _edge(logs, "DESC", lambda at: at < end)
    if lower is None or upper is None or upper < lower:
        raise LedgerError(
            f"no entry is from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC; the ledger has "
            f"entries from {oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M}."
        )
    return Span(start, end, lower, upper, logs.held)


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


def _times(entries: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[int, datetime]]:
    for place, body in entries:
        if (at := time_of(decoded(body))) is not None:
            yield place, at


def _end(logs: Logs, order: str) -> datetime | None:
    return next((at for _, at in _times(_ordered(logs, order))), None)


def _edge(logs: Logs, order: str, within: Callable[[datetime], bool]) -> int | None:
    return next((place for place, at in _times(_ordered(logs, order)) if within(at)), None)


def _ordered(logs: Logs, order: str) -> Iterator[tuple[int, bytes | None]]:
    return logs.entries() if order == "ASC" else logs.backwards()
