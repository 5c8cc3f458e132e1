"""When an asset's turn is: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256


def phase(asset: str, every: timedelta) -> timedelta:
    """
    Where in each interval the asset's turn lies, fixed by its id.

    Spread over the whole interval, so that a restart does not send everybody at once.
    """
    share = int.from_bytes(sha256(asset.encode()).digest()[:8], "big") / 2**64
    return timedelta(seconds=every.total_seconds() * share)


def next_turn(asset: str, every: timedelta, now: datetime) -> datetime:
    """The next moment at or after `now` that is the asset's turn."""
    seconds = every.total_seconds()
    offset = phase(asset, every).total_seconds()
    passed = (now.timestamp() - offset) % seconds
    return now if passed == 0 else now + timedelta(seconds=seconds - passed)
