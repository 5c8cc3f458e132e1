"""
One look at a device before and after each visit: did we do it any harm?

How long it usually takes to answer is learned from the looks before visits only, when nothing of
ours has touched it for an interval.  A device that answers no more after a visit, or much slower,
is not visited again until a person has looked at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

from appliance.clock import Clock
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept

KIND = "canary"
LEARNED = 100
ENOUGH = 10
TIMES_P95 = 3
SLOWER_US = 500_000
# Who looked at it and why it was freed, newest last.
ACKNOWLEDGED = 20


@dataclass(frozen=True)
class Seen:
    """
    What one canary came to: answered after `latency_us`, or not at all.

    `port` is which service it was asked of; `said` what happened when it did not answer.
    """

    port: str
    latency_us: int | None
    said: str = ""


@dataclass(frozen=True)
class Latch:
    """Why an address is not visited, and since when (UTC, ISO 8601)."""

    since: str
    why: str


class Canaries:
    """What is normal for each address, and which are suspected to have suffered; kept."""

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock

    def before(self, address: str, seen: Seen) -> str | None:
        """
        Why the visit must not begin, or None.

        A device in trouble before we came is left alone and not suspected of suffering from us.
        """
        if seen.latency_us is None:
            return f"{address} did not answer before the visit: {seen.said}"
        value = self._of(address, seen.port)
        limit = _limit(value["latencies_us"])
        value["latencies_us"] = [*value["latencies_us"], seen.latency_us][-LEARNED:]
        self._kept.put(KIND, address, value)
        if limit is not None and seen.latency_us > limit:
            return f"before the visit {address} {_slow(seen.latency_us, limit)}"
        return None

    def after(self, address: str, seen: Seen) -> Event | None:
        """
        Compare with what is normal; the event tells that the address is latched from now on.

        Only for a visit that `before` let begin.
        """
        value = self._of(address, seen.port)
        if seen.latency_us is None:
            why = f"after our visit it did not answer any more: {seen.said}"
        else:
            limit = _limit(value["latencies_us"])
            if limit is None or seen.latency_us <= limit:
                return None
            why = f"after our visit it {_slow(seen.latency_us, limit)}"
        if value["latch"] is None:
            value["latch"] = {"since": self._clock.now().isoformat(), "why": why}
            self._kept.insist(KIND, address, value)
        return Event(
            "suspected-impact",
            address,
            f"{address} may have suffered from us: {why}; "
            "it is not visited again until somebody has looked at it and acknowledged",
        )

    def latched(self, address: str) -> Latch | None:
        """Why it is not visited, or None."""
        value = self._kept.get(KIND, address)
        return None if value is None or value["latch"] is None else Latch(**value["latch"])

    def usual(self, address: str) -> int | None:
        """How many microseconds it usually takes to answer, None before anybody knows."""
        value = self._kept.get(KIND, address)
        return int(median(value["latencies_us"])) if value and value["latencies_us"] else None

    def ack(self, address: str, who: str, why: str) -> Event:
        """
        Somebody has looked at the device and takes it upon him to go on.

        Raises `ValueError` saying what to write when nothing is latched or a word is missing.
        """
        value = self._kept.get(KIND, address)
        if value is None or value["latch"] is None:
            raise ValueError(f"nothing is suspected of {address}, so there is nothing to ack")
        if not who.strip() or not why.strip():
            raise ValueError("say who acknowledges and what was found at the device")
        now = self._clock.now().isoformat()
        entry = {"at": now, "who": who.strip(), "why": why.strip(), "latch": value["latch"]}
        value["acknowledged"] = [*value["acknowledged"], entry][-ACKNOWLEDGED:]
        value["latch"] = None
        self._kept.put(KIND, address, value)
        return Event(
            "impact-acknowledged",
            address,
            f"{entry['who']} acknowledged the suspected impact on {address}: {entry['why']}",
        )

    def acknowledged(self, address: str) -> tuple[dict[str, Any], ...]:
        """Who freed it when and why (`at`, `who`, `why`, `latch`), oldest first."""
        value = self._kept.get(KIND, address)
        return () if value is None else tuple(value["acknowledged"])

    def _of(self, address: str, port: str) -> dict[str, Any]:
        """What is kept; another service's latencies say nothing about this one's."""
        value = self._kept.get(KIND, address)
        value = value or {"port": port, "latencies_us": [], "latch": None, "acknowledged": []}
        return value if value["port"] == port else value | {"port": port, "latencies_us": []}


def limit_us(latencies: list[int]) -> float:
    """What is still normal: max(3 x 95th percentile, median + 500 ms), in microseconds."""
    ordered = sorted(latencies)
    p95 = ordered[ceil(0.95 * len(ordered)) - 1]
    return max(TIMES_P95 * p95, median(ordered) + SLOWER_US)


def _limit(latencies: list[int]) -> float | None:
    return limit_us(latencies) if len(latencies) >= ENOUGH else None


def _slow(latency: int, limit: float) -> str:
    return f"took {latency / 1000:.0f} ms to answer, where {limit / 1000:.0f} ms is the most usual"
