"""Telnet: not one byte from us, whatever it asks for; inetutils' telnetd as the real one."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from checks.facts.greetings import TelnetGreeting
from collectors import telnet
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.errors import Filtered, HungUp, Refused, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.devices.processes import free_port

OPTIONS = b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x03"
TERMINAL = b"\xff\xfa\x18\x01\xff\xf0"


def saying(data: bytes, *, then_close: bool = False):
    async def behave(reader, writer):
        writer.write(data)
        if then_close:
            await writer.drain()
            writer.close()

    return behave


@pytest.fixture
async def of(peer, wire, target):
    async def put(behave):
        put.peer = await peer(behave)
        return await telnet.greeting(wire, target(put.peer.port, "telnet"))

    return put


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (OPTIONS, TelnetGreeting(True, "")),
        (OPTIONS + b"\r\nlogin: ", TelnetGreeting(True, "login:")),
        (TERMINAL + b"\xff\xf9hello", TelnetGreeting(True, "hello")),
        (
            b"Authorised users only\r\n\r\nUser: ",
            TelnetGreeting(False, "Authorised users only\nUser:"),
        ),
        (b"\x1b[2J\x1b[1;1H\x1b[31mStop\x1b[0m\r\n>", TelnetGreeting(False, "Stop\n>")),
        (b"Zugriff f\xfcr Bediener\r\n", TelnetGreeting(False, "Zugriff f\ufffdr Bediener")),
        (OPTIONS + b"a\xff\xffb", TelnetGreeting(True, "a\ufffdb")),
        (
            b"notice " * 300 + b"\r\nlogin:",
            TelnetGreeting(False, ("notice " * 300).strip() + "\nlogin:"),
        ),
    ],
)
async def test_what_it_says_is_heard_and_never_answered(of, said, seen):
    assert await of(saying(said)) == seen

    assert await of.peer.ended.get() == "closed"
    assert b"".join(of.peer.received) == b""


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", TimedOut),
        (b"SSH-2.0-Device\r\n", Unintelligible),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unintelligible),
        (b"220 ready\r\n", Unintelligible),
        (b"RFB 003.008\n", Unintelligible),
        (b"\x16\x03\x01\x00\x02\x02\x28", Unintelligible),
        (b"\r\n\r\n", Unintelligible),
        (b"\0\0\0", Unintelligible),
        (b"\xff\x01", Unintelligible),
        (b"\xff\xfd", Unintelligible),
        (b"\xff", Unintelligible),
        (b"\xff\xfa\x18\x01", Unintelligible),
        (b"x" * 5_000, Unintelligible),
        (b"x" * 1_000_000, Unintelligible),
        (b"\xff\xfd\x18" * 300_000, Unintelligible),
    ],
)
async def test_silence_and_another_protocol_are_no_telnet(of, said, error):
    with pytest.raises(error):
        await of(saying(said))

    await of.peer.ended.get()
    assert b"".join(of.peer.received) == b""


@pytest.mark.parametrize("said", [b"", OPTIONS, b"Too many connections\r\n"])
async def test_who_leaves_by_itself_has_not_greeted(of, said):
    with pytest.raises(HungUp):
        await of(saying(said, then_close=True))


async def test_a_server_that_never_falls_quiet_ends_with_the_deadline(of):
    async def drip(reader, writer):
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)

    with pytest.raises(TimedOut):
        await of(drip)


async def test_closed_and_dropped_ports_are_told_apart(wire, target, closed_port, dropping_port):
    with pytest.raises(Refused):
        await telnet.greeting(wire, target(closed_port, "telnet"))
    with pytest.raises(Filtered):
        await telnet.greeting(wire, target(dropping_port, "telnet"))


def test_nothing_at_all_may_be_said():
    for message in (b"", b"\r\n", *(bytes([255, verb, 1]) for verb in range(256))):
        assert ON_THE_WIRE["telnet"](Permissions(), message) is not None


async def test_inetutils_telnetd_negotiates_and_runs_no_login(tmp_path, gate, target):
    """telnetd takes its connection from a super-server, which this test is."""
    program = shutil.which("telnetd", path="/usr/sbin:/usr/bin")
    assert program, "run .ci/peers"
    ran = tmp_path / "ran"
    login = tmp_path / "login"
    login.write_text(f"#!/bin/sh\ntouch {ran}\nexec cat\n")
    login.chmod(0o755)
    port = free_port()
    began: list[asyncio.subprocess.Process] = []

    async def serve(reader, writer):
        sock = writer.get_extra_info("socket")
        began.append(
            await asyncio.create_subprocess_exec(
                program, "-E", str(login), stdin=sock.fileno(), stdout=sock.fileno()
            )
        )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        wire = Wire(gate, connect=2, whole=6)
        seen = await telnet.greeting(wire, target(port, "telnet"))
        for process in began:
            # It ends by itself, because we have left.
            await asyncio.wait_for(process.wait(), 10)
    server.close()

    assert seen.negotiates
    assert gate.packets <= 7
    assert not ran.exists()
