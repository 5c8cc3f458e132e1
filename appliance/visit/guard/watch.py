"""One visit's eye on its device: what it sees goes to the breaker, the canary and the stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.site.model import Asset
from appliance.visit.classes import ProbingClass
from appliance.visit.guard.breaker import Way
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.event import Event
from appliance.visit.guard.restraint import Restraints, segment_of
from appliance.visit.guard.signs import Happened, Weight, sign_of
from appliance.visit.guard.trust import Fingerprint

ALIVE = (Weight.OPENED, Weight.SIGN_OF_LIFE)


@dataclass
class Watch:
    """
    `devices` is how many are visited in the asset's segment.

    `ended` is why the visit must not go on, empty while it may; `overloaded`: the device had no
    room for us, so that not even the canary after the visit is sent.  `events` is what is to be
    written down and told.
    """

    asset: Asset
    numbers: ProbingClass
    restraints: Restraints
    devices: int
    ended: str = ""
    overloaded: bool = False
    events: list[Event] = field(default_factory=list)

    def begin(self, *, whole: bool) -> None:
        self.restraints.stops.began(self.asset.address)
        if whole:
            self.restraints.trusts.started(self.asset.id)

    def forbidden(self) -> str | None:
        """Why nothing more may be sent at this moment: a hold, or a window that closed."""
        return self.restraints.forbidden(self.asset.id)

    def saw(self, happened: Happened) -> None:
        """What one question came to.  What was never sent is not handed in."""
        parts, address = self.restraints, self.asset.address
        sign = sign_of(happened)
        self.overloaded = self.overloaded or sign.weight is Weight.AT_ONCE
        if sign.weight in ALIVE:
            parts.stops.answered(address)
        self._note(
            parts.breakers.saw(
                address,
                sign,
                after=self.numbers.breaker_after,
                first=self.numbers.breaker_open,
            )
        )
        stand = parts.breakers.stand(address)
        if stand.way is not Way.CLOSED:
            self.ended = stand.why

    def only_lives(self, *, answered: bool) -> None:
        """A canary that is not followed by a visit."""
        segment = segment_of(self.asset)
        self._all(self.restraints.stops.canary(self.asset.address, segment, answered=answered))
        self._note(self.restraints.trusts.alive(self.asset.id, clean=answered))

    def before(self, seen: Seen) -> None:
        """The canary before the visit; a device in trouble before we came is left alone."""
        if seen.latency_us is not None:
            self.restraints.stops.answered(self.asset.address)
        if why := self.restraints.canaries.before(self.asset.address, seen):
            self.ended = why

    def after(self, seen: Seen) -> None:
        """The canary after a visit whose first one was answered."""
        event = self.restraints.canaries.after(self.asset.address, seen)
        self._note(event)
        if seen.latency_us is None:
            segment = segment_of(self.asset)
            self._all(self.restraints.stops.lost(self.asset.address, segment, devices=self.devices))
        if event is not None:
            self.ended = event.said

    def end(self, seen: Fingerprint, *, whole: bool) -> None:
        """The visit is over; `seen` is what the device said it is."""
        if whole:
            clean = not self.ended
            self._all(self.restraints.trusts.ended(self.asset.id, seen, clean=clean))
            self._note(self.restraints.breakers.visited(self.asset.address))

    def _note(self, event: Event | None) -> None:
        self._all(() if event is None else (event,))

    def _all(self, events: Iterable[Event]) -> None:
        self.events += events
