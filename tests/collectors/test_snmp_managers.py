"""SNMP asked from an address that is no manager's, by real agents and by rogues."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing

import pytest

from checks.facts.snmp import SnmpElsewhere
from collectors.credentials import Community, SnmpUser
from collectors.errors import CollectError, NoWayOut
from collectors.snmp_managers import managers
from collectors.wire import Target, Wire
from tests.devices.snmp_peers import SET, OpenGate, peer
from tests.devices.snmpd import PROGRAM, snmpd

MANAGER, STRANGER = "127.0.0.1", "127.0.0.2"
READ = Community("s3cret")
MONITOR = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")

needs_snmpd = pytest.mark.skipif(PROGRAM is None, reason="snmpd is not installed: run .ci/peers")


async def asked(port: int, credential=READ, *, source=STRANGER, connect=1.0, gate=None):
    wire = Wire(gate or OpenGate(), connect=connect, whole=10)
    stranger, manager = (
        Target("switch-1", MANAGER, "udp", port, "snmp", at) for at in (source, MANAGER)
    )
    return await managers(
        wire, stranger, manager, credential=credential, heard="tcp-22 of switch-1"
    )


@needs_snmpd
async def test_an_agent_that_lists_its_managers_is_silent_to_a_stranger():
    gate = OpenGate()
    # rocommunity of this peer is for 127.0.0.1 alone, as com2sec has it.
    with snmpd(rocommunity=[READ.community]) as port:
        seen = await asked(port, gate=gate)

    assert (seen.answer, seen.control) == (SnmpElsewhere.SILENT, "the configured community")
    assert (seen.source, seen.manager, seen.heard) == (STRANGER, MANAGER, "tcp-22 of switch-1")
    assert gate.packets == 2


@needs_snmpd
async def test_an_agent_that_answers_anybody_is_asked_once():
    gate = OpenGate()
    with snmpd(extra=[f"rocommunity {READ.community} default"]) as port:
        seen = await asked(port, gate=gate)

    assert (seen.answer, seen.control) == (SnmpElsewhere.ANSWERED, "")
    assert gate.packets == 1


@needs_snmpd
async def test_a_stranger_without_any_view_gets_an_answer_all_the_same():
    """A list of views is no list of managers: the agent has read the question and replied."""
    lines = [
        f"com2sec stranger {STRANGER} {READ.community}",
        "group strangers v2c stranger",
        "view nothing included .1.3.6.1.4.1.99999",
        'access strangers "" any noauth exact nothing none none',
    ]
    with snmpd(rocommunity=[READ.community], extra=lines) as port:
        seen = await asked(port)

    assert seen.answer is SnmpElsewhere.ANSWERED


@needs_snmpd
async def test_a_report_to_the_engine_discovery_is_an_answer():
    gate = OpenGate()
    with snmpd(users=[MONITOR]) as port:
        seen = await asked(port, MONITOR, gate=gate)

    assert (seen.answer, seen.asked) == (SnmpElsewhere.ANSWERED, "v3 engine discovery")
    assert gate.packets == 1


async def test_neither_user_nor_secret_is_said_to_a_stranger_s_agent():
    async with peer(lambda _: None) as rogue:
        seen = await asked(rogue.port, MONITOR, connect=0.3)

    assert (seen.answer, seen.control) == (SnmpElsewhere.SILENT, "")
    assert len(rogue.heard) == 2
    assert not any(b"monitor" in said or SET in said[20:40] for said in rogue.heard)


@pytest.mark.parametrize("answer", [b"\x00", b"GET / HTTP/1.1", bytes(1400)])
@pytest.mark.parametrize("credential", [READ, MONITOR])
async def test_whatever_comes_back_is_an_answer(answer, credential):
    async with peer(lambda _: answer) as rogue:
        seen = await asked(rogue.port, credential, connect=0.3)

    assert seen.answer is SnmpElsewhere.ANSWERED
    assert len(rogue.heard) == 1


async def test_an_agent_that_is_gone_is_choosy_towards_nobody():
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind((MANAGER, 0))
        port = taken.getsockname()[1]
    seen = await asked(port)

    assert (seen.answer, seen.control) == (SnmpElsewhere.CLOSED, "")


@needs_snmpd
async def test_an_agent_that_hangs_is_choosy_towards_nobody(monkeypatch):
    import subprocess

    started = []
    popen = subprocess.Popen

    def kept(*words, **more):
        started.append(popen(*words, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", kept)
    with snmpd(rocommunity=[READ.community]) as port:
        os.kill(started[0].pid, signal.SIGSTOP)
        try:
            seen = await asked(port, connect=0.3)
        finally:
            os.kill(started[0].pid, signal.SIGCONT)

    assert (seen.answer, seen.control) == (SnmpElsewhere.SILENT, "")


async def test_an_address_this_host_does_not_have_is_no_silence():
    gate = OpenGate()
    async with peer(lambda _: None) as rogue:
        with pytest.raises(NoWayOut, match=r"192\.0\.2\.77"):
            await asked(rogue.port, source="192.0.2.77", gate=gate)

    assert (rogue.heard, gate.packets) == ([], 0)


async def test_a_spent_budget_is_no_silence():
    async with peer(lambda _: None) as rogue:
        with pytest.raises(CollectError, match="share"):
            await asked(rogue.port, gate=OpenGate(share=4))

    assert rogue.heard == []
