"""FTP: four lines at most; what half a reply, another matter or a wrong protocol must never become."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import string

import pytest

from checks import BY_ID
from checks.facts.greetings import FtpAnonymous, FtpGreeting
from collectors import ftp
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.allowed import ftp as allowed
from collectors.errors import (
    Busy,
    Filtered,
    HungUp,
    Refused,
    TimedOut,
    TurnedAway,
    Unintelligible,
)
from collectors.wire import Wire
from tests.checks.given import observed, told, verdict
from tests.devices.processes import free_port, running

CHECK = BY_ID["ftp-anonymous-refused"]
ASKS = {"greeting": ftp.greeting, "anonymous": ftp.anonymous}
BOTH = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
READY = b"220 ready\r\n"


def device(greeting: bytes, answers: dict[bytes, bytes | None]):
    """An answer of None hangs up, a missing one is silence."""

    async def behave(reader, writer):
        writer.write(greeting)
        while line := await reader.read():
            answer = answers.get(line.strip(), b"")
            if answer is None:
                return writer.close()
            writer.write(answer)
        return None

    return behave


@pytest.fixture
async def of(peer, wire, target):
    async def put(ask, behave):
        put.peer = await peer(behave)
        return await ask(wire, target(put.peer.port, "ftp"))

    return put


async def test_greeting_and_no_tls(of):
    seen = await of(ftp.greeting, device(READY, {b"AUTH TLS": b"530 Please login.\r\n"}))

    assert seen == FtpGreeting(220, "ready", 530)
    assert await of.peer.ended.get() == "closed"
    assert b"".join(of.peer.received) == b"AUTH TLS\r\nQUIT\r\n"


async def test_who_begins_tls_is_left_without_a_word_in_clear(of):
    seen = await of(ftp.greeting, device(READY, {b"AUTH TLS": b"234 go\r\n"}))

    assert seen.tls == 234
    assert await of.peer.ended.get() == "closed"
    assert b"".join(of.peer.received) == b"AUTH TLS\r\n"


async def test_a_notice_over_many_lines_is_read_whole(of):
    notice = (
        b"220-Authorised users only.\r\n220-230 is no reply here\r\n  All is logged.\r\n220 \r\n"
    )

    seen = await of(ftp.greeting, device(notice, {b"AUTH TLS": b"500 no\r\n"}))

    assert seen.text == "Authorised users only.\n230 is no reply here\nAll is logged."


@pytest.mark.parametrize(
    ("user", "password", "replies", "accepted"),
    [
        (b"230 in", None, (230,), True),
        (b"331 password", b"230 in", (331, 230), True),
        (b"331 password", b"230-in\r\n listing\r\n230 at last", (331, 230), True),
        (b"530 no", None, (530,), False),
        (b"331 password", b"530 Login incorrect.", (331, 530), False),
        (b"332 account", None, (332,), None),
        (b"331 password", b"332 account", (331, 332), None),
        (b"331 password", b"202 superfluous", (331, 202), None),
        (b"500 what", None, (500,), None),
        (b"550 SSL/TLS required", None, (550,), None),
        (b"530 Anonymous sessions must use encryption.", None, (530,), None),
        (b"530 too many users", None, (530,), None),
        (b"331 password", b"530 Try again later", (331, 530), None),
    ],
)
async def test_anonymous_is_in_or_out_or_neither(of, user, password, replies, accepted):
    answers = {b"USER anonymous": user + b"\r\n"}
    said = b"USER anonymous\r\nQUIT\r\n"
    if password:
        answers[allowed.PASS.strip()] = password + b"\r\n"
        said = b"USER anonymous\r\n" + allowed.PASS + b"QUIT\r\n"

    seen = await of(ftp.anonymous, device(READY, answers))

    assert (seen.replies, seen.accepted) == (replies, accepted)
    assert await of.peer.ended.get() == "closed"
    assert b"".join(of.peer.received) == said


@BOTH
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", TimedOut),
        (b"220", TimedOut),
        (b"220-never\r\n ending\r\n", TimedOut),
        (b"SSH-2.0-Device\r\n", Unintelligible),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unintelligible),
        (b"720 ready\r\n", Unintelligible),
        (b"22x ready\r\n", Unintelligible),
        (b"2200 ready\r\n", Unintelligible),
        (b"\xff\xfb\x01\xff\xfb\x03\r\n", Unintelligible),
        (b"\n", Unintelligible),
        (b"120 in ten minutes\r\n", Busy),
        (b"421 Too many users\r\n", Busy),
        (b"530 your address is not welcome\r\n", TurnedAway),
        (b"230 in already\r\n", TurnedAway),
        (READY + READY, Unintelligible),
        (b"220-" + b"x" * 5_000 + b"\r\n220 \r\n", Unintelligible),
        (b"220-x\r\n" * 200, Unintelligible),
        (b"220-" + b"x" * 1_000_000, Unintelligible),
        (b"220-x\r\n" + b"\r\n" * 500_000, Unintelligible),
    ],
)
async def test_who_does_not_greet_gets_no_byte(of, ask, said, error):
    with pytest.raises(error):
        await of(ask, device(said, {}))

    await of.peer.ended.get()
    assert b"".join(of.peer.received) == b""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, HungUp),
        (b"", TimedOut),
        (b"53", TimedOut),
        (b"what\r\n", Unintelligible),
        (b"421 bye\r\n", Busy),
        (b"530-no\r\n", TimedOut),
    ],
)
async def test_half_an_answer_is_no_refusal(of, answer, error):
    for ask, line in ((ftp.anonymous, b"USER anonymous"), (ftp.greeting, b"AUTH TLS")):
        with pytest.raises(error):
            await of(ask, device(READY, {line: answer}))


async def test_a_password_asked_for_and_never_answered_is_no_refusal(of):
    for answer, error in ((None, HungUp), (b"", TimedOut)):
        answers = {b"USER anonymous": b"331 go on\r\n", allowed.PASS.strip(): answer}
        with pytest.raises(error):
            await of(ftp.anonymous, device(READY, answers))


@BOTH
async def test_a_drip_ends_with_the_deadline(of, ask):
    async def drip(reader, writer):
        for _ in itertools.count():
            writer.write(b"220-x\r\n")
            await asyncio.sleep(0.05)

    with pytest.raises(TimedOut):
        await of(ask, drip)


@BOTH
async def test_closed_and_dropped_ports_are_told_apart(
    wire, target, ask, closed_port, dropping_port
):
    with pytest.raises(Refused):
        await ask(wire, target(closed_port, "ftp"))
    with pytest.raises(Filtered):
        await ask(wire, target(dropping_port, "ftp"))


def judge(message: bytes) -> str | None:
    return ON_THE_WIRE["ftp"](Permissions(), message)


def test_of_all_verbs_of_three_and_four_letters_only_quit_may_stand_alone():
    letters = string.ascii_uppercase
    verbs = (
        "".join(found).encode()
        for size in (3, 4)
        for found in itertools.product(letters, repeat=size)
    )

    assert [verb for verb in verbs if judge(verb + b"\r\n") is None] == [b"QUIT"]


@pytest.mark.parametrize(
    "line",
    [
        b"USER root\r\n",
        b"USER anonymous\n",
        b"USER anonymous \r\n",
        b"user anonymous\r\n",
        b"PASS \r\n",
        b"PASS secret\r\n",
        b"AUTH SSL\r\n",
        b"AUTH TLS-C\r\n",
        b"QUIT\r\nDELE x\r\n",
        b"SITE HELP\r\n",
        b"STOR x\r\n",
        b"RETR x\r\n",
        b"LIST\r\n",
        b"",
    ],
)
def test_every_other_line_is_refused(line):
    assert judge(line) is not None
    assert {judge(line) for line in allowed.LINES} == {None}


@pytest.mark.parametrize(
    ("more", "accepted", "outcome"),
    [
        ("anonymous_enable=YES\nno_anon_password=NO\n", True, "fail"),
        ("anonymous_enable=YES\nno_anon_password=YES\n", True, "fail"),
        ("anonymous_enable=NO\nlocal_enable=YES\n", False, "pass"),
    ],
    ids=["anonymous", "anonymous without password", "closed"],
)
async def test_vsftpd_open_and_closed(tmp_path, gate, target, more, accepted, outcome):
    port, root, config = free_port(), tmp_path / "empty", tmp_path / "vsftpd.conf"
    root.mkdir()
    config.write_text(
        f"listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n"
        f"secure_chroot_dir={root}\nanon_root={root}\nftpd_banner=Authorised users only\n"
        f"xferlog_enable=NO\nseccomp_sandbox=NO\ndelay_failed_login=0\n{more}"
    )
    wire = Wire(gate, connect=2, whole=10)
    program = shutil.which("vsftpd", path="/usr/sbin:/usr/bin") or ""
    async with running([program, str(config)], port=port):
        greeting = await ftp.greeting(wire, target(port, "ftp"))
        spent = gate.packets
        seen = await ftp.anonymous(wire, target(port, "ftp"))

    assert (greeting.code, greeting.text, greeting.tls) == (220, "Authorised users only", 530)
    assert seen.accepted is accepted
    assert told(verdict(CHECK, observed(seen)))[0] == outcome
    assert spent <= 9
    assert gate.packets - spent <= 11


def test_anonymous_facts_tell_the_check_what_happened():
    neither = FtpAnonymous((331, 332), None, "account")

    assert told(verdict(CHECK, observed(neither))) == ("inconclusive", "not-comparable")
