"""How to reach a device: TCP without a byte, TCP to talk, a library's protocol, datagrams."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

from collectors.errors import Filtered, HungUp, TimedOut
from collectors.wire.accounting import opened, segments
from collectors.wire.datagrams import Datagrams
from collectors.wire.gate import Gate
from collectors.wire.judging import reached
from collectors.wire.link import Link, drained
from collectors.wire.metered import Metered
from collectors.wire.patience import Patience
from collectors.wire.sources import SOURCE_PORTS, sockets
from collectors.wire.stopping import Phase, Underway
from collectors.wire.stream import Stream
from collectors.wire.target import Target

PLAIN_CAP = 64 * 1024
SECURE_CAP = 256 * 1024
MOST_PACKETS = 60

P = TypeVar("P", bound=asyncio.Protocol)


async def _lingered(sock: socket.socket, target: Target, seconds: float) -> None:
    """A greeting may come; the end may not."""
    try:
        async with asyncio.timeout(seconds):
            if not await asyncio.get_running_loop().sock_recv(sock, 1):
                raise HungUp(target, "the connection was closed as soon as it was open")
    except TimeoutError:
        return
    except OSError as error:
        raise HungUp(target, "the connection was reset as soon as it was open") from error


def _unless_late(sock: socket.socket, error: BaseException) -> BaseException | None:
    """
    What really ended a connection attempt; None when it had succeeded.

    A deadline may pass while our own loop is late, with the device's answer waiting in the kernel:
    that is no silence of the device.
    """
    if not isinstance(error, TimeoutError):
        return error
    if opened(sock):
        return None
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return OSError(number, os.strerror(number)) if number else error


@dataclass(frozen=True)
class Wire:
    """
    How to reach devices within one question.

    `connect` and `whole` are seconds the device has; the time we wait for our own pace is not
    counted.  `packets` is how many packets one connection may cost it.  `shook` is told that a
    device has computed for a TLS handshake, `lasts` for how many milliseconds it keeps a session of
    ours once nobody speaks in it, `left_open` that it was not heard to close one.
    """

    gate: Gate
    connect: float = 3.0
    whole: float = 15.0
    packets: int = MOST_PACKETS
    source_ports: range = SOURCE_PORTS
    shook: Callable[[Target], None] = lambda _: None
    lasts: Callable[[Target, int], None] = lambda _, __: None
    left_open: Callable[[Target], None] = lambda _: None
    _patience: Patience = field(default_factory=Patience, init=False, repr=False, compare=False)

    async def probe(self, target: Target, *, linger: float = 0.0) -> int:
        """
        Connect, send nothing, close after `linger` seconds.  Returns the connect latency in
        microseconds.

        Raises `Refused`, `Filtered`, `Unreachable`, `HungUp` or `NotPermitted`; lingering, `HungUp`
        too when the peer closes meanwhile.
        """
        async with self._connection(target) as (link, latency):
            if linger:
                await _lingered(cast(socket.socket, link.sock), target, linger)
            return int(latency * 1_000_000)

    @asynccontextmanager
    async def stream(self, target: Target, *, cap: int = PLAIN_CAP) -> AsyncIterator[Stream]:
        """
        A TCP connection for one exchange, closed by draining.

        Raises what `probe` raises, `TimedOut` after `whole` seconds, and what `Stream` raises.
        """
        async with self._connection(target) as (link, _):
            try:
                async with self.within(target):
                    yield Stream(link, cast(socket.socket, link.sock), cap)
            except TimeoutError:
                raise TimedOut(target, f"no answer within {self.whole:g} s") from None

    @asynccontextmanager
    async def attached(
        self, target: Target, protocol: Callable[[], P], *, cap: int = SECURE_CAP
    ) -> AsyncIterator[P]:
        """
        A library's own asyncio protocol on our socket.

        The library sees a transport that counts and caps.  The deadline stays with the caller,
        who knows what it was doing and takes it from `within`.  Raises what `probe` raises.
        """
        async with self._turn(target) as underway:
            link, sock = await self._connected(target, underway)
            metered = Metered(protocol(), link, cap)
            await asyncio.get_running_loop().create_connection(lambda: metered, sock=sock)
            opened = self.gate.now()
            try:
                async with underway.until(Phase.STOPPED):
                    yield cast(P, metered.inner)
            except HungUp as error:
                if not metered.heard:
                    error.after = self.gate.now() - opened
                raise
            finally:
                await metered.finish()

    @asynccontextmanager
    async def datagrams(self, target: Target, *, cap: int = PLAIN_CAP) -> AsyncIterator[Datagrams]:
        """A UDP socket that talks to one port only.  Raises `NotPermitted` or `Unreachable`."""
        async with self._turn(target) as underway:
            sock = next(sockets(target, socket.SOCK_DGRAM, self.source_ports))
            try:
                try:
                    sock.connect((target.address, target.port))
                except OSError as error:
                    raise reached(target, error, left=False) from error
                datagrams = Datagrams(
                    self.gate, target, sock, underway, self._patience, cap=cap, most=self.packets
                )
                try:
                    async with underway.until(Phase.STOPPED):
                        yield datagrams
                finally:
                    await datagrams.close()
            finally:
                sock.close()

    def within(
        self, target: Target, seconds: float | None = None
    ) -> AbstractAsyncContextManager[None]:
        """
        A deadline for the device, `whole` unless told otherwise: it stands still while we wait
        for our own pace.  Raises `TimeoutError`.
        """
        return self._patience.within(target, self.whole if seconds is None else seconds)

    @asynccontextmanager
    async def _turn(self, target: Target) -> AsyncIterator[Underway]:
        self.gate.may_connect(target)
        with self.gate.connections.entered(target) as underway:
            async with underway.until(Phase.STOPPED):
                with self._patience.waiting(target):
                    await self.gate.turn(target)
            try:
                # While we waited a window may have closed, or somebody may have said stop.
                self.gate.may_connect(target)
                yield underway
            finally:
                self.gate.closed(target)

    @asynccontextmanager
    async def _connection(self, target: Target) -> AsyncIterator[tuple[Link, float]]:
        async with self._turn(target) as underway:
            started = self.gate.now()
            link, sock = await self._connected(target, underway)
            opened = self.gate.now()
            try:
                async with underway.until(Phase.STOPPED):
                    yield link, opened - started
            except HungUp as error:
                error.after = self.gate.now() - opened
                raise
            finally:
                await drained(link, sock)

    async def _connected(self, target: Target, underway: Underway) -> tuple[Link, socket.socket]:
        started = self.gate.now()
        for sock in sockets(target, socket.SOCK_STREAM, self.source_ports):
            try:
                async with underway.until(Phase.STOPPED), asyncio.timeout(self.connect):
                    await asyncio.get_running_loop().sock_connect(
                        sock, (target.address, target.port)
                    )
            except BaseException as caught:
                error = _unless_late(sock, caught)
                if error is None:
                    break
                taken = isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL
                count = segments(sock)
                # Without a route the kernel says so before anything has left.
                routeless = isinstance(error, OSError) and error.errno == errno.ENETUNREACH
                routeless = routeless and not count
                self.gate.sent(target, 0 if taken or routeless else max(1, count), 0)
                sock.close()
                if taken:
                    continue
                if isinstance(error, TimeoutError):
                    what = f"no answer within {self.connect:g} s"
                    raise Filtered(target, what, "connecting") from None
                if isinstance(error, OSError):
                    raise reached(target, error, left=not routeless) from error
                raise
            break
        else:
            raise AssertionError("sockets() ends by raising")
        underway.sock = sock
        round_trip = self.gate.now() - started
        link = Link(
            self.gate,
            target,
            sock,
            underway,
            self._patience,
            most=self.packets,
            round_trip=round_trip,
        )
        return link, sock
