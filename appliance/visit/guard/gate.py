"""
Stands between every collector and the network: may I, I have.

A target that is not in the inventory is refused before a socket exists, and a device that has had
its packets for the day is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from appliance.clock import Clock
from appliance.visit.guard.pace import Paces
from collectors.errors import BudgetSpent, NotPermitted
from collectors.wire import Connections, Target

Triple = tuple[str, str, int]


@dataclass
class Guard:
    """
    The wire's gate for all assets together.

    `allowed` holds the (address, transport, port) triples of the plan; `a_day` the packets an
    address may get in 24 hours.  Counters follow the address, so renaming an asset refills nothing.
    """

    clock: Clock
    allowed: frozenset[Triple] = frozenset()
    a_day: Callable[[str], int] = lambda _: 600
    held: bool = False
    paces: Paces | None = None
    connections: Connections = field(default_factory=Connections)
    packets: Counter[str] = field(default_factory=Counter)
    octets: Counter[str] = field(default_factory=Counter)
    today: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    last_sent: datetime | None = None
    _day: float | None = None

    def permit(self, triples: Iterable[Triple]) -> None:
        """Replace the targets; counters stay."""
        self.allowed = frozenset(triples)

    def may_connect(self, target: Target) -> None:
        if self.held:
            raise NotPermitted(target, "everything is on hold", "connecting")
        if (target.address, target.transport, target.port) not in self.allowed:
            raise NotPermitted(target, "this port is not in the inventory", "connecting")
        self._new_day()
        if self.today[target.address] >= self.a_day(target.address):
            raise BudgetSpent(
                target, f"it had its {self.a_day(target.address)} packets for 24 hours"
            )

    async def turn(self, target: Target) -> None:
        if self.paces is not None:
            await self.paces.turn(target)

    async def pace(self, target: Target, packets: int) -> None:
        if self.paces is not None:
            await self.paces.pace(target, packets)

    def closed(self, target: Target) -> None:
        if self.paces is not None:
            self.paces.closed(target)

    def may_send(self, target: Target, octets: int) -> None:
        if self.held:
            raise NotPermitted(target, f"everything is on hold; {octets} bytes were not sent")

    def refused(self, target: Target, why: str) -> None:
        self.faults.append(f"{target}: {why}")

    def sent(self, target: Target, packets: int, octets: int) -> None:
        if self.paces is not None:
            self.paces.sent(target, packets)
        self.packets[target.address] += packets
        self.octets[target.address] += octets
        self.today[target.address] += packets
        self.last_sent = self.clock.now()

    def now(self) -> float:
        return self.clock.monotonic()

    def wall(self) -> datetime:
        return self.clock.now()

    def used_ratio(self, address: str) -> float:
        """How much of its day's packets an address has had, from 0."""
        return self.today[address] / self.a_day(address)

    def _new_day(self) -> None:
        now = self.clock.monotonic()
        if self._day is None or now - self._day >= 86_400:
            self._day = now
            self.today.clear()
