"""TLS servers that misbehave: none of them may become a good fact."""

from __future__ import annotations

import asyncio
import ssl
import struct
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checks import BY_ID
from checks.facts.tls import TlsAnswer, TlsTrust, TlsVersion
from collectors import tls, tls_openssl
from collectors.credentials import Trust
from collectors.errors import CollectError, HungUp, NotPermitted, Refused, TimedOut, Unintelligible
from tests.checks.given import observed, verdict

NOW = datetime.now(UTC)
SILENT, CUT, REFUSED = TlsAnswer.SILENT, TlsAnswer.CUT, TlsAnswer.REFUSED


def record(kind: int, content: bytes, number: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, number, len(content)) + content


def message(kind: int, body: bytes, size: int | None = None) -> bytes:
    return bytes((kind,)) + (len(body) if size is None else size).to_bytes(3, "big") + body


HELLO = record(
    22, message(2, b"\x03\x03" + bytes(32) + b"\0\xc0\x2f\0" + b"\0\x05\xff\x01\0\x01\0")
)


def answers(*pieces: bytes, after: float = 0.0, closing: bool = False):
    async def behaviour(reader, writer):
        await reader.read(4096)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(after)
        if closing:
            writer.close()

    return behaviour


async def silent(reader, writer):
    pass


async def slams(reader, writer):
    writer.transport.abort()


async def closes(reader, writer):
    writer.close()


async def endless(reader, writer):
    await reader.read(4096)
    writer.write(HELLO)
    for _ in range(200):
        writer.write(record(22, message(22, bytes(4_000))))
        await writer.drain()


async def three(wire, target, port):
    """What `server` raised, and the answers to the trials, or what they raised."""
    it = target(port, "tls")
    found = []
    for asking in (
        tls.server(wire, it, trust=Trust()),
        tls.versions(wire, it, control=TlsVersion.TLS12),
        tls.weak_suites(wire, it, control=TlsVersion.TLS12),
    ):
        try:
            found.append(await asking)
        except CollectError as error:
            found.append(error)
    return found


async def test_nothing_listening_is_refused(wire, target, closed_port):
    assert [type(found) for found in await three(wire, target, closed_port)] == [Refused] * 3


async def test_a_tarpit_is_a_timeout_and_silence_within_one_questions_time(wire, target, peer):
    it = await peer(silent)
    started = asyncio.get_running_loop().time()
    server, versions, weak = await three(wire, target, it.port)

    assert isinstance(server, TimedOut)
    assert str(server) == (
        f"tls://127.0.0.1:{it.port}: no answer within 0.5 s while making a TLS handshake."
    )
    assert [t.answer for t in versions.trials] == [SILENT] * 3
    assert {t.answer for t in weak.trials} == {SILENT}
    # Closing waits for the peer's FIN as well.
    assert asyncio.get_running_loop().time() - started < 8


@pytest.mark.parametrize("behaviour", [slams, closes, answers(closing=True)])
async def test_who_hangs_up_is_cut_and_never_refused(wire, target, peer, behaviour):
    it = await peer(behaviour)
    server, versions, weak = await three(wire, target, it.port)

    assert isinstance(server, HungUp)
    assert [t.answer for t in versions.trials] == [CUT] * 3
    assert {t.answer for t in weak.trials} == {CUT}


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-x\r\n",
        bytes(range(255, 0, -1)),
        b"\x16\x03\x03\xff\xff" + bytes(70),
        b"\x80\x2e\x04\x00\x01\x00\x02",
    ],
    ids=["http", "ssh", "bytes", "length", "ssl2"],
)
async def test_what_is_no_tls_is_unintelligible(wire, target, peer, data):
    it = await peer(answers(data))

    for found in await three(wire, target, it.port):
        assert isinstance(found, Unintelligible), found


ONLY_ALERTS = [
    (b"\x02\x28", "handshake_failure", REFUSED),
    (b"\x02\x46", "protocol_version", REFUSED),
    (b"\x02\x32", "decode_error", CUT),
    (b"\x02\x0a", "unexpected_message", CUT),
    (b"\x01\x00", "close_notify", CUT),
]


