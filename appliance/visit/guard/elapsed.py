"""How long ago something was, when the clock may step and the machine may restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.clock import Clock


@dataclass(frozen=True)
class Stamp:
    """
    One moment, by the boot it lay in (its id), the seconds since that boot, and the wall clock.

    The wall clock is for people; what is waited for is measured by the boot's own seconds, so
    that setting the clock refills no budget and ends no pause.  `sure` is whether somebody kept
    the wall clock right at that moment.
    """

    boot: str
    seconds: float
    wall: datetime
    sure: bool = False

    @classmethod
    def now(cls, clock: Clock) -> Stamp:
        return cls(clock.boot(), clock.monotonic(), clock.now(), clock.quality().synchronised)

    def ago(self, clock: Clock) -> float:
        """
        Seconds since then, never more than have certainly passed.

        Across a restart a wall clock that nobody kept right, then or now, proves nothing; then
        only the time since the restart counts.
        """
        if self.boot == clock.boot():
            return max(0.0, clock.monotonic() - self.seconds)
        since_boot = clock.monotonic()
        if not (self.sure and clock.quality().synchronised):
            return since_boot
        return max(since_boot, (clock.now() - self.wall).total_seconds())

    def plain(self) -> dict[str, Any]:
        return {
            "boot": self.boot,
            "seconds": self.seconds,
            "wall": self.wall.isoformat(),
            "sure": self.sure,
        }

    @classmethod
    def of(cls, value: dict[str, Any]) -> Stamp:
        return cls(
            value["boot"],
            value["seconds"],
            datetime.fromisoformat(value["wall"]),
            value.get("sure", False),
        )
