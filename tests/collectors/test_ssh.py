"""What an SSH server can do to us, and what it was sent: the device is the witness."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time

import pytest

from checks.facts.ssh import SshHostKey, SshOffer
from collectors import ssh, ssh_exchange, ssh_keys
from collectors.allowed import ssh as allowed
from collectors.errors import Busy, Filtered, HungUp, Refused, TimedOut, TurnedAway, Unintelligible
from collectors.ssh_packets import goodbye, mpint, our_kexinit, packet, string
from tests.collectors.ssh_device import LISTS, SshDevice, kexinit

ASKS = {"offer": ssh.offer, "key": ssh.host_key}
BOTH = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


@pytest.fixture
async def of(peer, wire, target):
    """`await of(ask, behaviour)`; the peer stays in `of.peer`."""

    async def put(ask, behave):
        of_ = await peer(behave)
        put.peer = of_
        return await ask(wire, target(of_.port, "ssh"))

    return put


def saying(data: bytes, *, then_close: bool = False):
    async def behave(reader, writer):
        writer.write(data)
        if then_close:
            await writer.drain()
            writer.close()

    return behave


def lists(at: int, names: bytes) -> tuple[bytes, ...]:
    return (*LISTS[:at], names, *LISTS[at + 1 :])


async def test_the_offer_is_read_with_two_messages(of):
    device = SshDevice(banner=b"Welcome\r\nto line 2\nSSH-2.0-Device_1 x y\r\n")

    seen = await of(ssh.offer, device)

    assert seen == SshOffer(
        "2.0",
        "Device_1 x y",
        ("Welcome", "to line 2"),
        ("curve25519-sha256",),
        ("ssh-ed25519",),
        ("aes256-ctr", "aes128-ctr"),
        ("hmac-sha2-512", "hmac-sha2-256"),
        ("none",),
    )
    assert device.heard == [b"SSH-2.0-upheld", goodbye()]
    assert await of.peer.ended.get() == "closed"


async def test_the_host_key_is_shown_with_four_messages_and_no_newkeys(of):
    device = SshDevice()

    seen = await of(ssh.host_key, device)

    digest = hashlib.sha256(device.public).hexdigest()
    assert seen == SshHostKey("ssh-ed25519", "Ed25519", 256, digest)
    assert [m[0] for m in device.heard[1:]] == [allowed.KEXINIT, allowed.KEX_INIT, 1]
    assert await of.peer.ended.get() == "closed"


@pytest.mark.parametrize("banner", [b"SSH-1.5-Old_1\n", b"SSH-1.3-Old_1\r\n"])
async def test_a_server_of_version_1_is_a_fact_and_gets_no_byte(of, banner):
    seen = await of(ssh.offer, saying(banner))

    assert (seen.protocol_version, seen.software, seen.key_exchange) == (
        banner[4:7].decode(),
        "Old_1",
        (),
    )
    assert await of.peer.ended.get() == "closed"
    assert of.peer.received == [b""]
    with pytest.raises(Unintelligible, match="shows no host key"):
        await of(ssh.host_key, saying(banner))


async def test_version_1_beside_2_is_both(of):
    seen = await of(ssh.offer, SshDevice(banner=b"SSH-1.99-Both\r\n"))

    assert seen.protocol_version == "1.99"
    assert seen.ciphers


async def test_idle_messages_and_a_wrong_guess_do_not_count(of):
    idle = packet(b"\2" + string(b"x")) + packet(b"\4\0" + string(b"x") + string(b""))
    device = SshDevice(
        ahead=idle,
        kexinit=kexinit(lists(0, b"sntrup761x25519-sha512,curve25519-sha256"), follows=True),
        guessed=packet(b"\x1fwrong"),
    )

    assert (await of(ssh.host_key, device)).key_type == "Ed25519"


@pytest.mark.parametrize(
    "lie",
    [
        {"spoil_signature": 1},
        {"signed": b"something else"},
        {"signed": bytes(32)},
        {"algorithm": b"ssh-rsa"},
        {"algorithm": b""},
        {"blob": b""},
        {"blob": string(b"ssh-ed25519") + string(bytes(31))},
        {"blob": string(b"ssh-ed25519") + string(bytes(32))},
        {"blob": string(b"ssh-rsa") + string(b"\3") + string(b"\x01" * 256)},
        {"blob": string(b"ssh-ed25519") + b"\xff\xff\xff\xff"},
        {"value": bytes(32)},
        {"value": bytes(31)},
        {"value": b""},
        {"tail": b"x"},
        {"kexinit": kexinit(lists(0, b"sntrup761x25519-sha512"))},
        {"kexinit": kexinit(lists(1, b"ssh-ed448"))},
        {"kexinit": kexinit(lists(1, b"ssh-rsa"))},
    ],
)
async def test_a_key_whose_signature_does_not_hold_is_no_fact(of, lie):
    with pytest.raises(Unintelligible):
        await of(ssh.host_key, SshDevice(**lie))


async def test_a_key_that_somebody_else_signs_with_is_no_fact(of):
    with pytest.raises(Unintelligible, match="does not verify"):
        await of(ssh.host_key, SshDevice(blob=SshDevice().public))


@BOTH
@pytest.mark.parametrize(
    "broken",
    [
        kexinit()[:-1],
        kexinit() + b"x",
        kexinit(lists(0, b"")),
        kexinit(lists(1, b"")),
        kexinit(lists(0, b"a,,b")),
        kexinit(lists(0, b"a b")),
        kexinit(lists(0, b"\xff\xfe")),
        kexinit(lists(0, b"a\x1b[31m")),
        kexinit(lists(0, b"a" * 65)),
        kexinit(lists(2, b"a," * 300 + b"a")),
        kexinit(lists(2, b"," * 34_000)),
        kexinit()[:17] + b"\xff\xff\xff\xff" + kexinit()[21:],
        kexinit()[:17] + b"\x80\0\0\0" + kexinit()[21:],
        b"\x14",
    ],
)
async def test_a_kexinit_that_does_not_add_up_is_no_fact(of, ask, broken):
    with pytest.raises(Unintelligible):
        await of(ask, SshDevice(kexinit=broken))


@BOTH
@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff" + bytes(12),
        b"\x80\0\0\0" + bytes(12),
        bytes(16),
        (35_004).to_bytes(4, "big") + bytes(12),
        (12).to_bytes(4, "big") + b"\xff" + bytes(11),
        (12).to_bytes(4, "big") + b"\0" + bytes(11),
        (13).to_bytes(4, "big") + b"\4" + bytes(12),
        # Padding is random, and a name is not.
        pytest.param(packet(b"\x15"), id="keys taken up before any were agreed"),
        pytest.param(packet(b"\x32root"), id="a login"),
        pytest.param(packet(b"\2" + string(b"x")) * 9, id="nothing but noise"),
        pytest.param(packet(b"\1"), id="half a goodbye"),
    ],
)
async def test_packets_that_do_not_fit_are_no_fact(of, ask, garbage):
    with pytest.raises(Unintelligible):
        await of(ask, saying(b"SSH-2.0-x\r\n" + garbage))


@BOTH
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"220 ftp ready\r\n" * 30, Unintelligible),
        (b"x" * 4_000, Unintelligible),
        (b"\0" * 1_000_000, Unintelligible),
        (b"\n" * 1_000_000, Unintelligible),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", TimedOut),
        (b"SSH-2.0-" + b"x" * 300 + b"\r\n", Unintelligible),
        (b"SSH-9.9-x\r\n", Unintelligible),
        (b"SSH-x\r\n", Unintelligible),
        (b"SSH-2.0-\xff\r\n", Unintelligible),
        (b"SSH-2.0-x", TimedOut),
        (b"", TimedOut),
    ],
)
async def test_who_does_not_begin_as_ssh_gets_no_byte(of, ask, said, error):
    with pytest.raises(error):
        await of(ask, saying(said))

    await of.peer.ended.get()
    assert b"".join(of.peer.received) == b""


@BOTH
@pytest.mark.parametrize("cut", [0, 1, 8, 18, 22, 60])
async def test_a_server_that_leaves_half_way_has_said_nothing(of, ask, cut):
    whole = b"SSH-2.0-Device_1\r\n" + packet(kexinit())

    with pytest.raises(HungUp):
        await of(ask, saying(whole[:cut], then_close=True))


@BOTH
@pytest.mark.parametrize(("code", "error"), [(12, Busy), (2, TurnedAway), (11, TurnedAway)])
async def test_a_disconnect_says_why(of, ask, code, error):
    said = b"\1" + code.to_bytes(4, "big") + string(b"go away\x1b[31m") + string(b"")

    with pytest.raises(error, match=f"code {code}: go away") as caught:
        await of(ask, saying(b"SSH-2.0-x\r\n" + packet(said)))
    assert "\x1b" not in str(caught.value)


async def test_words_before_a_slammed_door_are_kept(of):
    with pytest.raises(HungUp, match="Exceeded MaxStartups"):
        await of(ssh.offer, saying(b"Exceeded MaxStartups\r\n", then_close=True))


@BOTH
async def test_a_drip_ends_with_the_deadline(of, ask):
    async def drip(reader, writer):
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.02)

    with pytest.raises(TimedOut):
        await of(ask, drip)


@BOTH
async def test_closed_and_dropped_ports_are_told_apart(
    wire, target, ask, closed_port, dropping_port
):
    with pytest.raises(Refused):
        await ask(wire, target(closed_port, "ssh"))
    with pytest.raises(Filtered):
        await ask(wire, target(dropping_port, "ssh"))


async def test_of_5000_mutated_replies_none_shows_a_key_and_none_takes_long():
    chance = random.Random(4253)
    device, exchange = SshDevice(), ssh_exchange.begin("curve25519-sha256")
    hashed = (b"SSH-2.0-upheld", b"SSH-2.0-Device_1", our_kexinit(), device.kexinit)
    opening = b"\x1e" + exchange.opening
    whole = device.reply(hashed[0], hashed[2], opening)
    assert ssh.verified(whole, "ssh-ed25519", exchange, hashed).key_type == "Ed25519"

    began, longest = time.process_time(), 0.0
    for _ in range(5_000):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 1, 1, 2, 8))):
            broken[chance.randrange(1, len(broken))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.2:
            broken = broken[: chance.randrange(1, len(broken))]
        if bytes(broken) == whole:
            continue
        with pytest.raises(ValueError):
            ssh.verified(bytes(broken), "ssh-ed25519", exchange, hashed)
        began, spent = time.process_time(), time.process_time() - began
        longest = max(longest, spent)
    assert longest < 0.1


def big_rsa() -> bytes:
    return string(b"ssh-rsa") + mpint((1 << 64) - 1) + mpint((1 << 16_384) - 1)


def big_dsa() -> bytes:
    q = (1 << 255) + 95
    p = q * (1 << 3_840) + 1
    return string(b"ssh-dss") + mpint(p) + mpint(q) + mpint(3) + mpint(5)


@pytest.mark.parametrize(
    ("algorithm", "blob", "signature"),
    [
        ("rsa-sha2-512", big_rsa(), b"\x7f" * 2_048),
        ("ssh-dss", big_dsa(), b"\x7f" * 40),
        ("rsa-sha2-512", string(b"ssh-rsa") + mpint(3) + mpint((1 << 16_385) + 1), b""),
        ("rsa-sha2-512", string(b"ssh-rsa") + mpint(1) + mpint((1 << 2_048) - 1), b""),
        ("rsa-sha2-512", string(b"ssh-rsa") + mpint((1 << 65) + 1) + mpint((1 << 2_048) - 1), b""),
        ("rsa-sha2-512", string(b"ssh-rsa") + string(b"\xff") + mpint((1 << 2_048) - 1), b""),
        ("rsa-sha2-512", string(b"ssh-rsa") + mpint(3) + string(b"\x80" + bytes(255)), b""),
        ("rsa-sha2-512", string(b"ssh-rsa") + mpint(3) + string(b""), b""),
    ],
)
def test_the_worst_keys_are_refused_in_a_tenth_of_a_second(algorithm, blob, signature):
    began = time.process_time()
    with pytest.raises(ValueError):
        ssh_keys.verify(
            ssh_keys.host_key(algorithm, blob),
            algorithm,
            b"signed",
            string(algorithm.encode()) + string(signature),
        )
    assert time.process_time() - began < 0.1
