"""One asset's turn against peers that misbehave: never a pass, never a traceback, replayable."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from appliance.judge.replaying import standings
from appliance.visit import classes
from checks.facts.standing import State
from checks.facts.verdict import Outcome

ASSET = """
assets:
  - id: plc
    zone: cell
    address: 127.0.0.1
    role: plc
    identity: {{vendor: Example, product: EX-1}}
    firmware: {{approved: [V1.0]}}
    services: [{{port: tcp/{port}, protocol: {protocol}}}]
"""


async def _silent(reader, writer):
    await reader.read()
    writer.close()


async def _slam(reader, writer):
    writer.close()


async def _banner(reader, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    await reader.read()
    writer.close()


async def _web(reader, writer):
    await reader.read(4096)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


@asynccontextmanager
async def _peer(handler):
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _unused_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _protocol_verdicts(visited):
    return [j for j in visited.judged if j.key.subject.service]


@pytest.mark.parametrize("protocol", ["opcua", "modbus"])
@pytest.mark.parametrize("handler", [_slam, _banner, _web])
async def test_a_peer_of_another_kind_is_never_a_pass(site, rounds, protocol, handler):
    async with (
        _peer(handler) as port,
        rounds(site(ASSET.format(port=port, protocol=protocol))) as r,
    ):
        visited = await r.visit("plc")

    outcomes = {j.verdict.outcome for j in _protocol_verdicts(visited)}
    assert outcomes - {Outcome.NOT_APPLICABLE} == {Outcome.INCONCLUSIVE}


@pytest.mark.parametrize("protocol", ["opcua", "modbus"])
async def test_nothing_listening_says_refused(site, rounds, protocol):
    async with rounds(site(ASSET.format(port=_unused_port(), protocol=protocol))) as r:
        visited = await r.visit("plc")

    reasons = {j.verdict.reason.value for j in _protocol_verdicts(visited)}
    assert reasons - {"not-applicable"} == {"refused"}


async def test_an_agent_that_is_not_there_says_so(site, rounds):
    services = f"services: [{{port: udp/{_unused_port()}, protocol: snmp, credential: read}}]"
    config = site(
        ASSET.format(port=1, protocol="modbus").replace(
            "services: [{port: tcp/1, protocol: modbus}]", services
        )
        + "credentials: [{id: read, kind: community, secret: {file: community}}]\n"
    )
    (config / "community").write_text("secret-read")

    async with rounds(config) as r:
        visited = await r.visit("plc")

    verdicts = _protocol_verdicts(visited)
    assert verdicts
    assert {j.verdict.outcome for j in verdicts} == {Outcome.INCONCLUSIVE}


async def test_states_recomputed_from_the_ledger_equal_the_recorded(site, rounds):
    async with _peer(_slam) as port, rounds(site(ASSET.format(port=port, protocol="modbus"))) as r:
        for _ in range(3):
            await r.visit("plc", due_anyway=True)
        bodies = [json.loads(body) async for _, body in r.store.entries(0, r.store.size)]

        assert standings(bodies) == {str(key): s for key, s in r.standings.items()}
        assert any(s.state is State.PASS for s in r.standings.values())


async def test_a_restart_takes_up_the_states_it_left(site, rounds):
    config = site(ASSET.format(port=_unused_port(), protocol="modbus"))
    async with rounds(config) as r:
        await r.visit("plc")
        before = dict(r.standings)

    async with rounds(config) as r:
        assert r.standings == before


async def test_a_subject_that_left_the_inventory_is_forgotten_and_the_replay_agrees(site, rounds):
    async with rounds(site(ASSET.format(port=_unused_port(), protocol="modbus"))) as r:
        await r.visit("plc")
    other = ASSET.format(port=_unused_port(), protocol="modbus").replace("id: plc", "id: rtu")

    async with rounds(site(other)) as r:
        bodies = [json.loads(body) async for _, body in r.store.entries(0, r.store.size)]

        assert not any("plc" in key for key in standings(bodies))
        assert standings(bodies) == {str(key): s for key, s in r.standings.items()}


async def test_a_tarpit_ends_at_the_deadline_and_is_no_pass(site, rounds, monkeypatch):
    monkeypatch.setattr(classes, "LABORATORY", replace(classes.LABORATORY, whole=0.3))
    async with (
        _peer(_silent) as port,
        rounds(site(ASSET.format(port=port, protocol="modbus"))) as r,
    ):
        visited = await r.visit("plc")

    assert {j.verdict.reason.value for j in _protocol_verdicts(visited)} == {"timeout"}
