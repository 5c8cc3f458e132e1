"""The only reader of time; tests replace it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from appliance.timex import kernel_clock_quality
from checks.facts.observation import ClockQuality

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time in UTC: data, never what anything is scheduled by."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def boot(self) -> str:
        """Which boot of the machine `monotonic` counts from."""

    def quality(self) -> ClockQuality:
        """How far `now` can be trusted at this moment."""


@dataclass(frozen=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        # Unlike CLOCK_MONOTONIC this one goes on while the machine sleeps.
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot(self) -> str:
        return _BOOT_ID.read_text(encoding="ascii").strip()

    def quality(self) -> ClockQuality:
        """As the kernel's time discipline has it (adjtimex); unsynchronised when it cannot tell."""
        return kernel_clock_quality()