@pytest.mark.parametrize(("alert", "name", "answer"), ONLY_ALERTS)
async def test_a_peer_that_only_says_alerts_has_no_control_so_nothing_passes(
    wire, target, peer, alert, name, answer
):
    it = await peer(answers(record(21, alert)))
    server, versions, _ = await three(wire, target, it.port)

    assert [(t.answer, t.alert) for t in versions.trials] == [(answer, name)] * 3
    if isinstance(server, CollectError):
        assert isinstance(server, HungUp)
        return
    assert (server.completed, server.certificates) == (False, ())
    assert tls.control_of(server) is None
    alone = replace(versions, control=None)
    assert verdict(BY_ID["tls-protocol-current"], observed(alone)).outcome == "inconclusive"
    assert verdict(BY_ID["tls-client-cert-required"], observed(server)).outcome == "inconclusive"
    assert verdict(BY_ID["tls-cert-sound"], observed(server)).outcome == "inconclusive"


async def test_an_alert_in_pieces_is_still_no_completed_handshake(wire, target, peer):
    it = await peer(answers(record(21, b"\x02"), record(21, b"\x28"), after=0.01))
    server, versions, _ = await three(wire, target, it.port)

    assert isinstance(server, CollectError) or server.completed is False
    assert [t.alert for t in versions.trials] == ["handshake_failure"] * 3


@pytest.mark.parametrize(
    "behaviour",
    [
        endless,
        answers(HELLO + record(22, message(11, b"", size=1_000_000))),
        answers(HELLO + record(22, message(11, b"\0\x10\0\0\x0f\xfd" + bytes(90)))),
        answers(HELLO),
        answers(HELLO, closing=True),
        answers(HELLO + HELLO),
        answers(HELLO + record(22, message(14, b""))),
        answers(HELLO + record(20, b"\x01") + record(22, bytes(40))),
        answers(HELLO + record(22, message(0, b"")) * 3),
    ],
    ids=[
        "endless",
        "megabyte",
        "nested",
        "stops",
        "leaves",
        "twice",
        "no-certificate",
        "early-finish",
        "renegotiation",
    ],
)
async def test_half_a_handshake_is_no_handshake(wire, target, peer, gate, behaviour):
    it = await peer(behaviour)
    server = None
    with suppress(TimedOut, HungUp, Unintelligible):
        server = await tls.server(wire, target(it.port, "tls"), trust=Trust(sha256="0" * 64))
    if server is not None:
        assert server.completed is not True
        assert server.trust in (TlsTrust.UNPROVEN, TlsTrust.UNTRUSTED)
        assert tls.control_of(server) is None
        assert verdict(BY_ID["tls-cert-sound"], observed(server)).outcome != "pass"
    assert gate.refusals == []


async def test_a_record_drip_is_cut_off_before_it_costs_more_than_its_packets(
    wire, target, peer, gate
):
    it = await peer(answers(*(HELLO[n : n + 1] for n in range(len(HELLO))), after=0.002))
    with pytest.raises((Unintelligible, TimedOut)):
        await tls.server(replace(wire, packets=16), target(it.port, "tls"), trust=Trust())

    assert gate.packets <= 16 + 4


async def test_a_version_that_was_not_offered_is_unintelligible(wire, target, peer):
    it = await peer(answers(HELLO))
    _, versions, weak = await three(wire, target, it.port)

    assert isinstance(versions, Unintelligible)
    assert isinstance(weak, Unintelligible)


def chosen(version: int, suite: int) -> bytes:
    body = struct.pack(">H", version) + bytes(32) + b"\0" + struct.pack(">H", suite) + b"\0"
    return record(22, message(2, body), version)


def picks(*accepts: tuple[str, int]):
    """A server that accepts the first of these groups' suites it is offered, else refuses."""

    async def behaviour(reader, writer):
        hello = await reader.read(4096)
        size = int.from_bytes(hello[44:46], "big")
        offered = {int.from_bytes(hello[46 + n : 48 + n], "big") for n in range(0, size, 2)}
        it = next((suite for _, suite in accepts if suite in offered), None)
        writer.write(record(21, b"\x02\x28") if it is None else chosen(0x0303, it))
        await writer.drain()

    return behaviour


@pytest.mark.parametrize(
    ("group", "suite"),
    [("NULL", 0x0002), ("EXPORT", 0x0003), ("RC4", 0x0005), ("DES", 0x0009), ("3DES", 0x000A),
     ("anonymous", 0x0034)],
)  # fmt: skip
async def test_each_weak_group_is_found_alone_and_refused_beside(
    wire, target, peer, gate, group, suite
):
    it = await peer(picks((group, suite)))
    weak = await tls.weak_suites(wire, target(it.port, "tls"), control=TlsVersion.TLS12)

    assert {t.offered for t in weak.trials if t.answer is TlsAnswer.ACCEPTED} == {group}
    assert {t.answer for t in weak.trials if t.offered != group} == {REFUSED}
    assert len(weak.trials) == 6
    assert it.received[0][:1] == b"\x16"
    # The second connection was ended by a close_notify of ours on the first, not by a reset.
    assert b"\x15\x03\x03\x00\x02\x01\x00" in it.received
    assert [await it.ended.get() for _ in range(2)] == ["closed", "closed"]


