"""Whether an asset's turn may be taken now: every reason to leave it alone, asked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.clock import Clock
from appliance.site.model import Asset, Site, Zone
from appliance.visit.classes import class_for
from appliance.visit.guard.breaker import Breakers, Way
from appliance.visit.guard.budget import Budgets
from appliance.visit.guard.canary import Canaries, Latch
from appliance.visit.guard.event import Event
from appliance.visit.guard.hold import Holds
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.latch import Latches
from appliance.visit.guard.sessions import Sessions
from appliance.visit.guard.stops import Stops
from appliance.visit.guard.trust import Fingerprint, Trusts
from appliance.visit.guard.windows import announced, open_at

LOOK_SECONDS = 1.0
"""How old a look at a zone's windows and at another system's file may be."""


class Extent(StrEnum):
    NOTHING = "nothing"
    CANARY = "canary"
    WHOLE = "whole"


@dataclass(frozen=True)
class Leave:
    """How much of a visit may be made now; `why` tells what is in the way of a whole one."""

    extent: Extent
    why: str = ""


class Restraints:
    """
    All parts of the guard that remember, over one file.

    Addresses carry budgets, breakers, canaries and sessions; assets carry trust; scopes carry
    holds and stops.
    """

    def __init__(self, kept: Kept, clock: Clock, site: Site) -> None:
        self._clock = clock
        self.budgets = Budgets(kept, clock)
        self.breakers = Breakers(kept, clock)
        self.canaries = Canaries(kept, clock)
        self.holds = Holds(kept, clock)
        self.stops = Stops(kept, clock)
        self.latches = Latches(kept, clock)
        self.sessions = Sessions(kept, clock)
        self.trusts = Trusts(kept, clock, laboratory=site.site.laboratory)
        self.adopt(site)

    def adopt(self, site: Site) -> None:
        """Go on with this configuration; nothing that is remembered is forgotten."""
        self._site = site
        self._zones = {a.id: a.zone for a in site.assets}
        self._looked: dict[str, tuple[float, str | None]] = {}
        self._timezone = ZoneInfo(site.site.timezone)
        self.trusts.laboratory = site.site.laboratory
        self._days = _days(site)

    def forbidden(self, asset: str) -> str | None:
        """
        Why nothing at all may be sent to the asset at this moment: a hold or a closed window.

        Asked again before every connection and message, so that a visit under way ends; the
        inventory may have lost the asset since that began.
        """
        zone = self._zones.get(asset)
        if zone is None:
            return f"{asset} is no longer in the inventory"
        return self.there(asset, zone) or None

    def there(self, asset: str, zone: str) -> str:
        """The hold or closed window over an asset or zone, or, both empty, the site; empty: none."""
        if hold := self.holds.holding(asset, zone):
            return hold.said
        stated = next((z for z in self._site.zones if z.id == zone), None)
        return self._closed(stated) or "" if stated else ""

    def _closed(self, zone: Zone) -> str | None:
        now = self._clock.monotonic()
        at, why = self._looked.get(zone.id, (now - LOOK_SECONDS, None))
        if now - at >= LOOK_SECONDS:
            file = Path(zone.blackout_file) if zone.blackout_file else None
            opening = open_at(zone, self._clock.now(), self._timezone, announced(file))
            why = None if opening.open else opening.why
            self._looked[zone.id] = (now, why)
        return why

    def leave(self, asset: Asset) -> Leave:
        """
        What may be made of the asset's turn.

        A breaker whose time is over gives its one trial away by this question.
        """
        if why := self.forbidden(asset.id):
            return Leave(Extent.NOTHING, why)
        if latch := self._suspected(asset):
            return Leave(
                Extent.NOTHING,
                f"{asset.id} may have suffered from us: {latch.why}; "
                f"it waits for upheld ack {asset.id}",
            )
        trial = self.breakers.trial(asset.address)
        if trial.way is Way.OPEN:
            return Leave(Extent.NOTHING, trial.why)
        permit = self.trusts.permit(asset.id)
        if not permit.canary:
            return Leave(Extent.NOTHING, permit.why)
        if trial.way is Way.HALF_OPEN:
            return Leave(Extent.CANARY, trial.why)
        if stop := self.stops.stopped(segment_of(asset)):
            return Leave(Extent.CANARY, stop.said)
        if not permit.visit:
            return Leave(Extent.CANARY, permit.why)
        return Leave(Extent.WHOLE)

    def watching(self, asset: Asset) -> bool:
        """
        Whether the asset is to be looked at by canary between its turns: it is new, its breaker
        wants its trial, or its segment stopped.
        """
        if self.forbidden(asset.id) or self._suspected(asset):
            return False
        way = self.breakers.stand(asset.address).way
        if way is Way.OPEN:
            return False
        permit = self.trusts.permit(asset.id)
        return permit.canary and (
            way is Way.HALF_OPEN
            or not permit.visit
            or self.stops.stopped(segment_of(asset)) is not None
        )

    def _suspected(self, asset: Asset) -> Latch | None:
        """
        Why it may have suffered from us.

        None too while a stop waits for its canaries: nobody else's can end that one.
        """
        stop = self.stops.stopped(segment_of(asset))
        if stop is not None and asset.address in stop.lost:
            return None
        return self.canaries.latched(asset.address)

    def begin(self, asset: Asset) -> Event | None:
        """The asset's turn has come: one nobody knows yet begins its day of liveness."""
        return self.trusts.begin(asset.id, planned(asset))

    def a_day(self, address: str) -> int:
        """The packets an address may get in 24 hours: the least of the assets that share it."""
        return self._days.get(address, 0)


def _days(site: Site) -> dict[str, int]:
    """The packets each address may get in 24 hours."""
    days: dict[str, int] = {}
    for asset in site.assets:
        if asset.probing != "never":
            share = class_for(asset, laboratory=site.site.laboratory).packets_a_day
            days[asset.address] = min(share, days.get(asset.address, share))
    return days


def segment_of(asset: Asset) -> str:
    """What fails together: all behind one gateway, else the zone."""
    return f"gateway:{asset.behind}" if asset.behind else f"zone:{asset.zone}"


def planned(asset: Asset) -> Fingerprint:
    """What the inventory alone says of an asset."""
    return Fingerprint(
        type=asset.type or "",
        address=asset.address,
        approved=asset.firmware.approved,
        serial=asset.identity.serial,
        order_number=asset.identity.order_number,
    )
