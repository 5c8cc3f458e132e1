"""Days and moments as they are written on a command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from appliance.ledger.errors import LedgerError


def moment(option: str, text: str, *, last: bool = False) -> datetime | None:
    """A day or a moment; the last day of a period belongs to it."""
    if not text:
        return None
    try:
        if len(text) == len("2026-03-01"):
            day = date.fromisoformat(text) + timedelta(days=last)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(
            f"{option} {text}: write a day such as 2026-03-01, or 2026-03-01T06:00Z."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
