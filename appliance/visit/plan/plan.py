"""
Every connection and request of 24 hours, with upper bounds: a function of the configuration alone.

Times are schedules (every, first at), never the clock's, so that the same configuration gives the
same plan and the same digest on any machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, is_dataclass
from hashlib import sha256
from math import ceil
from typing import Any

from appliance.site.model import Asset, Site
from appliance.visit import choosing
from appliance.visit import questions as q
from appliance.visit.asks import asks
from appliance.visit.classes import ProbingClass, class_for
from appliance.visit.plan.latency import Asked, Latency, latencies, wider
from appliance.visit.plan.load import Load, lasts, loads
from appliance.visit.plan.outside import Outside, outside
from appliance.visit.plan.step import DAY, Step, step_of
from appliance.visit.reach import looks
from appliance.visit.rotation import Rotations, visits_of
from appliance.visit.schedule import phase
from collectors.allowed import never_connect
from collectors.wire import SOURCE_PORTS

NEVER = "never"


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
        return {name: _plain(value) for name, value in vars(self).items()}

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical rendering: sorted keys, no blanks, UTF-8."""
        text = json.dumps(self.plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """As `dataclasses.asdict`, five times as fast: a large plan has half a million values."""
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if is_dataclass(value):
        return {name: _plain(item) for name, item in vars(value).items()}
    return value


def plan(site: Site) -> Plan:
    """The plan of a site: pure."""
    touched = sorted(
        (a for a in site.assets if a.probing != NEVER and not a.safety), key=lambda a: a.id
    )
    rotations = Rotations(never_connect)
    assets = tuple(_asset(site, asset, rotations) for asset in touched)
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


def _asset(site: Site, asset: Asset, rotations: Rotations) -> AssetPlan:
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
    found = rotations.of(asked, numbers, canary=canary, every=every)
    rounds = found.whole
    steps = tuple(
        step_of(site, asset, ask, numbers, every, visits_of(ask, found, len(asked)))
        for ask in asked
    )
    visit, day = loads(numbers, steps, seconds, canary)
    longest = lasts(site, numbers, steps)
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
        seconds=longest,
        canary=canary.look.port.id if canary else "",
        rotation=seconds * (rounds or 0),
        over=_over(numbers, rounds),
        latencies=latencies(asset, _asked(steps), every=seconds, lasts=longest),
    )


def _over(numbers: ProbingClass, rounds: int | None) -> tuple[str, ...]:
    if rounds is None:
        most = numbers.packets_a_sweep
        return (f"not everything fits {most} packets a visit: something is never asked",)
    if rounds > 1:
        return (f"not everything fits one visit; it takes {rounds} to ask all of it",)
    return ()


def _asked(steps: tuple[Step, ...]) -> tuple[Asked, ...]:
    return tuple(Asked(s.service, s.question, s.spacing, s.forbidden) for s in steps)
