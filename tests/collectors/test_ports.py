import asyncio
import errno

import pytest

from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Reason
from collectors.errors import NotPermitted, NoWayOut, Unreachable
from collectors.ports import port
from collectors.wire import Wire


async def _nothing(reader, writer):
    pass


async def test_an_open_port_is_open_and_heard_not_one_byte(wire, gate, peer, target):
    device = await peer(_nothing)

    seen = await port(wire, target(device.port))

    assert seen.answer is PortAnswer.OPEN
    assert seen.port == device.port
    assert seen.latency_us is not None
    assert await device.ended.get() == "closed"
    assert device.received == [b""]
    assert gate.octets == 0
    assert gate.packets >= 3


async def test_a_closed_port_is_refused(wire, target, closed_port):
    assert await port(wire, target(closed_port)) == TcpPort(closed_port, PortAnswer.REFUSED)


async def test_a_port_whose_packets_are_dropped_is_filtered(wire, gate, target, dropping_port):
    seen = await port(wire, target(dropping_port))

    assert seen == TcpPort(dropping_port, PortAnswer.FILTERED)
    assert gate.packets >= 1


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
async def test_a_router_that_says_no_way_is_unreachable(wire, target, monkeypatch, code):
    async def no_way(*_):
        raise OSError(code, "no route")

    monkeypatch.setattr("collectors.wire.wire.segments", lambda _: 1)
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", no_way)

    assert (await port(wire, target(9))).answer is PortAnswer.UNREACHABLE


async def test_a_source_address_we_do_not_have_is_no_evidence_about_the_path(wire, target):
    with pytest.raises(NoWayOut, match=r"our source address 192\.0\.2\.1 cannot be used"):
        await port(wire, target(9, source="192.0.2.1"))


async def test_without_a_route_nothing_left_us_and_nobody_answered(wire, gate, target, monkeypatch):
    async def routeless(*_):
        raise OSError(errno.ENETUNREACH, "no route")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", routeless)

    with pytest.raises(NoWayOut, match="our own machine has no route there") as told:
        await port(wire, target(9))
    assert told.value.reason is Reason.BLIND
    assert gate.packets == 0


@pytest.mark.parametrize("code", [errno.EADDRNOTAVAIL, errno.ENETDOWN])
async def test_our_own_machines_trouble_is_no_evidence_either(wire, target, monkeypatch, code):
    async def own_trouble(*_):
        raise OSError(code, "own trouble")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", own_trouble)

    with pytest.raises(Unreachable):
        await port(wire, target(9))


async def test_what_is_not_permitted_is_not_tried(gate, peer, target):
    device = await peer(_nothing)
    to = target(device.port)
    gate.denies = NotPermitted(to, "never-connect list")

    with pytest.raises(NotPermitted):
        await port(Wire(gate), to)
    assert device.sources == []
