"""Four messages and nothing else, whatever their number and however they are dressed."""

from __future__ import annotations

import pytest

from collectors import ssh_exchange
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.allowed import ssh as allowed
from collectors.ssh_packets import goodbye, mpint, our_kexinit, packet, string


def judge(message: bytes) -> str | None:
    return ON_THE_WIRE["ssh"](Permissions(), message)


def opening(name: str) -> bytes:
    return bytes([allowed.KEX_INIT]) + ssh_exchange.begin(name).opening


OURS = [our_kexinit(), goodbye(), *(opening(name) for name in allowed.KEY_EXCHANGES)]


@pytest.mark.parametrize("payload", OURS, ids=[f"{n}-{p[0]}" for n, p in enumerate(OURS)])
def test_what_the_collector_says_may_be_said(payload):
    assert judge(packet(payload)) is None
    assert judge(allowed.IDENTIFICATION) is None


@pytest.mark.parametrize(
    "body",
    [b"", bytes(4), our_kexinit()[1:], opening("ecdh-sha2-nistp256")],
    ids=["empty", "zeros", "kexinit", "key exchange"],
)
def test_of_256_message_numbers_three_can_be_sent(body):
    passed = {n for n in range(256) if judge(packet(bytes([n]) + body)) is None}

    assert passed <= {1, 20, 30}
    assert judge(packet(bytes([50]) + body)) == "message 50 is not on the allow-list"


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 21, 31, 34, 50, 61, 80, 90, 98])
def test_the_messages_of_a_login_and_after_are_refused_by_name(number):
    body = string(b"root") + string(b"ssh-connection") + string(b"none")

    assert judge(packet(bytes([number]) + body)) == f"message {number} is not on the allow-list"


def test_every_change_of_one_octet_of_our_kexinit_but_in_cookie_and_padding_is_refused():
    whole = packet(our_kexinit())
    padding = whole[4]
    free = range(6, 6 + allowed.COOKIE)

    for at in range(len(whole) - padding):
        changed = bytearray(whole)
        changed[at] ^= 0x21
        assert (judge(bytes(changed)) is None) == (at in free), at


@pytest.mark.parametrize(
    "line",
    [
        b"SSH-2.0-upheld\n",
        b"SSH-1.5-upheld\r\n",
        b"SSH-2.0-upheld\r\nx",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"root\r\n",
        b"",
        b"\r\n",
    ],
)
def test_any_other_line_is_refused(line):
    assert judge(line) is not None


@pytest.mark.parametrize(
    "body",
    [
        string(bytes(31)),
        string(bytes(33)),
        string(b"\2" + bytes(64)),
        string(b"\x80" + bytes(256)),
        string(bytes(300)),
        string(bytes(32)) + b"x",
        bytes(32),
        mpint(1 << 4_000),
        b"\xff\xff\xff\xff",
        b"",
    ],
)
def test_a_key_exchange_of_another_shape_is_refused(body):
    assert judge(packet(bytes([30]) + body)) is not None


@pytest.mark.parametrize(
    "body",
    [
        (2).to_bytes(4, "big") + string(b"") + string(b""),
        (11).to_bytes(4, "big") + string(b"x" * 65) + string(b""),
        (11).to_bytes(4, "big") + string(b"") + string(b"en"),
        (11).to_bytes(4, "big") + string(b"") + string(b"") + b"x",
        (11).to_bytes(4, "big") + string(b"\xff") + string(b""),
        b"",
    ],
)
def test_a_goodbye_of_another_shape_is_refused(body):
    assert judge(packet(b"\1" + body)) is not None


def test_two_packets_at_once_a_cut_one_and_odd_padding_are_refused():
    whole = packet(goodbye())

    assert judge(whole + whole) is not None
    assert all(judge(whole[:size]) is not None for size in range(len(whole)))
    for padding in (0, 3, len(whole) - 5, 255):
        assert judge(whole[:4] + bytes([padding]) + whole[5:]) is not None


def test_a_stream_of_them_is_cut_where_each_ends():
    said = [allowed.IDENTIFICATION, *map(packet, OURS)]
    held, cut = b"".join(said), []
    while size := allowed.first(held):
        cut.append(held[:size])
        held = held[size:]

    assert cut == said
    assert [allowed.first(packet(goodbye())[:size]) for size in (0, 3, 5, 20)] == [0, 0, 0, 0]
