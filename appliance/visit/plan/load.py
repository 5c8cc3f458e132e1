"""How much one device gets at most, and how long a visit can take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from appliance.site.model import Site
from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.classes import ProbingClass
from appliance.visit.plan.step import DAY, Step
from collectors.wire import DRAIN_SECONDS


@dataclass(frozen=True)
class Load:
    """The most a device gets: connections, packets, and octets both ways."""

    connections: int
    packets: int
    octets: int


def loads(
    numbers: ProbingClass, steps: tuple[Step, ...], seconds: int, canary: Ask | None
) -> tuple[Load, Load]:
    """One visit and one day, never more than the class lets through."""
    again = _again(numbers, canary)
    visit = _load(steps, lambda _: 1, again, 1)
    day = _load(steps, lambda step: step.a_day, again, ceil(DAY / seconds))
    return (
        replace(visit, packets=min(visit.packets, numbers.packets_a_sweep)),
        replace(day, packets=min(day.packets, numbers.packets_a_day)),
    )


def _again(numbers: ProbingClass, canary: Ask | None) -> Load:
    """The canary's second time; its first is one of the questions."""
    if canary is None:
        return Load(0, 0, 0)
    question = canary.question
    return Load(question.connections, q.packets(question, numbers), question.octets)


def _load(steps: tuple[Step, ...], times: Callable[[Step], int], again: Load, visits: int) -> Load:
    return Load(
        sum(s.connections * times(s) for s in steps) + again.connections * visits,
        sum(s.packets * times(s) for s in steps) + again.packets * visits,
        sum(s.octets * times(s) for s in steps) + again.octets * visits,
    )


def lasts(site: Site, numbers: ProbingClass, steps: tuple[Step, ...]) -> int:
    """The longest a visit can take: every deadline used up, then the pace of its class."""
    waits: float = 2 * len({s.vantage for s in steps}) * len(site.appliance.control)
    asked = [s for s in steps if not s.forbidden]
    for step in asked:
        each = numbers.connect + DRAIN_SECONDS + numbers.pause
        waits += each * max(1, step.connections) + (numbers.whole if step.pdus else 0.0)
        waits += numbers.tls_apart * step.handshakes
    connections = sum(s.connections for s in asked)
    packets = min(sum(s.packets for s in asked), numbers.packets_a_sweep)
    paced = max(
        connections * 60 / numbers.connections_a_minute,
        packets / numbers.packets_a_second,
    )
    return ceil(waits + paced)
