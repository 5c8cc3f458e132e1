"""Hand-made ClientHellos, as OpenSSL reads them, and what servers say to them."""

from __future__ import annotations

import ssl
import struct
from random import Random

import pytest

from checks.facts.tls import TlsVersion
from collectors.allowed import Permissions, tls
from collectors.tls_hello import (
    KEY_TRANSPORT,
    NUMBERS,
    OLD,
    WEAK,
    Answer,
    Heard,
    alert_name,
    client_hello,
    close_notify,
)

RANDOM = bytes(range(32))
EVERY_WEAK = tuple(suite for group in WEAK.values() for suite in group)
OLDER = (TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11)


def record(kind: int, content: bytes, number: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, number, len(content)) + content


def server_hello(version: int = 0x0301, suite: int = 0x002F, rest: bytes = b"\0") -> bytes:
    body = struct.pack(">H", version) + bytes(32) + b"\0" + struct.pack(">H", suite) + rest
    return record(22, b"\x02" + len(body).to_bytes(3, "big") + body, version)


def heard(version=TlsVersion.TLS10, suites=OLD) -> Heard:
    return Heard(version, suites)


@pytest.mark.parametrize("version", [*OLDER, TlsVersion.TLS12])
@pytest.mark.parametrize("suites", [OLD, KEY_TRANSPORT, EVERY_WEAK])
def test_our_hellos_are_on_the_allow_list_and_short(version, suites):
    hello = client_hello(version, suites, RANDOM)

    assert tls.judge(Permissions(), hello) is None
    assert len(hello) <= 300
    assert tls.judge(Permissions(), close_notify(NUMBERS[version])) is None


def read_by_openssl(hello: bytes) -> list[tuple[int, bytes]]:
    """The handshake messages OpenSSL's server saw, and its first answer."""
    seen: list[tuple[int, bytes]] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context._msg_callback = lambda _c, way, _v, kind, _t, data: (
        seen.append((int(kind), data)) if way == "read" else None
    )
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(inward, outward, server_side=True)
    inward.write(hello)
    with pytest.raises(ssl.SSLError) as caught:
        server.do_handshake()
    # What it cannot parse it says so; ours it can, and finds nothing it likes in it.
    assert "decode" not in str(caught.value).lower()
    assert "length" not in str(caught.value).lower()
    assert outward.read()[:1] == b"\x15"
    return seen


@pytest.mark.parametrize("version", OLDER)
def test_openssl_reads_an_old_hello_to_its_end_and_refuses_its_version(version):
    hello = client_hello(version, OLD, RANDOM)

    assert (22, hello[5:]) in read_by_openssl(hello)


def test_openssl_reads_the_hello_of_weak_suites():
    hello = client_hello(TlsVersion.TLS12, EVERY_WEAK, RANDOM)

    assert (22, hello[5:]) in read_by_openssl(hello)


def test_no_suite_stands_in_two_groups():
    assert len(set(EVERY_WEAK)) == len(EVERY_WEAK)
    assert set(KEY_TRANSPORT) <= set(OLD)


def test_a_server_hello_is_an_answer_however_it_is_cut():
    whole = server_hello()

    for at in range(1, len(whole)):
        it = heard()
        assert it.feed(whole[:at]) is None
        assert it.feed(whole[at:]) == Answer(TlsVersion.TLS10, 0x002F)


def test_an_alert_in_pieces_is_one_alert():
    it = heard()

    assert it.feed(record(21, b"\x02")) is None
    assert it.feed(record(21, b"\x46")) == Answer(alert=70)
    assert alert_name(70) == "protocol_version"
    assert alert_name(200) == "alert 200"


def test_warnings_are_passed_over_and_close_notify_is_an_end():
    assert heard().feed(record(21, b"\x01\x70") + record(21, b"\x02\x28")) == Answer(alert=40)
    assert heard().feed(record(21, b"\x01\x00")) == Answer(alert=0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "which is no TLS"),
        (b"\x80\x2e\x01\x03\x00", "which is no TLS"),
        (b"\x15\x02\x00\x00\x02\x02\x28", "which is no TLS"),
        (record(22, b"")[:5], "a record of 0 octets"),
        (b"\x16\x03\x01\xff\xff", "a record of 65535 octets"),
        (record(21, b"\x03\x28"), "an alert of level 3"),
        (record(21, b"\x01\x70" * 5), "nothing but warnings"),
        (record(22, b"\x0b\0\0\x03\0\0\0"), "handshake message 11 where a ServerHello is due"),
        (record(22, b"\x02\xff\xff\xff"), "a ServerHello of 16777215 octets"),
        (server_hello(version=0x0302), "version 0x0302, which was not offered"),
        (server_hello(version=0x0002), "which is no TLS"),
        (server_hello(suite=0x1301), "suite 0x1301, which was not offered"),
        (server_hello(rest=b"\x01"), "suite 0x002f, which was not offered"),
        (server_hello(rest=b"\0\0\x05\0\0"), "extensions do not add up"),
    ],
)
def test_what_is_no_answer_to_our_hello_is_an_error(data, said):
    with pytest.raises(ValueError, match=said):
        heard().feed(data)


def test_random_octets_are_never_an_accepted_version():
    rng = Random("upheld tls hello")
    base, outcomes = server_hello(), {"answer": 0, "error": 0, "more": 0}
    for _ in range(5_000):
        data = bytearray(base)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        it = heard()
        try:
            answer = it.feed(bytes(data))
        except ValueError:
            outcomes["error"] += 1
            continue
        outcomes["answer" if answer else "more"] += 1
        if answer is not None and answer.version is not None:
            assert answer.suite in OLD
            assert NUMBERS[answer.version] <= 0x0301

    assert min(outcomes.values()) > 50


@pytest.mark.parametrize(
    "flight",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        record(23, bytes(200)),
        record(24, b"\x01\x40\x00"),
        record(21, b"\x02\x28"),
        record(21, b"\x01\x5a"),
        record(20, b"\x02"),
        record(22, b"\x0b\0\0\x06\0\0\x03\0\0\0"),
        record(22, b"\x00\0\0\0"),
        record(22, b"\x0f\0\0\x04\0\0\0\0"),
        client_hello(TlsVersion.TLS12, OLD, RANDOM)[:-1],
        client_hello(TlsVersion.TLS12, OLD, RANDOM) + b"\0",
        record(22, client_hello(TlsVersion.TLS12, OLD, RANDOM)[5:] * 2),
    ],
)
def test_the_allow_list_stops(flight):
    assert tls.judge(Permissions(), flight) is not None


@pytest.mark.parametrize(
    ("number", "name"), [(0, "a server name"), (41, "psk"), (42, "early data")]
)
def test_the_allow_list_stops_extensions_we_never_send(number, name):
    hello = client_hello(TlsVersion.TLS12, (0x002F,), RANDOM)
    extra = struct.pack(">HH", number, 0)
    body = hello[9:]
    head = 2 + 32 + 1 + 2 + 4 + 2
    extensions = body[head + 2 :] + extra
    body = body[:head] + len(extensions).to_bytes(2, "big") + extensions
    changed = record(22, b"\x01" + len(body).to_bytes(3, "big") + body, 0x0301)

    assert tls.judge(Permissions(), changed) == (
        f"extension {number} of a ClientHello is not on the allow-list"
    ), name


def test_data_may_follow_only_where_it_is_judged_before_its_encryption():
    sealed = record(23, bytes(2_000))

    assert tls.judge(Permissions(), sealed) is not None
    assert tls.judge_with_data(Permissions(), sealed) is None
