"""The gate of a drill: one port of this machine's own loopback address, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from appliance.clock import Clock
from appliance.drill.responder import ADDRESS
from collectors.errors import NotPermitted
from collectors.wire import Connections, Target


@dataclass
class OwnPort:
    """No device gets anything, so neither budget, pace nor hold has a word here."""

    port: int
    clock: Clock
    connections: Connections = field(default_factory=Connections)

    def may_connect(self, target: Target) -> None:
        if (target.transport, target.address, target.port) != ("tcp", ADDRESS, self.port):
            raise NotPermitted(target, "a drill speaks to its own responder only")

    async def turn(self, target: Target) -> None:
        """At once."""

    async def pace(self, target: Target, packets: int) -> None:
        """At once."""

    def may_send(self, target: Target, octets: int) -> None:
        """As much as the wire's own caps let through."""

    def refused(self, target: Target, why: str) -> None:
        """The wire raises as well, and the drill says it."""

    def sent(self, target: Target, packets: int, octets: int) -> None:
        """In nobody's account."""

    def closed(self, target: Target) -> None:
        """Nothing is kept."""

    def now(self) -> float:
        return self.clock.monotonic()

    def wall(self) -> datetime:
        return self.clock.now()
