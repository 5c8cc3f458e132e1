"""VNC: our version and their types, no type ever chosen; a real Xvnc with and without a password."""

from __future__ import annotations

import asyncio
import contextlib
import shutil

import pytest

from checks import BY_ID
from checks.facts.greetings import VncSecurity
from collectors import vnc
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.errors import Filtered, HungUp, Refused, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.checks.given import observed, told, verdict
from tests.devices.processes import free_port, running

CHECK = BY_ID["vnc-protected"]


def device(version: bytes, after: bytes, *, then_close: bool = False):
    async def behave(reader, writer):
        writer.write(version)
        if len(await reader.read()) == 12:
            writer.write(after)
        if then_close:
            await writer.drain()
            writer.close()

    return behave


@pytest.fixture
async def of(peer, wire, target):
    async def put(behave):
        put.peer = await peer(behave)
        return await vnc.security(wire, target(put.peer.port, "vnc"))

    return put


@pytest.mark.parametrize(
    ("version", "answered", "after", "seen"),
    [
        (b"003.008", b"003.008", b"\2\2\1", VncSecurity("3.8", (2, 1))),
        (b"003.007", b"003.007", b"\1\x13", VncSecurity("3.7", (19,))),
        (b"003.003", b"003.003", b"\0\0\0\2" + bytes(16), VncSecurity("3.3", (2,))),
        (b"003.003", b"003.003", b"\0\0\0\1", VncSecurity("3.3", (1,))),
        (b"003.005", b"003.003", b"\0\0\0\1", VncSecurity("3.5", (1,))),
        (b"003.889", b"003.008", b"\1\x1e", VncSecurity("3.889", (30,))),
        (b"005.000", b"003.008", b"\1\5", VncSecurity("5.0", (5,))),
        (b"003.008", b"003.008", b"\0\0\0\0\5Full\n", VncSecurity("3.8", (), "Full")),
        (b"003.003", b"003.003", b"\0\0\0\0\0\0\0\2no", VncSecurity("3.3", (), "no")),
        (b"003.008", b"003.008", b"\0\0\0\0\0", VncSecurity("3.8", (), "")),
    ],
)
async def test_types_and_reasons(of, version, answered, after, seen):
    assert await of(device(b"RFB " + version + b"\n", after)) == seen

    assert await of.peer.ended.get() == "closed"
    assert b"".join(of.peer.received) == b"RFB " + answered + b"\n"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", TimedOut),
        (b"RFB 003.0", TimedOut),
        (b"SSH-2.0-Device\r\n", Unintelligible),
        (b"RFB 000.000\n", Unintelligible),
        (b"RFB 002.009\n", Unintelligible),
        (b"RFB 00x.008\n", Unintelligible),
        (b"RFB 003.008\r", Unintelligible),
        (b"\xff" * 1_000_000, Unintelligible),
    ],
)
async def test_what_is_not_vnc_gets_no_byte(of, said, error):
    with pytest.raises(error):
        await of(device(said, b""))

    await of.peer.ended.get()
    assert b"".join(of.peer.received) == b""


@pytest.mark.parametrize(
    ("after", "error"),
    [
        (b"", TimedOut),
        (b"\3\2\1", TimedOut),
        (b"\2\2\0", Unintelligible),
        (b"\0\xff\xff\xff\xff", Unintelligible),
        (b"\0\x80\0\0\0no", Unintelligible),
        (b"\0\0\0\0\5no", TimedOut),
    ],
)
async def test_half_a_list_is_no_list(of, after, error):
    with pytest.raises(error):
        await of(device(b"RFB 003.008\n", after))


@pytest.mark.parametrize("after", [b"", b"\3\2\1", b"\0\0\0"])
async def test_a_server_that_leaves_half_way_has_said_nothing(of, after):
    with pytest.raises(HungUp):
        await of(device(b"RFB 003.008\n", after, then_close=True))