async def test_more_than_two_weak_groups_cost_no_more_than_two(wire, target, peer):
    it = await peer(picks(("RC4", 0x0005), ("DES", 0x0009), ("3DES", 0x000A)))
    weak = await tls.weak_suites(wire, target(it.port, "tls"), control=TlsVersion.TLS12)

    assert [t.offered for t in weak.trials] == ["RC4", "DES"]
    assert len(it.sources) == 2


async def test_an_older_version_than_offered_counts_as_that_version(wire, target, peer):
    it = await peer(answers(chosen(0x0300, 0x002F)))
    versions = await tls.versions(wire, target(it.port, "tls"), control=TlsVersion.TLS12)

    assert {t.offered: t.answer for t in versions.trials}["SSL 3.0"] is TlsAnswer.ACCEPTED
    failing = verdict(BY_ID["tls-protocol-current"], observed(versions))
    assert failing.outcome == "fail"


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """A server's context: `make(chain=n, asks=True)`."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake")])
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    pem = own.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def make(*, times: int = 1, asks: bool = False, newest: bool = True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = folder / f"{times}.pem"
        file.write_bytes(secret + pem * times)
        context.load_cert_chain(file)
        if asks:
            context.load_verify_locations(cadata=pem.decode())
            context.verify_mode = ssl.CERT_OPTIONAL
        if not newest:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    return make


async def served(context, behaviour):
    return await asyncio.start_server(behaviour, "127.0.0.1", 0, ssl=context)


async def test_a_megabyte_of_certificates_is_cut(wire, target, contexts, gate):
    async def stays(reader, writer):
        await reader.read()
        writer.close()

    big = await served(contexts(times=2_500), stays)
    async with big:
        port = big.sockets[0].getsockname()[1]
        try:
            seen = await tls.server(wire, target(port, "tls"), trust=Trust())
        except Unintelligible:
            pass
        else:
            assert seen.completed is not True
            assert seen.certificates == ()
    assert gate.packets <= 60


@pytest.mark.parametrize("newest", [True, False])
async def test_who_shuts_the_door_behind_a_handshake_let_nobody_in(wire, target, contexts, newest):
    """As nginx's stream module does where a certificate is demanded: no alert, only the end."""

    async def leaves(reader, writer):
        writer.close()

    door = await served(contexts(asks=True, newest=newest), leaves)
    async with door:
        port = door.sockets[0].getsockname()[1]
        seen = await tls.server(wire, target(port, "tls"), trust=Trust())

    assert (seen.completed, seen.client_certificate, seen.without_certificate) == (None, True, CUT)
    assert verdict(BY_ID["tls-client-cert-required"], observed(seen)).outcome == "inconclusive"


async def test_on_hold_nothing_is_sent(wire, target, gate, closed_port):
    gate.denies = NotPermitted("x", "everything is on hold")

    for found in await three(wire, target, closed_port):
        assert isinstance(found, NotPermitted)
    assert gate.octets == 0


def test_the_private_name_of_ssl_is_there_and_shows_the_handshake_in_clear():
    assert hasattr(ssl.SSLContext, "_msg_callback")
    client = tls_openssl.Client()

    assert client.taken()[:6] == b"\x16\x03\x01" + client_size(client) + b"\x01"


def client_size(client) -> bytes:
    return (len(tls_openssl.Client().taken()) - 5).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("says", "computed"),
    [
        pytest.param(HELLO, 1, id="a ServerHello"),
        pytest.param(record(21, b"\x02\x46"), 0, id="an alert"),
        pytest.param(b"220 smtp\r\n", 0, id="no TLS"),
    ],
)
async def test_the_pace_is_told_of_each_handshake_the_server_computed(
    wire, target, peer, says, computed
):
    it = await peer(answers(says, closing=True))
    told = []

    found = await three(replace(wire, shook=told.append), target, it.port)

    # It fits none of the trials, which offer something else.
    assert len(found) == 3
    assert told == [target(it.port, "tls")] * computed
