import asyncio
import errno
import socket
from dataclasses import dataclass

import pytest

from collectors.errors import (
    BudgetSpent,
    HungUp,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
)
from collectors.wire import Wire
from collectors.wire.wire import _unless_late

IDENTIFY = bytes.fromhex("0001 0000 0005 01 2b0e0100")
WRITE_REGISTER = bytes.fromhex("0001 0000 0006 01 06 0001 0002")


async def _listen(reader, writer):
    pass


async def _flood(reader, writer):
    writer.write(b"x" * 70_000)
    await writer.drain()


async def _greet(reader, writer):
    writer.write(b"hello")


async def _hang_up(reader, writer):
    writer.close()


async def test_an_answer_past_the_cap_is_unintelligible(wire, peer, target):
    device = await peer(_flood)

    with pytest.raises(Unintelligible, match="longer than we accept"):
        async with wire.stream(target(device.port, "modbus"), cap=1_000) as stream:
            await stream.receive_exactly(2_000)


async def test_an_answer_of_exactly_the_cap_is_accepted(wire, peer, target):
    device = await peer(_greet)

    async with wire.stream(target(device.port, "modbus"), cap=5) as stream:
        assert await stream.receive_exactly(5) == b"hello"


async def test_silence_ends_at_the_deadline(gate, peer, target):
    device = await peer(_listen)
    started = gate.now()

    with pytest.raises(TimedOut, match=r"no answer within 0\.2 s"):
        async with Wire(gate, whole=0.2).stream(target(device.port, "modbus")) as stream:
            await stream.receive()

    assert gate.now() - started < 1.5


async def test_the_source_address_is_the_vantages(wire, peer, target):
    device = await peer(_listen)

    await wire.probe(target(device.port, source="127.0.0.9"))

    await device.ended.get()
    assert device.sources == ["127.0.0.9"]


async def test_a_message_not_on_the_allow_list_never_leaves(wire, gate, peer, target):
    device = await peer(_listen)

    with pytest.raises(NotPermitted, match="function 6 is not on the allow-list"):
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.send(WRITE_REGISTER)

    await device.ended.get()
    assert b"".join(device.received) == b""
    assert gate.refusals == ["function 6 is not on the allow-list"]
    assert gate.octets == 0


async def test_a_port_that_is_only_connected_to_is_never_spoken_to(wire, peer, target):
    device = await peer(_listen)

    with pytest.raises(NotPermitted, match="never spoken to"):
        async with wire.stream(target(device.port, "tcp")) as stream:
            await stream.send(b"x")

    await device.ended.get()
    assert b"".join(device.received) == b""


async def test_a_spent_budget_stops_the_message(wire, gate, peer, target):
    device = await peer(_listen)
    gate.octets_left = 3

    with pytest.raises(BudgetSpent):
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.send(IDENTIFY)

    await device.ended.get()
    assert b"".join(device.received) == b""


async def test_what_was_sent_is_accounted_for(wire, gate, peer, target):
    device = await peer(_listen)

    async with wire.stream(target(device.port, "modbus")) as stream:
        await stream.send(IDENTIFY)

    await device.ended.get()
    assert gate.octets == len(IDENTIFY)
    # SYN, ACK, data, FIN at least; a few more acknowledgements at most.
    assert 4 <= gate.packets <= 8


async def test_a_refused_attempt_is_accounted_for_too(wire, gate, target, closed_port):
    with pytest.raises(Refused):
        await wire.probe(target(closed_port))

    assert gate.packets == 1


async def test_an_unread_answer_is_drained_so_the_device_sees_no_reset(wire, peer, target):
    device = await peer(_greet)

    await wire.probe(target(device.port))

    assert await device.ended.get() == "closed"


async def test_the_connection_is_closed_when_the_visit_is_cancelled(wire, peer, target):
    device = await peer(_listen)
    open_now = asyncio.Event()

    async def visit():
        async with wire.stream(target(device.port, "modbus")) as stream:
            open_now.set()
            await stream.receive()

    task = asyncio.create_task(visit())
    await open_now.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await device.ended.get() == "closed"


async def test_a_peer_that_closes_at_once_hung_up(wire, peer, target):
    device = await peer(_hang_up)

    with pytest.raises(HungUp):
        async with wire.stream(target(device.port, "modbus")) as stream:
            await stream.receive()


@pytest.mark.parametrize("behaviour", [_listen, _hang_up])
async def test_a_loop_that_is_late_makes_no_device_silent(
    gate, peer, target, behaviour, monkeypatch
):
    """The device has answered within its time; it is we who look too late."""
    device, loop = await peer(behaviour), asyncio.get_running_loop()

    async def late(sock, address):
        sock.setblocking(True)
        sock.connect(address)
        sock.setblocking(False)
        await asyncio.sleep(0.2)

    monkeypatch.setattr(loop, "sock_connect", late)

    assert await Wire(gate, connect=0.05, whole=0.5).probe(target(device.port)) >= 50_000
    assert gate.packets > 0


@dataclass
class _Waiting:
    """A socket whose connection attempt has ended so, with nobody there to notice."""

    state: int
    error: int

    def getsockopt(self, level, name, size=0):
        if (level, name) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return self.error
        return bytes([self.state]) + bytes(200)


# linux/tcp_states.h: SYN_SENT, CLOSED.
@pytest.mark.parametrize(
    ("waiting", "number"),
    [(_Waiting(7, errno.ECONNREFUSED), errno.ECONNREFUSED), (_Waiting(2, 0), None)],
)
def test_a_loop_that_is_late_makes_no_refusal_a_silence(waiting, number):
    found = _unless_late(waiting, TimeoutError())

    assert getattr(found, "errno", None) == number
    assert isinstance(found, TimeoutError) is (number is None)
