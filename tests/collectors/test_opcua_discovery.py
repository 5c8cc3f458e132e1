"""FindServers at servers of two makes; what they were asked is their own word."""

from __future__ import annotations

import pytest
from asyncua import ua

from appliance.visit import questions as q
from collectors import opcua_discovery
from collectors.errors import CollectError, Denied, HungUp, Unintelligible
from collectors.opcua_wire import Channel, Said
from collectors.wire import Wire
from tests.acceptance.peers import node
from tests.devices.opcua_server import opcua_server


@pytest.fixture
def patient(gate):
    return Wire(gate, connect=2, whole=10)


async def test_asyncua_names_itself_without_a_session(patient, target, gate):
    async with opcua_server() as device:
        seen = await opcua_discovery.servers(patient, target(device.port, "opcua"))

    assert [(a.type, a.hosts) for a in seen.applications] == [("ClientAndServer", ("127.0.0.1",))]
    assert device.asked == ["FindServersRequest"]
    assert gate.packets + 2 <= q.OPCUA_DISCOVERY.packets


async def test_node_opcua_names_itself(patient, target, tmp_path):
    with node("opcua", "secured", tmp_path) as port:
        seen = await opcua_discovery.servers(patient, target(port, "opcua"))

    assert len(seen.applications) == 1
    assert all(a.uri and a.hosts for a in seen.applications)


def answering(monkeypatch, answer):
    async def quiet(*_):
        pass

    async def ask(*_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Channel, "hello", quiet)
    monkeypatch.setattr(Channel, "open", quiet)
    monkeypatch.setattr(Channel, "ask", ask)


@pytest.mark.parametrize(
    ("many", "family"), [(None, Unintelligible), (0, Unintelligible), (201, Unintelligible)]
)
async def test_nobody_and_too_many_are_no_facts(monkeypatch, peer, wire, target, many, family):
    async def behave(reader, writer):
        await reader.read()

    answer = ua.FindServersResponse()
    answer.Servers = None if many is None else [ua.ApplicationDescription()] * many
    answering(monkeypatch, answer)
    it = await peer(behave)
    with pytest.raises(family, match="asking which servers it knows"):
        await opcua_discovery.servers(wire, target(it.port, "opcua"))


async def test_a_server_that_does_not_know_the_service_says_no(monkeypatch, peer, wire, target):
    async def behave(reader, writer):
        await reader.read()

    answering(monkeypatch, Said(ua.StatusCodes.BadServiceUnsupported, of_service=True))
    it = await peer(behave)
    with pytest.raises(Denied, match="BadServiceUnsupported"):
        await opcua_discovery.servers(wire, target(it.port, "opcua"))


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad\r\n\r\n", b"ACKF\xff\xff\xff\x7f"])
async def test_what_is_no_opcua_is_no_fact(peer, wire, target, said):
    async def behave(reader, writer):
        await reader.read()
        writer.write(said)
        writer.close()

    it = await peer(behave)
    with pytest.raises((HungUp, Unintelligible)) as caught:
        await opcua_discovery.servers(wire, target(it.port, "opcua"))
    assert isinstance(caught.value, CollectError)
