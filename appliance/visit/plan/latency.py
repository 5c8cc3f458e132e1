"""How long a drift can stay unseen: the worst case from the moment it happens to its alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.site.model import Asset, Site
from appliance.visit.questions import PRESENCE, QUESTIONS
from checks import ALL
from checks.check import About, Check, Form
from checks.facts.context import Presence
from checks.facts.ports import TcpPort
from checks.facts.snmp import SnmpDefaultCommunities, SnmpManagers, SnmpRefusals

OUTLET_SECONDS = 30
"""From the ledger to somebody's screen, while the outlet is connected."""

# What can be silence has to be heard in two visits before it stands.
_MAY_BE_SILENCE = (Presence, TcpPort, SnmpDefaultCommunities, SnmpManagers, SnmpRefusals)


@dataclass(frozen=True)
class Asked:
    """One question to one service ("" for none): seconds between two askings, or why never."""

    service: str
    question: str
    spacing: int
    forbidden: str = ""


@dataclass(frozen=True)
class Latency:
    """
    The worst case for one check about one subject.

    `seconds` is None when the drift is never seen, and `why` says so; `visits` is how many must
    agree before an alert goes out.
    """

    subject: str
    check: str
    seconds: int | None
    visits: int
    why: str = ""


def latencies(
    asset: Asset, asked: Iterable[Asked], *, every: int, lasts: int
) -> tuple[Latency, ...]:
    """
    Every check about an asset or one of its services.

    `every` is the seconds between its visits, `lasts` the longest one of them takes.
    """
    steps = (*asked, Asked("", PRESENCE.id, every))
    found = []
    for service in asset.services:
        own = tuple(s for s in steps if s.service == service.id)
        found += [
            _one(f"{asset.id}.{service.id}", check, own, lasts)
            for check in ALL
            if check.about is About.SERVICE and service.protocol in check.protocols
        ]
    found += [_one(asset.id, c, steps, lasts) for c in ALL if c.about is About.ASSET]
    return tuple(found)


def wider(site: Site, visits: Mapping[str, tuple[tuple[Asked, ...], int, int]]) -> list[Latency]:
    """
    The checks about conduits, zones and the site: as slow as the slowest asset they rest on.

    `visits` holds each asset's questions, seconds between its visits, and the longest visit.
    """
    found = []
    for conduit in site.conduits:
        assets = [a.id for a in site.assets if a.zone == conduit.to_zone and a.id in visits]
        found += _over(conduit.id, About.CONDUIT, assets, visits)
    for zone in site.zones:
        assets = [a.id for a in site.assets if a.zone == zone.id and a.id in visits]
        found += _over(zone.id, About.ZONE, assets, visits)
    return found + _over("site", About.SITE, sorted(visits), visits)


def _over(
    subject: str,
    about: About,
    assets: list[str],
    visits: Mapping[str, tuple[tuple[Asked, ...], int, int]],
) -> list[Latency]:
    found = []
    for check in (c for c in ALL if c.about is about):
        each = [
            _one(subject, check, (*steps, Asked("", PRESENCE.id, every)), lasts)
            for steps, every, lasts in (visits[name] for name in assets)
        ]
        seen = [latency for latency in each if latency.seconds is not None]
        if seen:
            found.append(max(seen, key=lambda latency: latency.seconds or 0))
        else:
            why = each[0].why if each else "no asset there is visited"
            found.append(Latency(subject, check.id, None, 0, why))
    return found


def _one(subject: str, check: Check, steps: Iterable[Asked], lasts: int) -> Latency:
    spacings, whys = [], []
    for wanted in (i for i in check.inputs if i.form is not Form.CONTEXT):
        names = {question.id for question in QUESTIONS if question.facts is wanted.kind}
        asked = [s for s in steps if s.question in names]
        spoken = [s.spacing for s in asked if not s.forbidden]
        why = next((s.forbidden for s in asked), "no vantage may ask this")
        if not spoken and wanted.form in (Form.REQUIRED, Form.SEEN):
            return Latency(subject, check.id, None, 0, why)
        spacings += spoken
        whys += [] if spoken else [why]
    if not spacings and whys:
        return Latency(subject, check.id, None, 0, whys[0])
    # A check that reads no facts judges dates and records, at every visit.
    slowest = max(spacings or [s.spacing for s in steps if s.question == PRESENCE.id])
    visits = 2 if any(kind in _MAY_BE_SILENCE for kind in check.reads) else 1
    return Latency(subject, check.id, slowest * visits + lasts + OUTLET_SECONDS, visits)