async def test_a_drip_ends_with_the_deadline(of):
    async def drip(reader, writer):
        for octet in b"RFB 003.008\n":
            writer.write(bytes([octet]))
            await asyncio.sleep(0.1)

    with pytest.raises(TimedOut):
        await of(drip)


async def test_closed_and_dropped_ports_are_told_apart(wire, target, closed_port, dropping_port):
    with pytest.raises(Refused):
        await vnc.security(wire, target(closed_port, "vnc"))
    with pytest.raises(Filtered):
        await vnc.security(wire, target(dropping_port, "vnc"))


def test_three_lines_may_be_said_and_nothing_else():
    def judge(message: bytes) -> str | None:
        return ON_THE_WIRE["vnc"](Permissions(), message)

    lines = {b"RFB 003.%03d\n" % minor for minor in range(1000)}
    assert {line for line in lines if judge(line) is None} == {
        b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"
    }  # fmt: skip
    # Any choice of a type, ClientInit, and the other client messages of RFC 6143, 7.5.
    assert all(judge(bytes([octet])) is not None for octet in range(256))
    for message in (b"", b"RFB 003.008\n\1", b"\4\1\0\0\0\0\0\x41", b"\0" * 20, b"\5" + bytes(5)):
        assert judge(message) is not None


@contextlib.asynccontextmanager
async def xvnc(*options: str):
    port = free_port()
    command = [shutil.which("Xvnc") or "Xvnc", f":{port % 40_000 + 1_000}", "-localhost"]
    fixed = ["-rfbport", str(port), "-nolisten", "unix"]
    async with running([*command, *fixed, *options], port=port) as log:
        yield port, log


async def test_tigervnc_turns_us_away_after_five_looks_and_that_is_no_pass(gate, target):
    wire = Wire(gate, connect=2, whole=10)
    async with xvnc("-SecurityTypes", "VncAuth", "-BlacklistTimeout", "1000") as (port, _):
        seen = [await vnc.security(wire, target(port, "vnc")) for _ in range(6)]

    assert [one.types for one in seen] == [(2,)] * 5 + [()]
    assert seen[-1].said == "Too many security failures"
    assert told(verdict(CHECK, observed(seen[-1]))) == ("inconclusive", "denied")


@pytest.mark.parametrize(
    ("options", "types", "outcome"),
    [
        (["-SecurityTypes", "None"], (1,), "fail"),
        (["-SecurityTypes", "VncAuth"], (2,), "pass"),
        (["-SecurityTypes", "VncAuth,None"], (2, 1), "fail"),
        # What a wrapper wraps is not said before it is chosen: these two look alike.
        (["-SecurityTypes", "TLSVnc"], (19,), "inconclusive"),
        (["-SecurityTypes", "TLSNone"], (19,), "inconclusive"),
        (["-SecurityTypes", "None", "-Protocol3.3"], (1,), "fail"),
        (["-SecurityTypes", "VncAuth", "-Protocol3.3"], (2,), "pass"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else None,
)
async def test_tigervnc_with_and_without_a_password(
    tmp_path, gate, target, options, types, outcome
):
    password = tmp_path / "password"
    # Any eight octets are somebody's obfuscated password.
    password.write_bytes(bytes(range(8)))
    port, wire = free_port(), Wire(gate, connect=2, whole=10)
    program = shutil.which("Xvnc") or "Xvnc"
    display = f":{port % 40_000 + 1_000}"
    fixed = [
        "-localhost",
        "-rfbport",
        str(port),
        "-PasswordFile",
        str(password),
        "-nolisten",
        "unix",
    ]
    async with running([program, display, *fixed, *options], port=port) as log:
        seen = await vnc.security(wire, target(port, "vnc"))
        spent = gate.packets
        said = await log.until("Connections: closed")

    assert seen.types == types
    assert told(verdict(CHECK, observed(seen)))[0] == outcome
    assert spent <= 8
    assert "uthentication succeeded" not in said
