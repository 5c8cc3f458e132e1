"""What a device did to a connection is weighed alike, whichever collector it did it to."""

from __future__ import annotations

import asyncio

import pytest

from appliance.visit.guard.signs import Happened, Weight, sign_of
from checks.facts.opcua import OpcUaEndpoints
from collectors import (
    ftp,
    http,
    modbus,
    modbus_registers,
    modbus_server_id,
    mqtt_broker,
    opcua,
    opcua_discovery,
    ssh,
    telnet,
    tls,
    vnc,
)
from collectors.allowed import Permissions, Span
from collectors.credentials import Trust
from collectors.errors import HungUp, TimedOut, Unreachable
from collectors.wire import Wire
from tests.collectors.conftest import closed_port, gate, peer, target
from tests.collectors.test_opcua_peers import OPEN, closes_after_hello

__all__ = ["closed_port", "gate", "peer", "target"]

PERMITS = Permissions(
    unit=1,
    registers=(Span("holding", 1, 1),),
    report_server_id=True,
    paths=frozenset({"/"}),
)
OFFERED = OpcUaEndpoints((OPEN,), (), "urn:x", "", "Server")
ASKED = [
    ("ftp", ftp.greeting),
    ("ftp", ftp.anonymous),
    ("http", lambda w, t: http.pages(w, t, paths=("/",))),
    ("https", lambda w, t: http.pages(w, t, paths=("/",))),
    ("modbus", lambda w, t: modbus.identity(w, t, unit=1)),
    ("modbus", modbus_registers.registers),
    ("modbus", lambda w, t: modbus_server_id.server_id(w, t, id_octets=1)),
    ("mqtt", mqtt_broker.anonymous),
    ("mqtts", mqtt_broker.anonymous),
    ("opcua", opcua.endpoints),
    ("opcua", lambda w, t: opcua.anonymous(w, t, offered=OFFERED)),
    ("opcua", opcua_discovery.servers),
    ("ssh", ssh.offer),
    ("ssh", ssh.host_key),
    ("telnet", telnet.greeting),
    ("tls", lambda w, t: tls.server(w, t, trust=Trust())),
    ("vnc", vnc.security),
]


def weight(protocol, error):
    closed_after = error.after if isinstance(error, HungUp) else None
    happened = Happened(expected=True, protocol=protocol, error=error, closed_after=closed_after)
    return sign_of(happened).weight


async def closes(reader, writer):
    writer.close()


@pytest.mark.parametrize(("protocol", "ask"), ASKED)
async def test_a_door_slammed_at_once_has_no_room_for_us(gate, peer, target, protocol, ask):
    device = await peer(closes)

    with pytest.raises(HungUp) as caught:
        await ask(Wire(gate, connect=1, whole=5), target(device.port, protocol, permits=PERMITS))

    assert weight("tcp", caught.value) is Weight.AT_ONCE


async def test_a_server_that_answers_first_and_closes_then_has_slammed_nothing(gate, peer, target):
    server = await peer(closes_after_hello)

    with pytest.raises(HungUp) as caught:
        await opcua.endpoints(Wire(gate, connect=1, whole=5), target(server.port, "opcua"))

    assert weight("opcua", caught.value) is Weight.FAILURE


@pytest.mark.parametrize(("protocol", "ask"), ASKED)
async def test_a_device_that_is_no_longer_there_is_a_failure(
    gate, closed_port, target, monkeypatch, protocol, ask
):
    async def no_way(*_):
        raise OSError(113, "No route to host")

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", no_way)

    with pytest.raises(Unreachable) as caught:
        await ask(Wire(gate), target(closed_port, protocol, permits=PERMITS))

    assert weight(protocol, caught.value) is Weight.FAILURE


def test_a_failure_told_again_keeps_its_kind_its_words_and_its_cause():
    cause = OSError(113, "No route to host")
    first = HungUp("opc.tcp://10.0.0.7:4840", "the connection was closed", "connecting")
    first.__cause__, first.after = cause, 0.1

    again = first.retold("asking for its endpoints")

    assert (type(again), again.what, again.after, again.__cause__) == (
        HungUp, first.what, 0.1, cause,
    )  # fmt: skip
    assert str(again).endswith("closed while asking for its endpoints.")
    assert type(TimedOut("a", "b").retold("c")) is TimedOut
