"""What a TCP connection attempt tells about one port."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.facts.observation import Facts, reading


class PortAnswer(StrEnum):
    OPEN = "open"
    REFUSED = "refused"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class TcpPort(Facts):
    """
    One connection attempt, closed without a byte.

    FILTERED: nobody answered in time.  UNREACHABLE: a router or our own host said so.  Both are
    evidence about the path and never about the device.
    """

    port: int
    answer: PortAnswer
    latency_us: int | None = reading()
