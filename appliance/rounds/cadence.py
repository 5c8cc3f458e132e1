"""How often everything is asked under one configuration: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from appliance.site.model import Asset, Site
from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.choosing import canary_of
from appliance.visit.classes import class_for
from appliance.visit.rotation import Rotation, Rotations, visits_of
from checks.facts.observation import Facts
from checks.facts.standing import Subject

USUAL = timedelta(hours=1)


class Cadence:
    """`planned` is everything there is to ask, by asset id; assets that are not there are not asked."""

    def __init__(self, site: Site, planned: Mapping[str, Sequence[Ask]]) -> None:
        self._site = site
        self._planned = planned
        self._laboratory = site.site.laboratory
        rotations = Rotations()
        self._rotations: dict[str, Rotation] = {
            name: rotations.of(
                asks,
                class_for(site.asset(name), laboratory=self._laboratory),
                canary=canary_of(asks),
                every=self.every(site.asset(name)),
            )
            for name, asks in planned.items()
        }
        self._waits: dict[tuple[str, str, int], timedelta] = {}
        self._slowest: dict[tuple[str, type[Facts]], timedelta] = {}

    def every(self, asset: Asset) -> timedelta:
        return q.every(asset, laboratory=self._laboratory)

    def slack(self, asset: Asset) -> timedelta:
        return q.slack(self.every(asset))

    def wait(self, asset: Asset, ask: Ask) -> timedelta:
        """How long lies between two askings of this ask."""
        visits = visits_of(ask, self._rotations[asset.id], len(self._planned[asset.id]))
        key = (asset.id, ask.question.id, visits)
        if key not in self._waits:
            self._waits[key] = q.interval(
                asset, ask.question, laboratory=self._laboratory, rounds=visits
            )
        return self._waits[key]

    def interval(self, subject: Subject, kind: type[Facts]) -> int:
        """Seconds between two looks at such facts; of the slowest asset for wider subjects."""
        if subject.asset:
            names = [subject.asset] if subject.asset in self._planned else []
        else:
            names = list(self._planned)
        if subject.kind in ("zone", "conduit"):
            names = [n for n in names if self._site.asset(n).zone == subject.zone] or names
        waits = [self._wait(name, kind) for name in names]
        return int(max(waits, default=USUAL).total_seconds())

    def _wait(self, name: str, kind: type[Facts]) -> timedelta:
        """The slowest of the asset's asks that bring such facts; a visit's where none does."""
        if (name, kind) not in self._slowest:
            asset = self._site.asset(name)
            asks = [a for a in self._planned[name] if a.question.facts is kind]
            waits = [self.wait(asset, a) for a in asks if a.forbidden is None]
            self._slowest[name, kind] = max(waits, default=self.every(asset))
        return self._slowest[name, kind]
