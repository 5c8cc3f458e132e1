"""
How fast anything may leave: to one device, into one segment, from the whole site.

Whoever wants to send waits here, in the order of asking, until there is room everywhere.  Room is
taken before a packet leaves and given up only when the kernel has counted it, so that a packet
that leaves late (the ACK of a slow answer, the closing of a connection) still finds room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.clock import Clock
from appliance.visit.classes import ProbingClass
from appliance.visit.guard.limits import Bucket, Limit, Window
from collectors.wire import Target

# SYN and the ACK that completes the handshake.
OPENING = 2
# A last request without an answer, FIN, and the ACK of the device's FIN: always kept free while a
# connection is open, so that closing it never waits.
CLOSING = 3
LONG_AGO = 86_400.0


@dataclass(frozen=True)
class Ceilings:
    """Packets a second into one segment and from the site, new connections a second of the site.

    `message` is the most that one message reserves of a shared ceiling: with four devices of a
    segment at a time each of them finds room sooner or later.
    """

    segment: int = 20
    site: int = 100
    connections: int = 20
    message: int = 5


@dataclass
class _Device:
    """What one address got."""

    bucket: Bucket
    recent: Window
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    holder: asyncio.Task[object] | None = None
    closing: int = 0
    closed_at: float = 0.0
    shaken: dict[int, float] = field(default_factory=dict)
    reserved: dict[Limit, int] = field(default_factory=dict)
    standing: list[Limit] = field(default_factory=list)


class Paces:
    """
    The pace of every device, by address, so that renaming an asset refills nothing.

    `numbers` gives the class of an address and `segment` the segment it lies in; both may change
    with the configuration, what was used stays used.  A new process begins with empty buckets
    and all pauses running: restarting refills nothing either.
    """

    def __init__(
        self,
        clock: Clock,
        numbers: Callable[[str], ProbingClass],
        segment: Callable[[str], str],
        ceilings: Ceilings = Ceilings(),
        *,
        rested: bool = False,
    ) -> None:
        self.numbers = numbers
        self.segment = segment
        self._clock = clock
        self._ceilings = ceilings
        self._began = clock.monotonic() - (LONG_AGO if rested else 0.0)
        self._devices: dict[str, _Device] = {}
        self._segments: dict[str, Limit] = {}
        self._site: Limit = Window(clock, lambda: (self._ceilings.site, 1.0))
        self._connections = Window(clock, lambda: (self._ceilings.connections, 1.0))

    def adopt(self, ceilings: Ceilings) -> None:
        """Go on with other ceilings."""
        self._ceilings = ceilings

    async def turn(self, target: Target) -> None:
        """
        Wait for the one connection the device gives us; ended by `closed`.

        TCP waits for the pause, the connections of the last minute, and room to open and close; who
        will speak on a port with TLS, until the last handshake there is long enough ago.
        """
        device = self._device(target.address)
        if device.holder is not None and device.holder is asyncio.current_task():
            raise RuntimeError(f"{target}: a second connection inside the first would wait forever")
        await device.turn.acquire()
        try:
            await self._rested(target, device)
            if target.transport == "tcp":
                device.closing = CLOSING
                await device.recent.admitted(1)
                device.recent.spend(1, 1)
                await self._connections.admitted(1)
                self._connections.spend(1, 1)
                await self._opened(device, target.address)
        except BaseException:
            self._release(device)
            raise
        device.holder = asyncio.current_task()

    async def pace(self, target: Target, packets: int) -> None:
        """Wait for room for a message of an open connection and the ACKs of its answer."""
        device = self._device(target.address)
        for limit, held in device.reserved.items():
            # What the last message reserved and did not need.
            spare = max(0, held - device.closing)
            limit.release(spare)
            device.reserved[limit] -= spare
        for limit in self._limits(device, target.address):
            most = min(limit.most - device.closing, self._message(device, limit))
            # An answer in more pieces than expected has used up what closing needs: once more.
            short = max(0, device.closing - device.reserved.get(limit, 0))
            wanted = max(1, min(packets, most)) + short
            await limit.admitted(wanted)
            device.reserved[limit] = device.reserved.get(limit, 0) + wanted

    def sent(self, target: Target, packets: int) -> None:
        """So many packets have left, by the kernel's count."""
        device = self._device(target.address)
        for limit in self._limits(device, target.address):
            covered = min(packets, device.reserved.get(limit, 0))
            limit.spend(packets, covered)
            if covered:
                device.reserved[limit] -= covered

    def closed(self, target: Target) -> None:
        """The connection of the last `turn` is gone; the device's pause begins."""
        device = self._device(target.address)
        if target.transport == "tcp":
            device.closed_at = self._clock.monotonic()
        self._release(device)

    def shook(self, target: Target) -> None:
        """The device has computed for a TLS handshake on this port."""
        self._device(target.address).shaken[target.port] = self._clock.monotonic()

    def _release(self, device: _Device) -> None:
        for limit, held in device.reserved.items():
            limit.release(held)
        for limit in device.standing:
            limit.left(device.closing)
        device.reserved.clear()
        device.standing.clear()
        device.closing = 0
        device.holder = None
        device.turn.release()

    async def _rested(self, target: Target, device: _Device) -> None:
        # Looked at again and again, because a reload may have changed the pause.
        while (wait := self._pause_left(target, device)) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(wait, 1.0))

    def _pause_left(self, target: Target, device: _Device) -> float:
        numbers = self.numbers(target.address)
        until = device.closed_at + numbers.pause
        shaken = device.shaken.get(target.port)
        # A connection that says nothing makes nobody compute.
        if shaken is not None and target.protocol != "tcp":
            until = max(until, shaken + numbers.tls_apart)
        return until - self._clock.monotonic()

    async def _opened(self, device: _Device, address: str) -> None:
        for limit in self._limits(device, address):
            spare = self._message(device, limit)
            await limit.admitted(OPENING + CLOSING, standing=CLOSING, spare=spare)
            device.reserved[limit] = OPENING + CLOSING
            device.standing.append(limit)

    def _message(self, device: _Device, limit: Limit) -> int:
        """The most one message may reserve."""
        return limit.most - CLOSING if limit is device.bucket else self._ceilings.message

    def _limits(self, device: _Device, address: str) -> tuple[Limit, ...]:
        name = self.segment(address)
        if name not in self._segments:
            self._segments[name] = Window(self._clock, lambda: (self._ceilings.segment, 1.0))
        return device.bucket, self._segments[name], self._site

    def _device(self, address: str) -> _Device:
        if address not in self._devices:
            self._devices[address] = _Device(
                Bucket(self._clock, lambda: self._rate(address), self._began),
                Window(self._clock, lambda: (self.numbers(address).connections_a_minute, 60.0)),
                closed_at=self._began,
            )
        return self._devices[address]

    def _rate(self, address: str) -> tuple[int, float]:
        numbers = self.numbers(address)
        return numbers.burst, numbers.packets_a_second
