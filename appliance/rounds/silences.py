"""What assets that fall silent have in common: the whole site, a zone, a gateway, or ourselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from appliance.rounds.recall import Looked, Recall
from appliance.site.model import Asset
from checks.facts.context import OwnZone
from checks.zone_silence import SITE, is_site_silent, is_zone_silent, zone_named

INTERVALS = 3
# A device that is left alone for a day is not forgotten over it.
LEAST_AGE = timedelta(days=2)


@dataclass(frozen=True)
class Silences:
    """
    `assets` are those that are looked at, each `every` so often.

    Zone and site count by the newest look at each asset.  What such a look lay behind is recorded
    with it and stands until the next one, so that a plant that comes back does not seem to fail.
    """

    recall: Recall
    assets: Sequence[Asset]
    every: Callable[[Asset], timedelta]

    def before(self, asset: Asset) -> str:
        """
        What is silent itself between us and the asset, should the asset be silent too.

        Of causes behind each other it is the one nearest to us; empty when it is the asset's own.
        """
        if gateway := self._gateway(asset):
            return gateway
        zones = self.zones(assuming=asset)
        if is_site_silent(zones):
            return SITE
        mine = next(z for z in zones if z.zone == asset.zone)
        return zone_named(asset.zone) if is_zone_silent(len(mine.silent), mine.known) else ""

    def behind(self, asset: Asset) -> str:
        """
        What the newest look at the asset lay behind, when it heard nothing for that reason.

        When that is over it takes a few visits until everything was asked again.
        """
        look = self._look(asset)
        if look is None or (look.answered and not self._just_back(asset, look)):
            return ""
        return look.behind

    def _just_back(self, asset: Asset, look: Looked) -> bool:
        now = self.recall.clock.now()
        return look.back is not None and now - look.back <= INTERVALS * self.every(asset)

    def zones(self, assuming: Asset | None = None) -> tuple[OwnZone, ...]:
        """Every zone with assets that are looked at, as if `assuming` had just been silent."""
        inside: dict[str, list[Asset]] = {}
        for asset in self.assets:
            inside.setdefault(asset.zone, []).append(asset)
        return tuple(self._zone(z, members, assuming) for z, members in sorted(inside.items()))

    def _zone(self, zone: str, members: Sequence[Asset], assuming: Asset | None) -> OwnZone:
        answering, silent, again = 0, [], []
        for asset in members:
            look = self._look(asset)
            if asset is assuming:
                silent.append(asset.id)
            elif look is None or not look.told:
                continue
            elif look.answered:
                answering += 1
            elif asset.presence.seen_within is None and self._counts(asset, look):
                silent.append(asset.id)
                if look.behind == zone_named(zone):
                    again.append(look)
        others = self._since(again, zone) if again else []
        return OwnZone(
            zone,
            assets=len(members),
            known=answering + len(silent),
            silent=tuple(sorted(silent)),
            again=len(again),
            others_answer=2 * sum(look.answered for look in others) > len(others),
        )

    def _since(self, again: Iterable[Looked], zone: str) -> list[Looked]:
        """The looks at other zones since the first of these."""
        first = min(look.at for look in again)
        looks = [self._look(a) for a in self.assets if a.zone != zone]
        return [look for look in looks if look and look.told and look.at >= first]

    def _counts(self, asset: Asset, look: Looked) -> bool:
        """Whether its silence is its zone's or the site's, and not a gateway's in front of it."""
        here = (SITE, zone_named(asset.zone))
        return look.behind in ("", *here) and self._gateway(asset) in ("", *here)

    def _gateway(self, asset: Asset) -> str:
        """The gateway in front of the asset, or what that lies behind itself, when it is silent."""
        look = self.recall.looked.get(asset.behind or "")
        if asset.behind is None or look is None or look.answered or not look.told:
            return ""
        return look.behind or asset.behind

    def _look(self, asset: Asset) -> Looked | None:
        """The newest look, unless it is too old to say anything."""
        look = self.recall.looked.get(asset.id)
        oldest = max(INTERVALS * self.every(asset), LEAST_AGE)
        return look if look and self.recall.clock.now() - look.at <= oldest else None
