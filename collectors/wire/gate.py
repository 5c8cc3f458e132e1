"""What the wire is handed: may I, when, I have, what time is it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from collectors.wire.stopping import Connections
from collectors.wire.target import Target


class Gate(Protocol):
    """Decides for all wires together; the appliance's guard implements it."""

    @property
    def connections(self) -> Connections:
        """Everything under way, so that a hold can end it."""

    def may_connect(self, target: Target) -> None:
        """Raises `NotPermitted` or `BudgetSpent` before a socket exists."""

    async def turn(self, target: Target) -> None:
        """Waits until the device's pace has room for one more connection."""

    async def pace(self, target: Target, packets: int) -> None:
        """Waits until the device's pace has room for so many packets more."""

    def may_send(self, target: Target, octets: int) -> None:
        """Raises `BudgetSpent` when the device has had its share."""

    def refused(self, target: Target, why: str) -> None:
        """Our own code tried to send what is not on the allow-list: a fault to be recorded."""

    def sent(self, target: Target, packets: int, octets: int) -> None:
        """What the device got since the last call, by the kernel's own count."""

    def closed(self, target: Target) -> None:
        """What `turn` admitted is over, and no socket of it is left."""

    def now(self) -> float:
        """Monotonic seconds."""

    def wall(self) -> datetime:
        """Our own clock in UTC, to lay beside a device's."""
