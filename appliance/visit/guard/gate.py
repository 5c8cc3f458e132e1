"""
Stands between every collector and the network: may I, when, I have.

Nothing is connected to but what the inventory names, outside of a visit whose upper bound was
reserved, on hold, or past what was reserved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from appliance.clock import Clock
from appliance.site.model import Site
from appliance.visit.classes import LABORATORY, ROBUST, ProbingClass, class_for
from appliance.visit.control import CONTROL
from appliance.visit.guard.budget import Reservation
from appliance.visit.guard.event import Event
from appliance.visit.guard.hold import SITE
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.pace import Ceilings, Paces
from appliance.visit.guard.restraint import Restraints, segment_of
from appliance.visit.reach import Triple, targets, touched
from collectors.allowed import never_connect
from collectors.errors import BudgetSpent, NotPermitted
from collectors.wire import Connections, Target

# A laboratory waits for nobody but the device.
NO_CEILINGS = Ceilings(segment=1_000_000, site=1_000_000, connections=1_000_000, message=1_000)


@dataclass(frozen=True)
class Load:
    """What an address got from us: since this process began, or in one visit."""

    packets: int = 0
    octets: int = 0
    connections: int = 0
    sessions: int = 0

    def since(self, before: Load) -> Load:
        return Load(
            self.packets - before.packets,
            self.octets - before.octets,
            self.connections - before.connections,
            self.sessions - before.sessions,
        )


@dataclass
class _Grant:
    """A visit under way: how many packets were reserved for it, and how many it has had."""

    packets: int
    spent: int = 0


class Guard:
    """The wire's gate for all assets together; what it remembers outlives the process."""

    def __init__(self, clock: Clock, kept: Kept, site: Site) -> None:
        self.clock = clock
        self.kept = kept
        self.restraints = Restraints(kept, clock, site)
        self.restraints.holds.in_force = self.enforce_holds
        self.loads: defaultdict[str, Load] = defaultdict(Load)
        self.faults: list[str] = []
        self.last_sent: datetime | None = None
        self._connections = Connections()
        self._grants: dict[str, _Grant] = {}
        self._paces = Paces(clock, self._numbers, self._segment, rested=site.site.laboratory)
        self.adopt(site)

    def adopt(self, site: Site) -> None:
        """Go on with this configuration; what was used stays used."""
        self.restraints.adopt(site)
        laboratory = site.site.laboratory
        self._site = site
        self._allowed: frozenset[Triple] = targets(site)
        self._classes = {
            a.address: class_for(a, laboratory=laboratory)
            for a in site.assets
            if a.probing != "never"
        }
        self._segments = {a.address: segment_of(a) for a in site.assets}
        self._living_at: dict[str, list[str]] = {}
        for asset in site.assets:
            self._living_at.setdefault(asset.address, []).append(asset.id)
        self._untouched = {a.address for a in site.assets if not touched(a)} - {
            a.address for a in site.assets if touched(a)
        }
        self._others = LABORATORY if laboratory else ROBUST
        self._paces.adopt(NO_CEILINGS if laboratory else Ceilings())

    @property
    def connections(self) -> Connections:
        return self._connections

    @property
    def held(self) -> bool:
        """Whether the whole site is on hold."""
        return any(hold.scope == SITE for hold in self.restraints.holds.all())

    def enforce_holds(self, why: str) -> None:
        """End what is under way to everything that is on hold now."""
        if len(self._connections):
            self._connections.stop_all(lambda target: self._held(target) is not None, why)

    @contextmanager
    def visiting(self, reservation: Reservation) -> Iterator[list[Event]]:
        """A visit within its reservation; the events of settling it are there afterwards."""
        grant = self._grants[reservation.address] = _Grant(reservation.packets)
        before = self.loads[reservation.address]
        events: list[Event] = []
        try:
            yield events
        finally:
            del self._grants[reservation.address]
            had = self.loads[reservation.address].since(before)
            if event := self.restraints.budgets.settle(reservation, grant.spent, had.octets):
                events.append(event)

    def may_connect(self, target: Target) -> None:
        if why := never_connect(target.transport, target.port):
            raise NotPermitted(target, why, "connecting")
        self._may(target)

    def may_send(self, target: Target, octets: int) -> None:
        del octets
        self._may(target)

    async def turn(self, target: Target) -> None:
        await self._paces.turn(target)
        if target.transport == "tcp":
            load = self.loads[target.address]
            self.loads[target.address] = replace(load, connections=load.connections + 1)

    async def pace(self, target: Target, packets: int) -> None:
        await self._paces.pace(target, packets)

    def closed(self, target: Target) -> None:
        self._paces.closed(target)

    def shook(self, target: Target) -> None:
        """The device has computed for a TLS handshake on this port."""
        self._paces.shook(target)

    def refused(self, target: Target, why: str) -> None:
        self.faults.append(f"{target}: {why}")

    def sent(self, target: Target, packets: int, octets: int) -> None:
        self._paces.sent(target, packets)
        load = self.loads[target.address]
        self.loads[target.address] = replace(
            load, packets=load.packets + packets, octets=load.octets + octets
        )
        if grant := self._grants.get(target.address):
            grant.spent += packets
        if packets:
            self.last_sent = self.clock.now()

    def session(self, address: str) -> None:
        """One more session was asked for."""
        load = self.loads[address]
        self.loads[address] = replace(load, sessions=load.sessions + 1)

    def now(self) -> float:
        return self.clock.monotonic()

    def wall(self) -> datetime:
        return self.clock.now()

    def _may(self, target: Target) -> None:
        if (target.address, target.transport, target.port) not in self._allowed:
            raise NotPermitted(target, "this port is not in the inventory")
        if target.address in self._untouched:
            raise NotPermitted(target, "the asset at this address is never touched")
        if why := self._held(target):
            raise NotPermitted(target, why)
        if target.asset == CONTROL:
            return
        grant = self._grants.get(target.address)
        if grant is None:
            raise NotPermitted(target, "no visit to it is under way")
        if grant.spent >= grant.packets:
            raise BudgetSpent(target, f"it had the {grant.packets} packets reserved for this visit")

    def _held(self, target: Target) -> str | None:
        if target.asset != CONTROL:
            return self.restraints.forbidden(target.asset)
        if self.held:
            return next(hold.said for hold in self.restraints.holds.all() if hold.scope == SITE)
        # A control host may be an asset too, and then what is said of that one holds for it.
        living = self._living_at.get(target.address, [])
        return next(filter(None, map(self.restraints.forbidden, living)), None)

    def _numbers(self, address: str) -> ProbingClass:
        return self._classes.get(address, self._others)

    def _segment(self, address: str) -> str:
        return self._segments.get(address, CONTROL)
