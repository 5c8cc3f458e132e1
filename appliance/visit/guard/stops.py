"""
Stopping by itself when several devices fall silent after our packets: a segment, then the site.

Only a device that answered us earlier in the same visit counts.  Devices that were already silent
when their visit began were lost to something else; however many, they stop nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept

KIND = "stop"
SITE = "site"
WITHIN = 300.0
DEVICES = 3
SHARE = 0.1
SEGMENTS = 2
AGAIN_WITHIN = 7 * 86_400.0
CLEAN_ROUNDS = 3
ROUND_APART = 60.0


@dataclass(frozen=True)
class Clean:
    """How many clean canaries in a row a lost device has answered, and when the last."""

    rounds: int
    last: Stamp


@dataclass(frozen=True)
class Stop:
    """Nothing but canaries is sent in `where`: site, or a segment such as zone:ID."""

    where: str
    since: Stamp
    lost: tuple[str, ...]
    needs_ack: bool
    clean: Mapping[str, Clean] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Clean canary rounds that are still missing: the worst of its devices decides."""
        return CLEAN_ROUNDS - min(self.clean[a].rounds if a in self.clean else 0 for a in self.lost)

    @property
    def said(self) -> str:
        if self.needs_ack:
            ends = f"it waits for upheld ack {self.where}"
        elif self.where == SITE:
            ends = "it ends with the stops of its segments"
        else:
            ends = f"it ends after {self.left} more clean canary rounds"
        return (
            f"{_place(self.where)} stopped by itself at {self.since.wall:%Y-%m-%d %H:%M} UTC, because "
            f"{', '.join(self.lost)} fell silent after our packets; {ends}."
        )


class Stops:
    """
    Losses, and the stops they led to.

    Devices are their addresses, segments texts such as zone:ID or gateway:ID.
    """

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        self._answered: dict[str, Stamp] = {}
        self._stops = {where: _of(where, v) for where, v in kept.all(KIND).items()}
        self._losses: dict[str, dict[str, Stamp]] = {
            segment: {a: Stamp.of(s) for a, s in v.items()}
            for segment, v in kept.all(f"{KIND}-loss").items()
        }

    def began(self, address: str) -> None:
        """A visit begins; what the device answered in earlier ones counts no longer."""
        self._answered.pop(address, None)

    def answered(self, address: str) -> None:
        """The device itself answered a packet of this visit, its before-canary included."""
        self._answered[address] = Stamp.now(self._clock)

    def lost(self, address: str, segment: str, *, devices: int) -> tuple[Event, ...]:
        """
        The device no longer answers.  `devices` is how many are visited in its segment.

        Events when that stops the segment, and the site.
        """
        last = self._answered.pop(address, None)
        if last is None or last.ago(self._clock) > WITHIN:
            return ()
        losses = {
            a: s
            for a, s in self._losses.get(segment, {}).items()
            if s.ago(self._clock) <= WITHIN and a != address
        }
        losses[address] = Stamp.now(self._clock)
        self._losses[segment] = losses
        self._kept.insist(f"{KIND}-loss", segment, {a: s.plain() for a, s in losses.items()})
        if segment in self._stops:
            self._add(segment, losses)
            return ()
        if len(losses) < DEVICES or len(losses) < SHARE * devices:
            return ()
        return self._stop(segment, tuple(losses))

    def stopped(self, segment: str) -> Stop | None:
        """The stop a visit in this segment runs into; canaries are still allowed."""
        return self._stops.get(SITE) or self._stops.get(segment)

    def all(self) -> tuple[Stop, ...]:
        return tuple(self._stops[where] for where in sorted(self._stops))

    def canary(self, address: str, segment: str, *, answered: bool) -> tuple[Event, ...]:
        """
        One canary while the segment is stopped; the third clean one of every lost device ends it.

        Those of one device count when they lie a minute apart; a silent one starts anew.
        """
        stop = self._stops.get(segment)
        if stop is None or address not in stop.lost:
            return ()
        before = stop.clean.get(address)
        if answered and before and before.last.ago(self._clock) < ROUND_APART:
            return ()
        rounds = (before.rounds if before else 0) + 1 if answered else 0
        clean = {**stop.clean, address: Clean(rounds, Stamp.now(self._clock))}
        stop = replace(stop, clean=clean)
        self._put(stop)
        if stop.left > 0 or stop.needs_ack:
            return ()
        said = f"{_place(segment)} goes on after {CLEAN_ROUNDS} clean canary rounds."
        return (self._go_on(segment, said), *self._site_too())

    def ack(self, where: str, who: str, why: str) -> tuple[Event, ...]:
        """Somebody looked and lets a segment go on, or the site with all its segments."""
        there = [one for one in self._stops if where in (SITE, one)]
        reason = f": {why}" if why else ""
        events = []
        for one in sorted(there):
            said = f"{_place(one)} goes on, acknowledged by {who}{reason}."
            events.append(self._go_on(one, said))
        return (*events, *self._site_too()) if events else ()

    def _stop(self, where: str, lost: tuple[str, ...]) -> tuple[Event, ...]:
        before = self._kept.get(f"{KIND}-before", where)
        again = before is not None and Stamp.of(before).ago(self._clock) < AGAIN_WITHIN
        stop = Stop(where, Stamp.now(self._clock), lost, needs_ack=again)
        self._put(stop)
        self._kept.insist(f"{KIND}-before", where, stop.since.plain())
        event = Event("stop.began", where, stop.said)
        if where == SITE or SITE in self._stops:
            return (event,)
        segments = [s for w, s in self._stops.items() if w != SITE]
        if len(segments) < SEGMENTS:
            return (event,)
        return (event, *self._stop(SITE, tuple(a for s in segments for a in s.lost)))

    def _add(self, segment: str, losses: Iterable[str]) -> None:
        """Losses after the stop: they too must answer again before it ends."""
        stop = self._stops[segment]
        lost = tuple(dict.fromkeys((*stop.lost, *losses)))
        self._put(replace(stop, lost=lost, clean={}))

    def _site_too(self) -> tuple[Event, ...]:
        """The site goes on with the last of its segments, unless somebody has to look first."""
        stop = self._stops.get(SITE)
        if stop is None or stop.needs_ack or len(self._stops) > 1:
            return ()
        return (self._go_on(SITE, "The site goes on, because all its segments do."),)

    def _go_on(self, where: str, said: str) -> Event:
        self._kept.drop(KIND, where)
        self._kept.drop(f"{KIND}-loss", where)
        self._stops.pop(where, None)
        self._losses.pop(where, None)
        return Event("stop.ended", where, said)

    def _put(self, stop: Stop) -> None:
        self._stops[stop.where] = stop
        self._kept.insist(
            KIND,
            stop.where,
            {
                "since": stop.since.plain(),
                "lost": list(stop.lost),
                "needs_ack": stop.needs_ack,
                "clean": {a: [c.rounds, c.last.plain()] for a, c in stop.clean.items()},
            },
        )


def _place(where: str) -> str:
    return "The site" if where == SITE else where.replace(":", " ", 1).capitalize()


def _of(where: str, plain: dict[str, Any]) -> Stop:
    return Stop(
        where,
        Stamp.of(plain["since"]),
        tuple(plain["lost"]),
        plain["needs_ack"],
        {a: Clean(rounds, Stamp.of(last)) for a, (rounds, last) in plain["clean"].items()},
    )
