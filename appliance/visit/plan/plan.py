"""
Every connection and request of 24 hours, with upper bounds: a function of the configuration alone.

Times are schedules (every, first at), never the clock's, so that the same configuration gives the
same plan and the same digest on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from hashlib import sha256
from math import ceil
from typing import Any

from appliance.site.model import Asset, Site
from appliance.visit import choosing
from appliance.visit import questions as q
from appliance.visit.asks import Ask, asks
from appliance.visit.classes import ProbingClass, class_for
from appliance.visit.plan.latency import Asked, Latency, latencies, wider
from appliance.visit.plan.outside import Outside, outside
from appliance.visit.plan.sent import Pdu, requests
from appliance.visit.reach import looks
from appliance.visit.schedule import phase
from collectors.allowed import never_connect
from collectors.wire import DRAIN_SECONDS, SOURCE_PORTS

DAY = 86_400
NEVER = "never"
KERNELS_CHOICE = ""
"""The source of a vantage that leaves its address to the kernel."""


@dataclass(frozen=True)
class Step:
    """
    One question through one look.

    `spacing` is the seconds between two askings, `a_day` how many fall into 24 hours at most.
    Of one asking `packets` is the most that is sent to the device, and `octets` the most that
    cross its link both ways, headers included.  `forbidden` says why it is not asked at all;
    then nothing is sent.
    """

    vantage: str
    source: str
    transport: str
    port: int
    protocol: str
    question: str
    service: str
    conduit: str
    permitted: bool
    spacing: int
    a_day: int
    connections: int
    pdus: tuple[Pdu, ...]
    packets: int
    octets: int
    forbidden: str = ""

    @property
    def speaks(self) -> bool:
        """Whether bytes are sent, rather than a connection opened and closed."""
        return bool(self.pdus) and not self.forbidden


@dataclass(frozen=True)
class Load:
    """The most a device gets: connections, packets, and octets both ways."""

    connections: int
    packets: int
    octets: int


@dataclass(frozen=True)
class AssetPlan:
    """
    One asset's share.

    Its turns come `every` seconds, the first `phase` seconds after midnight UTC of 1 January 1970
    and therefore at a fixed place in each interval.  `visit` is a visit in which everything is
    due, `seconds` the longest it takes; `sweep_limit` and `day_limit` are its class's packets, at
    which the appliance stops by itself.  `canary` is the port asked before and after each visit.
    `rotation` is the seconds until every port that must not open was looked at once, 0 when that
    never happens; `over` says what does not fit.
    """

    asset: str
    zone: str
    address: str
    probing: str
    every: int
    phase: int
    turns: int
    steps: tuple[Step, ...]
    visit: Load
    day: Load
    sweep_limit: int
    day_limit: int
    seconds: int
    canary: str
    rotation: int
    over: tuple[str, ...]
    latencies: tuple[Latency, ...]


@dataclass(frozen=True)
class Plan:
    """A whole site's 24 hours.  `outside` is what this host sends to others than assets."""

    site: str
    appliance: str
    laboratory: bool
    source_ports: tuple[int, int]
    assets: tuple[AssetPlan, ...]
    untouched: tuple[str, ...]
    outside: tuple[Outside, ...]
    latencies: tuple[Latency, ...]

    @property
    def plain(self) -> dict[str, Any]:
        """JSON's types; the digest is not among them."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical rendering: sorted keys, no blanks, UTF-8."""
        text = json.dumps(self.plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()


def plan(site: Site) -> Plan:
    """The plan of a site: pure."""
    touched = sorted(
        (a for a in site.assets if a.probing != NEVER and not a.safety), key=lambda a: a.id
    )
    assets = tuple(_asset(site, asset) for asset in touched)
    visits = {a.asset: (_asked(a.steps), a.every, a.seconds) for a in assets}
    return Plan(
        site=site.site.id,
        appliance=site.appliance.id,
        laboratory=site.site.laboratory,
        source_ports=(SOURCE_PORTS[0], SOURCE_PORTS[-1]),
        assets=assets,
        untouched=tuple(sorted({a.id for a in site.assets} - {a.id for a in touched})),
        outside=outside(site),
        latencies=tuple(wider(site, visits)),
    )


def _asset(site: Site, asset: Asset) -> AssetPlan:
    laboratory = site.site.laboratory
    numbers = class_for(asset, laboratory=laboratory)
    every = q.every(asset, laboratory=laboratory)
    seconds = max(1, int(every.total_seconds()))
    asked = tuple(
        ask
        for ask in asks(asset, looks(site, asset), laboratory=laboratory)
        if never_connect(ask.look.port.transport, ask.look.port.number) is None
    )
    canary = choosing.canary_of(asked, never_connect)
    rounds = choosing.rounds(
        asked, numbers, canary=canary, every=every, never_connect=never_connect
    )
    steps = tuple(_step(site, asset, ask, numbers, every, rounds or len(asked)) for ask in asked)
    visit, day = _loads(numbers, steps, seconds, canary)
    lasts = _lasts(site, numbers, steps)
    return AssetPlan(
        asset=asset.id,
        zone=asset.zone,
        address=asset.address,
        probing=asset.probing,
        every=seconds,
        phase=int(phase(asset.id, every).total_seconds()),
        turns=ceil(DAY / seconds),
        steps=steps,
        visit=visit,
        day=day,
        sweep_limit=numbers.packets_a_sweep,
        day_limit=numbers.packets_a_day,
        seconds=lasts,
        canary=canary.look.port.id if canary else "",
        rotation=seconds * (rounds or 0),
        over=_over(numbers, rounds),
        latencies=latencies(asset, _asked(steps), every=seconds, lasts=lasts),
    )


def _step(
    site: Site, asset: Asset, ask: Ask, numbers: ProbingClass, every: timedelta, rounds: int
) -> Step:
    look, question = ask.look, ask.question
    interval = q.interval(asset, question, laboratory=site.site.laboratory, rounds=rounds)
    spacing = _spacing(every, interval)
    pdus = requests(site, asset, look.service, question)
    silent = ask.forbidden is not None
    return Step(
        vantage=look.vantage.id,
        source=look.vantage.source or KERNELS_CHOICE,
        transport=look.port.transport,
        port=look.port.number,
        protocol=look.service.protocol if look.service and pdus else "tcp",
        question=question.id,
        service=look.service.id if look.service else "",
        conduit=look.conduit or "",
        permitted=look.permitted,
        spacing=spacing,
        a_day=0 if silent else ceil(DAY / spacing),
        connections=0 if silent else question.connections,
        pdus=() if silent else pdus,
        packets=0 if silent else q.packets(question, numbers),
        octets=0 if silent else question.octets,
        forbidden=ask.forbidden or "",
    )


def _spacing(every: timedelta, interval: timedelta) -> int:
    """Seconds between two askings: whole turns, of which the first past nine tenths counts."""
    turn = max(1.0, every.total_seconds())
    return int(turn * max(1, ceil(0.9 * interval.total_seconds() / turn)))


def _loads(
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


def _lasts(site: Site, numbers: ProbingClass, steps: tuple[Step, ...]) -> int:
    """The longest a visit can take: every deadline used up, then the pace of its class."""
    waits: float = 2 * len({s.vantage for s in steps}) * len(site.appliance.control)
    asked = [s for s in steps if not s.forbidden]
    for step in asked:
        each = numbers.connect + DRAIN_SECONDS + numbers.pause
        waits += each * max(1, step.connections) + (numbers.whole if step.pdus else 0.0)
    connections = sum(s.connections for s in asked)
    packets = min(sum(s.packets for s in asked), numbers.packets_a_sweep)
    paced = max(
        connections * 60 / numbers.connections_a_minute,
        packets / numbers.packets_a_second,
    )
    return ceil(waits + paced)


def _over(numbers: ProbingClass, rounds: int | None) -> tuple[str, ...]:
    if rounds is None:
        most = numbers.packets_a_sweep
        return (f"not everything fits {most} packets a visit: something is never asked",)
    if rounds > 1:
        return (f"not everything fits one visit; it takes {rounds} to ask all of it",)
    return ()


def _asked(steps: tuple[Step, ...]) -> tuple[Asked, ...]:
    return tuple(Asked(s.service, s.question, s.spacing, s.forbidden) for s in steps)
