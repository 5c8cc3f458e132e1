"""One question through one look: what it sends, how often, how much at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from appliance.site.model import Asset, Site
from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.classes import ProbingClass
from appliance.visit.plan.sent import Pdu, requests

DAY = 86_400
KERNELS_CHOICE = ""
"""The source of a vantage that leaves its address to the kernel."""


@dataclass(frozen=True)
class Step:
    """
    One question through one look.

    `spacing` is the seconds between two askings, `a_day` how many fall into 24 hours at most.
    Of one asking `handshakes` is how many TLS handshakes the device may have to compute, `packets`
    the most that is sent to it, and `octets` the most that cross its link both ways, headers
    included.  `forbidden` says why it is not asked at all; then nothing is sent.
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
    handshakes: int
    pdus: tuple[Pdu, ...]
    packets: int
    octets: int
    forbidden: str = ""

    @property
    def speaks(self) -> bool:
        """Whether bytes are sent, rather than a connection opened and closed."""
        return bool(self.pdus) and not self.forbidden


def step_of(
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
        handshakes=0 if silent else question.tls,
        pdus=() if silent else pdus,
        packets=0 if silent else q.packets(question, numbers),
        octets=0 if silent else question.octets,
        forbidden=ask.forbidden or "",
    )


def _spacing(every: timedelta, interval: timedelta) -> int:
    """Seconds between two askings: whole turns, as `Recall.due` lets them pass."""
    turn = max(1.0, every.total_seconds())
    return int(turn * max(1, ceil((interval - q.slack(every)).total_seconds() / turn)))
