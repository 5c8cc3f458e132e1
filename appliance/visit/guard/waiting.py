"""What is in the way of visits at this moment, and what of it waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from appliance.site.model import Site
from appliance.visit.guard.breaker import Way
from appliance.visit.guard.hold import SITE
from appliance.visit.guard.restraint import Restraints

HOLD, STOP, IMPACT, BREAKER, CREDENTIAL = (
    "hold", "stop", "suspected-impact", "breaker", "credential",
)  # fmt: skip
# The event that says a person, or time, has ended it; GONE where nobody did.
ENDS = {STOP: "stop.ended", IMPACT: "impact-acknowledged", CREDENTIAL: "credential.rearmed"}
GONE = "alarm.gone"


@dataclass(frozen=True)
class InTheWay:
    """
    One reason why less is asked than planned: of an asset, a zone, a credential or (all three
    empty) the site.

    `person`: it ends by what somebody has to do, which is `remedy`; otherwise by itself.
    """

    kind: str
    said: str
    asset: str = ""
    zone: str = ""
    credential: str = ""
    since: datetime | None = None
    person: bool = False
    remedy: str = ""

    @property
    def subject(self) -> str:
        return self.asset or self.zone or self.credential or SITE

    @property
    def key(self) -> str:
        """The same as long as it stands, and over restarts."""
        return f"{self.kind}.{self.subject}"


def in_the_way(site: Site, held: Restraints) -> tuple[InTheWay, ...]:
    """The widest first: holds, stops, then assets and credentials."""
    return (*_holds(held), *_stops(held), *_assets(site, held), *_credentials(held))


def standing_alarms(site: Site, held: Restraints) -> tuple[InTheWay, ...]:
    """
    What the guard stopped by itself and somebody has to look at, the widest first.

    A hold is a person's own word, and a breaker or a first stop ends by itself; a credential that
    is latched for one asset keeps it from nothing else.
    """
    everywhere = {why for _, why in held.latches.everywhere()}
    alarms = (
        w for w in in_the_way(site, held) if w.person and w.kind in (STOP, IMPACT, CREDENTIAL)
    )
    return tuple(w for w in alarms if w.kind != CREDENTIAL or w.said[:-1] in everywhere)


def _holds(held: Restraints) -> Iterator[InTheWay]:
    for hold in held.holds.all():
        asset, zone = _place(hold.scope)
        option = f"--asset {asset}" if asset else f"--zone {zone}" if zone else "--site"
        remedy = f'upheld release {option} --why "..."'
        yield InTheWay(HOLD, hold.said, asset, zone, "", hold.since, person=True, remedy=remedy)


def _stops(held: Restraints) -> Iterator[InTheWay]:
    for stop in held.stops.all():
        asset, zone = _place(stop.where)
        yield InTheWay(
            STOP,
            stop.said,
            asset,
            zone,
            since=stop.since.wall,
            person=stop.needs_ack,
            remedy=f'upheld ack {asset or zone or SITE} --why "..."' if stop.needs_ack else "",
        )


def _assets(site: Site, held: Restraints) -> Iterator[InTheWay]:
    for asset in site.assets:
        if latch := held.canaries.latched(asset.address):
            yield InTheWay(
                IMPACT,
                f"{asset.id} may have suffered from us: {latch.why}.",
                asset.id,
                since=datetime.fromisoformat(latch.since),
                person=True,
                remedy=f'look at {asset.id}, then upheld ack {asset.id} --why "..."',
            )
        stand = held.breakers.stand(asset.address)
        if stand.way is not Way.CLOSED:
            yield InTheWay(BREAKER, f"{stand.why}.", asset.id)


def _credentials(held: Restraints) -> Iterator[InTheWay]:
    for name, why in held.latches.all():
        yield InTheWay(
            CREDENTIAL,
            f"{why}.",
            credential=name,
            person=True,
            remedy=f'upheld rearm {name} --why "..." when it is mended',
        )


def _place(where: str) -> tuple[str, str]:
    """Asset and zone of site, zone:ID, asset:ID or gateway:ID."""
    kind, _, name = where.partition(":")
    return ("", name) if kind == "zone" else (name, "")
