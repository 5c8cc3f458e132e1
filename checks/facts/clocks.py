"""A device's clock read beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ClockReading:
    """`device` is what the device said (UTC), `ours` our clock half way through the exchange.

    `resolution_ms` is how finely the device tells the time (SNMP DateAndTime: 100 ms).
    """

    device: datetime
    ours: datetime
    round_trip_ms: int
    resolution_ms: int = 1
