"""How much one device got, by the second, the visit and the day."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from appliance.visit.classes import ProbingClass
from appliance.visit.plan.capture import NANOSECOND

QUIET = 120 * NANOSECOND
"""Visits are at least a quarter of an hour apart, and no pause inside one is as long as this."""
_DAY = 86_400 * NANOSECOND


@dataclass
class Peaks:
    """Feed it the time of every packet of ours to one device, in nanoseconds."""

    asset: str
    numbers: ProbingClass
    packets: int = 0
    octets: int = 0
    connections: int = 0
    at_once: int = 0
    second: int = 0
    visit: int = 0
    day: int = 0
    _recent: deque[int] = field(default_factory=deque)
    _today: deque[int] = field(default_factory=deque)
    _this_visit: int = 0
    _last: int = 0

    def sent(self, at: int) -> str | None:
        """What limit this packet is the first to break, or None."""
        self.packets += 1
        self._this_visit = 1 if at - self._last > QUIET else self._this_visit + 1
        self._last = at
        before = (self.second, self.visit, self.day)
        self.second = max(self.second, _within(self._recent, at, NANOSECOND))
        self.day = max(self.day, _within(self._today, at, _DAY))
        self.visit = max(self.visit, self._this_visit)
        a_second = int(self.numbers.burst + self.numbers.packets_a_second)
        for what, was, now, most in (
            ("within 1 s", before[0], self.second, a_second),
            ("in one visit", before[1], self.visit, self.numbers.packets_a_sweep),
            ("within 24 h", before[2], self.day, self.numbers.packets_a_day),
        ):
            if was <= most < now:
                return f"packet {now} {what}, of {most} that its class allows"
        return None


def _within(times: deque[int], at: int, span: int) -> int:
    times.append(at)
    while times[0] <= at - span:
        times.popleft()
    return len(times)
