"""Our source ports: of a known range, in turn, and never a reason to fail."""

from __future__ import annotations

import asyncio
import itertools
import socket

import pytest

from collectors.errors import NoWayOut
from collectors.wire import SOURCE_PORTS, Wire, sources

# Ranges of the test's own, outside of what the kernel hands out.
SMALL = range(21_000, 21_004)


@pytest.fixture
async def ports_seen():
    """A server's port, and the source port of each connection to it."""
    seen = []

    async def serve(reader, writer):
        seen.append(writer.get_extra_info("peername")[1])
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], seen
    server.close()
    await server.wait_closed()


async def test_they_come_from_the_range_in_turn(gate, ports_seen, target):
    port, seen = ports_seen
    for _ in range(50):
        await Wire(gate).probe(target(port))

    assert set(seen) <= set(SOURCE_PORTS)
    steps = {(b - a) % len(SOURCE_PORTS) for a, b in itertools.pairwise(seen)}
    assert 1 in steps
    assert max(steps) < 50


async def test_many_connections_a_second_to_one_port(gate, ports_seen, target):
    port, seen = ports_seen
    for _ in range(12):
        await asyncio.gather(*(Wire(gate, connect=3).probe(target(port)) for _ in range(100)))

    assert len(seen) == 1_200


def test_a_restart_begins_somewhere_else(monkeypatch, target):
    first = set()
    for _ in range(5):
        monkeypatch.setattr(sources, "_next", {})
        with next(sources.sockets(target(9), socket.SOCK_DGRAM, SOURCE_PORTS)) as sock:
            first.add(sock.getsockname()[1])

    assert len(first) > 1


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_another_programs_port_is_passed_over(gate, ports_seen, target, kind):
    port, seen = ports_seen
    with socket.socket(socket.AF_INET, kind) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind is socket.SOCK_STREAM)
        other.bind(("127.0.0.1", SMALL[1]))
        if kind is socket.SOCK_STREAM:
            other.listen()
        for _ in range(8):
            await _touched(Wire(gate, source_ports=SMALL), target(port), kind, seen)

    assert set(seen) <= set(SMALL) - ({SMALL[1]})


async def _touched(wire, to, kind, seen):
    if kind is socket.SOCK_STREAM:
        await wire.probe(to)
        return
    async with wire.datagrams(to) as datagrams:
        seen.append(datagrams._sock.getsockname()[1])


async def test_when_all_are_taken_it_says_so_and_sends_nothing(gate, ports_seen, target):
    port, _ = ports_seen
    others = [socket.socket() for _ in SMALL]
    for other, number in zip(others, SMALL, strict=True):
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", number))
        other.listen()

    with pytest.raises(NoWayOut, match="none of our source ports 21000-21003 is free"):
        await Wire(gate, source_ports=SMALL).probe(target(port))
    assert gate.packets == 0
    for other in others:
        other.close()


async def test_a_source_address_that_is_not_ours_is_told_from_a_taken_port(gate, target):
    with pytest.raises(NoWayOut, match=r"source address 192\.0\.2\.7 cannot be used"):
        await Wire(gate).probe(target(9, source="192.0.2.7"))


async def test_a_port_never_connects_to_itself(gate, target):
    only = range(21_010, 21_011)

    with pytest.raises(NoWayOut, match="none of our source ports"):
        await Wire(gate, source_ports=only).probe(target(only[0]))
