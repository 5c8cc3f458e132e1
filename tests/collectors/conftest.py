"""A gate that writes down what passes, and peers that behave in exactly one way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.allowed import Permissions
from collectors.wire import Connections, Target, Wire


@dataclass
class RecordingGate:
    """Permits everything unless told otherwise; remembers every call."""

    denies: Exception | None = None
    octets_left: int = 1 << 30
    connects: list[Target] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    packets: int = 0
    octets: int = 0
    connections: Connections = field(default_factory=Connections)

    async def turn(self, target: Target) -> None:
        pass

    async def pace(self, target: Target, packets: int) -> None:
        pass

    def closed(self, target: Target) -> None:
        pass

    def may_connect(self, target: Target) -> None:
        if self.denies is not None:
            raise self.denies
        self.connects.append(target)

    def may_send(self, target: Target, octets: int) -> None:
        self.octets_left -= octets
        if self.octets_left < 0:
            from collectors.errors import BudgetSpent

            raise BudgetSpent(target, "the device has had its share")

    def refused(self, target: Target, why: str) -> None:
        self.refusals.append(why)

    def sent(self, target: Target, packets: int, octets: int) -> None:
        self.packets += packets
        self.octets += octets

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now(UTC)


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]


@dataclass
class Peer:
    """One TCP server: how it behaves is a coroutine; `ended` tells how each connection ended."""

    port: int
    sources: list[str]
    received: list[bytes]
    ended: asyncio.Queue[str]


@pytest.fixture
def gate():
    return RecordingGate()


@pytest.fixture
def wire(gate):
    return Wire(gate, connect=0.3, whole=0.5)


@pytest.fixture
async def peer():
    """`await peer(behaviour)` starts a server that behaves so; it ends with the test."""
    async with AsyncExitStack() as stack:

        async def start(behaviour: Behaviour) -> Peer:
            it = Peer(0, [], [], asyncio.Queue())

            async def serve(reader, writer):
                it.sources.append(writer.get_extra_info("peername")[0])
                read = reader.read

                async def noting(most: int = 4096) -> bytes:
                    data = await read(most)
                    it.received.append(data)
                    return data

                reader.read = noting
                try:
                    await behaviour(reader, writer)
                    while await noting():
                        pass
                    it.ended.put_nowait("closed")
                except ConnectionResetError:
                    it.ended.put_nowait("reset")
                except asyncio.CancelledError:
                    it.ended.put_nowait("cancelled")
                finally:
                    writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            it.port = server.sockets[0].getsockname()[1]
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            return it

        yield start


@pytest.fixture
def target():
    """`target(port, protocol)` on 127.0.0.1; its declared Modbus unit is 1."""

    def make(port: int, protocol: str = "tcp", **more: Any) -> Target:
        more.setdefault("permits", Permissions(unit=1))
        return Target("asset-1", more.pop("address", "127.0.0.1"), "tcp", port, protocol, **more)

    return make


@pytest.fixture
def dropping_port():
    """A port whose SYNs are dropped: its backlog is full and nobody accepts."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


@pytest.fixture
def closed_port():
    """A port that was free a moment ago and is bound without listening, so it answers a reset."""
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
