"""Everything the outlets show at one moment, as plain values: the daemon paints it, they render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from appliance.judge.matrix import MatrixCell
from appliance.outlets.alerts import Alert
from appliance.outlets.drilled import Drilled
from appliance.visit.guard.waiting import InTheWay
from checks.check import Check
from checks.facts.observation import ClockQuality, Observation
from checks.facts.standing import Standing, StateKey


@dataclass(frozen=True)
class AssetPicture:
    """
    One asset; `up` is None before its first visit.  Counts run since the daemon started.

    `budget_used` of `budget` packets were sent or promised to its address in the last 24 h.
    `level` is how far it is trusted, `breaker` whether it is left alone, each with why.
    `usual_us` is how long it usually takes to answer.  From `product` on: what the inventory says.
    """

    id: str
    zone: str
    role: str
    vendor: str
    type: str
    addresses: tuple[str, ...]
    up: bool | None
    last_visit: datetime | None
    last_alive: datetime | None
    visit_seconds: float | None
    packets_sent: int
    octets_sent: int
    budget_used_ratio: float
    connections: int = 0
    sessions: int = 0
    budget: int = 0
    budget_used: int = 0
    level: str = ""
    level_why: str = ""
    breaker: str = ""
    usual_us: int | None = None
    product: str = ""
    order_number: str = ""
    serial: str = ""
    mac: str = ""
    approved: tuple[str, ...] = ()
    probing: str = ""
    behind: str = ""


@dataclass(frozen=True)
class AnchorPicture:
    """One place the evidence is anchored at; `last` is when it was last seen to have our head."""

    id: str
    kind: str
    last: datetime | None
    size: int
    trouble: str = ""


@dataclass(frozen=True)
class Link:
    """One outlet: whether it is connected now, and how many messages its peer refused."""

    connected: bool
    refused: int = 0


@dataclass(frozen=True)
class ZonePicture:
    """One zone; `sl_t` is its target level for FR 1 to 7."""

    id: str
    name: str
    conduits: tuple[str, ...]
    sl_t: tuple[int, ...] = ()
    responsible: str = ""
    criticality: str = ""
    crs: str = ""


@dataclass(frozen=True)
class Picture:
    """
    One moment of the whole site.

    `standings` is sorted by key.  `observations` holds the newest of each question.  `lateness`
    is the longest time in seconds a due visit has been waiting to start, over the last minute.
    `refused` counts what the guard refused, by asset and reason, since the daemon started.
    `unadopted` is why the ledger is a copy that waits to be adopted; empty when it is none.
    `cells` is the matrix, zone by requirement.  `in_the_way` is why less is asked than planned.
    `outlets` names who is told, `clock` is how far our own time can be trusted (None: not asked).
    """

    at: datetime
    started: datetime
    version: str
    site_id: str
    site_name: str
    appliance_id: str
    laboratory: bool
    zones: tuple[ZonePicture, ...]
    assets: tuple[AssetPicture, ...]
    standings: tuple[tuple[StateKey, Standing], ...]
    checks: Mapping[str, Check]
    observations: tuple[Observation, ...]
    ledger_size: int
    last_checkpoint: datetime | None
    outbox: Mapping[str, int]
    last_reload_successful: bool
    held: bool
    lateness: float
    nothing_sent_since: datetime | None = None
    refused: Mapping[tuple[str, str], int] = field(default_factory=dict)
    cells: tuple[MatrixCell, ...] = ()
    in_the_way: tuple[InTheWay, ...] = ()
    drilled: Drilled = Drilled()
    alerts: Mapping[StateKey, Alert] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    anchors: tuple[AnchorPicture, ...] = ()
    unadopted: str = ""
    outlets: tuple[str, ...] = ()
    clock: ClockQuality | None = None
