"""What one question may cost a device, and how long it may take it."""

from __future__ import annotations

import asyncio

import pytest

from collectors.errors import Filtered, NotPermitted, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.collectors.conftest import RecordingGate

IDENTIFY = bytes.fromhex("0001 0000 0005 01 2b0e0100")
PIECES = 400


async def drip(reader, writer):
    """One octet a segment, each when the one before has certainly been read."""
    for _ in range(PIECES):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.003)


async def listen(reader, writer):
    pass


class Slow(RecordingGate):
    """A pace that makes everybody wait `seconds` before each message."""

    seconds = 0.4

    async def pace(self, target, packets):
        await asyncio.sleep(self.seconds)


async def test_an_answer_in_crumbs_ends_at_the_packet_cap(gate, peer, target):
    device = await peer(drip)
    wire = Wire(gate, connect=1, whole=10, packets=20)

    with pytest.raises(Unintelligible, match="too many small pieces, more than 20 packets"):
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.receive_exactly(PIECES)

    assert 20 < gate.packets <= 24


async def test_a_library_is_cut_off_at_the_packet_cap_too(gate, peer, target):
    device = await peer(drip)
    wire = Wire(gate, connect=1, whole=10, packets=20)
    lost = asyncio.Event()

    class Greedy(asyncio.Protocol):
        def connection_lost(self, exc):
            lost.set()

    async with wire.attached(target(device.port, "opcua"), Greedy):
        await lost.wait()

    assert 20 < gate.packets <= 24


async def test_the_same_answer_in_few_pieces_is_welcome(gate, peer, target):
    async def at_once(reader, writer):
        writer.write(b"x" * PIECES)

    device = await peer(at_once)
    async with Wire(gate, packets=20).stream(target(device.port, "modbus")) as stream:
        assert await stream.receive_exactly(PIECES) == b"x" * PIECES


async def test_a_device_that_drips_after_our_goodbye_is_cut_off(gate, peer, target):
    device = await peer(drip)

    await Wire(gate, packets=20).probe(target(device.port))

    assert gate.packets <= 24


async def test_waiting_for_our_own_pace_costs_the_device_no_time(peer, target):
    async def answers(reader, writer):
        while await reader.read(100):
            writer.write(b"y")

    device = await peer(answers)
    async with Wire(Slow(), whole=0.3).stream(target(device.port, "modbus")) as stream:
        for _ in range(3):
            await stream.send(IDENTIFY)
            assert await stream.receive() == b"y"


async def test_what_the_device_wastes_counts_as_before(peer, target):
    device = await peer(listen)
    gate = Slow()
    began = gate.now()

    async def asking():
        async with Wire(gate, whole=0.3).stream(target(device.port, "modbus")) as stream:
            await stream.send(IDENTIFY)
            await stream.receive()

    with pytest.raises(TimedOut, match=r"no answer within 0\.3 s"):
        await asking()

    assert 0.7 <= gate.now() - began < 2.5


async def test_a_stop_ends_the_waiting_the_connecting_and_the_asking(peer, target, dropping_port):
    device = await peer(listen)
    gate = Slow()
    gate.seconds = 60
    wire = Wire(gate, connect=60, whole=60)

    async def waiting():
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.send(IDENTIFY)

    async def asking():
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.receive()

    stories = [waiting(), asking(), wire.probe(target(dropping_port))]
    tasks = [asyncio.create_task(story) for story in stories]
    while len(device.sources) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    began = gate.now()
    await gate.connections.stop_all(lambda _: True, "the plant says stop")
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert gate.now() - began < 3.0
    assert len(gate.connections) == 0
    for end in ends:
        assert isinstance(end, NotPermitted)
        assert "the plant says stop" in str(end)


async def test_a_stop_ends_only_what_matches(gate, peer, target):
    device = await peer(listen)
    wire = Wire(gate, whole=0.3)

    async def asking():
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.receive()

    task = asyncio.create_task(asking())
    while not device.sources:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await gate.connections.stop_all(lambda t: t.address == "127.0.0.2")

    with pytest.raises(TimedOut):
        await task


async def test_what_begins_to_wait_before_a_stop_does_not_begin_after_it(gate, peer, target):
    device = await peer(listen)
    allowed = asyncio.Event()

    class Queue(RecordingGate):
        async def turn(self, target):
            await allowed.wait()

    gate = Queue()
    task = asyncio.create_task(Wire(gate).probe(target(device.port)))
    await asyncio.sleep(0)
    gate.denies = NotPermitted(target(device.port), "a window has closed")
    allowed.set()

    with pytest.raises(NotPermitted, match="window has closed"):
        await task
    assert gate.packets == 0
    assert device.sources == []


async def test_a_silent_host_is_filtered_after_its_own_time_only(dropping_port, target):
    class Late(RecordingGate):
        async def turn(self, target):
            await asyncio.sleep(0.3)

    gate = Late()
    began = gate.now()

    with pytest.raises(Filtered, match=r"within 0\.2 s"):
        await Wire(gate, connect=0.2).probe(target(dropping_port))
    assert gate.now() - began >= 0.5
