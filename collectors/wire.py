"""
The only module that opens sockets to devices.

Every connection has a deadline and a byte cap, leaves from its vantage's source address, is asked
for beforehand and accounted for afterwards.  Connections are closed by draining, because an
unread answer would make the kernel send a reset, which devices log as a fault.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from collectors import allowed
from collectors.errors import (
    CollectError,
    Filtered,
    HungUp,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
    Unreachable,
)

PLAIN_CAP = 64 * 1024
SECURE_CAP = 256 * 1024
DRAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Target:
    """One port of one asset, seen from one source address (None: the kernel's choice).

    `protocol` is what may be spoken; "tcp" means connected to and never spoken to.  `permits` is
    what this target permits beyond what its protocol permits everywhere.
    """

    asset: str
    address: str
    transport: str
    port: int
    protocol: str
    source: str | None = None
    permits: allowed.Permissions = allowed.Permissions()

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        scheme = "opc.tcp" if self.protocol == "opcua" else self.protocol
        return f"{scheme}://{host}:{self.port}"


class Gate(Protocol):
    """What the wire is handed: may I, I have, what time is it."""

    def may_connect(self, target: Target) -> None:
        """Raises `NotPermitted` or `BudgetSpent` before a socket exists."""

    def may_send(self, target: Target, octets: int) -> None:
        """Raises `BudgetSpent` when the device has had its share."""

    def refused(self, target: Target, why: str) -> None:
        """Our own code tried to send what is not on the allow-list: a fault to be recorded."""

    def sent(self, target: Target, packets: int, octets: int) -> None:
        """What one connection or datagram cost the device."""

    def now(self) -> float:
        """Monotonic seconds."""

    def wall(self) -> datetime:
        """Our own clock in UTC, to lay beside a device's."""


P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True)
class Wire:
    """How to reach devices within one question: `connect` and `whole` are seconds."""

    gate: Gate
    connect: float = 3.0
    whole: float = 15.0

    async def probe(self, target: Target) -> int:
        """
        Connect, send nothing, close.  Returns the connect latency in microseconds.

        Raises `Refused`, `Filtered`, `HungUp` (it opened and was reset), `Unreachable` or
        `NotPermitted`.
        """
        started = self.gate.now()
        sock = await self._connected(target)
        latency = int((self.gate.now() - started) * 1_000_000)
        await self._drained(sock, target, octets=0)
        return latency

    @asynccontextmanager
    async def stream(self, target: Target, *, cap: int = PLAIN_CAP) -> AsyncIterator[Stream]:
        """
        A TCP connection for one exchange, closed by draining.

        Raises what `probe` raises, `TimedOut` after `whole` seconds, and what `Stream` raises.
        """
        sock = await self._connected(target)
        stream = Stream(self.gate, target, sock, cap)
        try:
            async with asyncio.timeout(self.whole):
                yield stream
        except TimeoutError:
            raise TimedOut(target, f"no answer within {self.whole:g} s") from None
        finally:
            await self._drained(sock, target, octets=stream.octets)

    @asynccontextmanager
    async def attached(
        self, target: Target, protocol: Callable[[], P], *, cap: int = SECURE_CAP
    ) -> AsyncIterator[P]:
        """
        A library's own asyncio protocol on our socket.

        The library sees a transport that counts and caps.  The deadline stays with the caller,
        who knows what it was doing.  Raises what `probe` raises.
        """
        sock = await self._connected(target)
        metered = Metered(protocol(), self.gate, target, cap)
        await asyncio.get_running_loop().create_connection(lambda: metered, sock=sock)
        try:
            yield cast(P, metered.inner)
        finally:
            await metered.finish()
            self.gate.sent(target, metered.packets, metered.octets)

    @asynccontextmanager
    async def datagrams(self, target: Target, *, cap: int = PLAIN_CAP) -> AsyncIterator[Datagrams]:
        """A UDP socket that talks to one port only.  Raises `NotPermitted` or `Unreachable`."""
        self.gate.may_connect(target)
        sock = self._socket(target, socket.SOCK_DGRAM)
        try:
            try:
                sock.connect((target.address, target.port))
            except OSError as error:
                raise _reached(target, error) from error
            datagrams = Datagrams(self.gate, target, sock, cap)
            try:
                yield datagrams
            finally:
                await datagrams.close()
        finally:
            sock.close()

    async def _connected(self, target: Target) -> socket.socket:
        self.gate.may_connect(target)
        sock = self._socket(target, socket.SOCK_STREAM)
        try:
            async with asyncio.timeout(self.connect):
                await asyncio.get_running_loop().sock_connect(sock, (target.address, target.port))
        except BaseException as error:
            self.gate.sent(target, max(1, _segments(sock)), 0)
            sock.close()
            if isinstance(error, TimeoutError):
                raise Filtered(
                    target, f"no answer within {self.connect:g} s", "connecting"
                ) from None
            if isinstance(error, OSError):
                raise _reached(target, error) from error
            raise
        return sock

    def _socket(self, target: Target, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
        sock = socket.socket(family, kind)
        sock.setblocking(False)
        try:
            if target.source is not None:
                sock.bind((target.source, 0))
        except OSError as error:
            sock.close()
            raise Unreachable(
                target, f"our source address {target.source} cannot be used: {error.strerror}"
            ) from error
        return sock

    async def _drained(self, sock: socket.socket, target: Target, *, octets: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            with suppress(OSError, TimeoutError):
                sock.shutdown(socket.SHUT_WR)
                async with asyncio.timeout(DRAIN_SECONDS):
                    for _ in range(PLAIN_CAP // 4096):
                        if not await loop.sock_recv(sock, 4096):
                            break
        finally:
            # The ACK of the peer's FIN may follow after we looked: count it, rather than miss it.
            self.gate.sent(target, _segments(sock) + 1, octets)
            sock.close()


class Stream:
    """Bytes to and from one device, each message judged before it leaves."""

    def __init__(self, gate: Gate, target: Target, sock: socket.socket, cap: int) -> None:
        self._gate = gate
        self._target = target
        self._sock = sock
        self._left = cap
        self.octets = 0

    async def send(self, message: bytes) -> None:
        """Send one whole message.  Raises `NotPermitted` for one not on the allow-list."""
        _judged(self._gate, self._target, message)
        self.octets += len(message)
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, message)
        except OSError as error:
            raise HungUp(self._target, "the connection was closed", "sending") from error

    async def receive(self, most: int = 4096) -> bytes:
        """At least one byte.  Raises `HungUp` at the end, `Unintelligible` past the cap."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, min(most, self._left + 1))
        except OSError as error:
            raise HungUp(self._target, "the connection was reset", "reading") from error
        if not data:
            raise HungUp(self._target, "the connection was closed", "reading")
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answer is longer than we accept")
        return data

    async def receive_exactly(self, length: int) -> bytes:
        """Exactly so many bytes; raises as `receive`."""
        data = b""
        while len(data) < length:
            data += await self.receive(length - len(data))
        return data


class Metered(asyncio.Protocol, asyncio.Transport):
    """Stands between a library's protocol and our socket: counts, caps, and closes gently."""

    def __init__(self, inner: asyncio.Protocol, gate: Gate, target: Target, cap: int) -> None:
        self.inner = inner
        self.octets = 0
        self.packets = 1
        self.over = False
        self._gate = gate
        self._target = target
        self._left = cap
        self._lost = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.inner.connection_made(self)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self.over = True
            self.close()
        if not self._ending:
            self.inner.data_received(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._count()
        self.inner.connection_lost(exc)
        if not self._lost.done():
            self._lost.set_result(None)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._gate.may_send(self._target, len(data))
        self.octets += len(data)
        if self._transport is not None and not self._ending:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None and not self._ending:
            self._ending = True
            with suppress(OSError, RuntimeError):
                self._transport.write_eof()

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._ending

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default if self._transport is None else self._transport.get_extra_info(name, default)

    async def finish(self) -> None:
        """Close and wait until the connection is gone, at most `DRAIN_SECONDS` for the peer."""
        self.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.shield(self._lost)
        if not self._lost.done() and self._transport is not None:
            self._count()
            self._transport.close()
            await self._lost

    def _count(self) -> None:
        sock = self.get_extra_info("socket")
        if sock is not None:
            self.packets = max(self.packets, _segments(sock) + 1)


class Datagrams:
    """Datagrams to and from one UDP port, each judged before it leaves."""

    def __init__(self, gate: Gate, target: Target, sock: socket.socket, cap: int) -> None:
        self._gate = gate
        self._target = target
        self._sock = sock
        self._left = cap
        self._local: socket.socket | None = None
        self._pump: asyncio.Task[None] | None = None
        self.failure: CollectError | None = None

    async def send(self, message: bytes) -> None:
        """One datagram.  Raises `NotPermitted` for one not on the allow-list."""
        _judged(self._gate, self._target, message)
        self._gate.sent(self._target, 1, len(message))
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, message)
        except OSError as error:
            raise _reached(self._target, error) from error

    async def receive(self) -> bytes:
        """
        One datagram.

        Raises `Refused` when the host says the port is closed, `Unintelligible` for an empty one
        and past the cap.
        """
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, 65_535)
        except OSError as error:
            raise _reached(self._target, error) from error
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answers are longer than we accept")
        if not data:
            raise Unintelligible(self._target, "the answer is empty")
        return data

    def relay(self, passes: Callable[[bytes], bool] = lambda _: True) -> int:
        """
        A port on 127.0.0.1 for a library that insists on a socket of its own.

        What it sends there goes on to the device through `send`, what the device answers comes
        back if it `passes`.  The first failure ends the relay and stays in `failure`; `ended` waits for that.
        """
        local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        local.setblocking(False)
        local.bind(("127.0.0.1", 0))
        self._local = local
        self._pump = asyncio.get_running_loop().create_task(self._relaying(local, passes))
        return cast(int, local.getsockname()[1])

    async def _relaying(self, local: socket.socket, passes: Callable[[bytes], bool]) -> None:
        loop = asyncio.get_running_loop()
        library: Any = None

        async def outwards() -> None:
            nonlocal library
            while True:
                message, sender = await loop.sock_recvfrom(local, 65_535)
                # The first to speak is the library; another process of this machine is not.
                library = library or sender
                if sender == library:
                    await self.send(message)

        async def inwards() -> None:
            while True:
                message = await self.receive()
                if library is not None and passes(message):
                    await loop.sock_sendto(local, message, library)

        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(outwards())
                both.create_task(inwards())
        except* CollectError as errors:
            first = errors.exceptions[0]
            assert isinstance(first, CollectError)
            self.failure = first
            # Closing it makes the library's next datagram fail at once instead of timing out.
            local.close()

    async def ended(self) -> None:
        """Until the relay has ended, which `failure` then explains."""
        if self._pump is not None:
            await asyncio.shield(self._pump)

    async def close(self) -> None:
        if self._pump is not None:
            # Waited for: the loop must have let go of the sockets before their numbers are free.
            self._pump.cancel()
            await asyncio.wait({self._pump})
        if self._local is not None:
            self._local.close()


def _judged(gate: Gate, target: Target, message: bytes) -> None:
    why = allowed.ON_THE_WIRE.get(target.protocol, allowed.nothing)(target.permits, message)
    if why is not None:
        gate.refused(target, why)
        raise NotPermitted(target, f"our own request was stopped: {why}")
    gate.may_send(target, len(message))


def _reached(target: Target, error: OSError) -> CollectError:
    match error.errno:
        case errno.ECONNREFUSED:
            return Refused(target, "connection refused", "connecting")
        case errno.ECONNRESET:
            # Only an open port can be reset (RFC 9293, 3.10.7.3: before that it is a refusal).
            return HungUp(target, "it was reset as soon as it was open", "connecting")
        case errno.EHOSTUNREACH | errno.ENETUNREACH | errno.EHOSTDOWN | errno.ENETDOWN:
            return Unreachable(target, error.strerror or "unreachable", "connecting")
        case errno.EPERM | errno.EACCES:
            return NotPermitted(target, "this machine's own firewall forbids it", "connecting")
        case _:
            return Unreachable(target, error.strerror or str(error), "connecting")


def _segments(sock: socket.socket) -> int:
    """Segments sent so far, by the kernel's own count (tcpi_segs_out of struct tcp_info)."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return 1
    return int(struct.unpack_from("I", info, 136)[0]) if len(info) >= 140 else 1
