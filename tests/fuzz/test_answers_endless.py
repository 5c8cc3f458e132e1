"""Peers that never stop: every collector ends by itself, within its deadline and its memory."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

import pytest

from checks.facts.ports import PortAnswer
from collectors import modbus, opcua, ports
from collectors.credentials import Trust
from collectors.errors import CollectError, TimedOut
from tests.devices.opcua_raw import ACKNOWLEDGE
from tests.fuzz.hostile import bounded, target, wire
from tests.fuzz.test_answers_opcua import OFFERED

WHOLE = 0.4
ASKING = {
    "modbus": lambda port: modbus.identity(wire(whole=WHOLE), target(port, "modbus"), unit=1),
    "opcua endpoints": lambda port: opcua.endpoints(wire(whole=WHOLE), target(port, "opcua")),
    "opcua anonymous": lambda port: opcua.anonymous(
        wire(whole=WHOLE), target(port, "opcua"), offered=OFFERED
    ),
    "opcua server": lambda port: opcua.server(
        wire(whole=WHOLE),
        target(port, "opcua"),
        offered=OFFERED,
        credential=None,
        certificate=None,
        trust=Trust(),
    ),
}

# Beginnings that promise more: a header of each protocol, then whatever the peer likes.
STARTS = {
    "nothing": b"",
    "modbus": bytes.fromhex("0001 0000 00fd 01 2b"),
    "opcua": ACKNOWLEDGE + b"OPNF\xff\xff\x00\x00",
}


@pytest.fixture
async def endless():
    """`await endless(start, octets, pause)`: a port that says `start` and then goes on for good."""
    servers, underway = [], set()

    async def begin(start: bytes, octets: bytes, pause: float) -> int:
        async def serve(reader, writer):
            underway.add(asyncio.current_task())
            try:
                writer.write(start)
                while True:
                    writer.write(octets)
                    await writer.drain()
                    await asyncio.sleep(pause)
            except (OSError, asyncio.CancelledError):
                writer.transport.abort()
                with suppress(OSError):
                    await writer.wait_closed()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return servers[-1].sockets[0].getsockname()[1]

    yield begin
    for server in servers:
        server.close()
    for task in underway:
        task.cancel()
    if underway:
        await asyncio.wait(underway)


FLOODS = [
    ("modbus", "nothing"),
    ("modbus", "modbus"),
    ("opcua endpoints", "nothing"),
    ("opcua endpoints", "opcua"),
    ("opcua anonymous", "opcua"),
    ("opcua server", "opcua"),
]


@pytest.mark.parametrize(("asking", "start"), FLOODS)
async def test_a_flood_ends_within_bounds(endless, asking, start):
    port = await endless(STARTS[start], Random(3).randbytes(65_536), 0)

    async with bounded(seconds=4):
        with pytest.raises(CollectError):
            await ASKING[asking](port)


@pytest.mark.parametrize("asking", ["modbus", "opcua endpoints", "opcua anonymous"])
async def test_a_drip_does_not_move_the_deadline(endless, asking):
    """Each octet is plausible, so only the clock can tell."""
    port = await endless(STARTS[asking.split()[0]], b"\0", 0.02)

    async with bounded(seconds=WHOLE + 2.5):
        with pytest.raises(TimedOut):
            await ASKING[asking](port)


async def test_a_port_is_open_whatever_it_pours_out(endless):
    port = await endless(b"", b"x" * 65_536, 0)

    async with bounded(seconds=3):
        facts = await ports.port(wire(), target(port, "tcp"))

    assert facts.answer is PortAnswer.OPEN
