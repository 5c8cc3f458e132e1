"""MQTT: one CONNECT without anybody's name; mosquitto open and closed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checks import BY_ID
from checks.facts.greetings import MqttAnonymous
from collectors import mqtt_broker
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.allowed import mqtt as allowed
from collectors.errors import Filtered, HungUp, Refused, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.checks.given import observed, told, verdict
from tests.devices.processes import free_port, running

CHECK = BY_ID["mqtt-broker-protected"]
NAME = b"upheld-probe-0123456789"
PEM = Encoding.PEM


def answering(data: bytes, *, then_close: bool = False):
    async def behave(reader, writer):
        await reader.read()
        writer.write(data)
        if then_close:
            await writer.drain()
            writer.close()

    return behave


@pytest.fixture
async def of(peer, wire, target):
    async def put(behave):
        put.peer = await peer(behave)
        return await mqtt_broker.anonymous(wire, target(put.peer.port, "mqtt"))

    return put


@pytest.mark.parametrize(
    ("code", "accepted"), [(0, True), (1, None), (2, None), (3, None), (4, False), (5, False)]
)
async def test_only_a_code_about_who_we_are_is_a_refusal(of, code, accepted):
    seen = await of(answering(bytes((0x20, 2, 0, code))))

    assert seen == MqttAnonymous("3.1.1", code, accepted, tls=False)
    assert await of.peer.ended.get() == "closed"
    connect, rest = of.peer.received[0], b"".join(of.peer.received[1:])
    assert connect[:12] == b"\x10\x23\0\4MQTT\4\2\0\x1e"
    assert connect[14:27] == b"upheld-probe-"
    assert rest == (allowed.DISCONNECT if accepted else b"")


async def test_no_two_visits_have_the_same_name(of):
    names = set()
    for _ in range(3):
        await of(answering(b"\x20\2\0\0"))
        names.add(of.peer.received[0][14:])

    assert len(names) == 3


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", TimedOut),
        (b"\x20\2\0", TimedOut),
        (b"\x20\2\1\0", Unintelligible),
        (b"\x20\2\0\6", Unintelligible),
        (b"\x20\2\0\x87", Unintelligible),
        (b"\x20\3\0\x87\0", Unintelligible),
        (b"\x20\x80\2\0", Unintelligible),
        (b"\x30\2\0\5", Unintelligible),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unintelligible),
        (b"\x15\x03\x01\0\2\2\x28", Unintelligible),
        (b"\0" * 1_000_000, Unintelligible),
    ],
)
async def test_what_is_no_connack_is_no_refusal(of, said, error):
    with pytest.raises(error):
        await of(answering(said))


@pytest.mark.parametrize("said", [b"", b"\x20", b"\x20\2\0"])
async def test_a_slammed_door_is_no_refusal(of, said):
    with pytest.raises(HungUp):
        await of(answering(said, then_close=True))


async def test_a_drip_ends_with_the_deadline(of):
    async def drip(reader, writer):
        for octet in b"\x20\2\0\5":
            await asyncio.sleep(0.2)
            writer.write(bytes([octet]))

    with pytest.raises(TimedOut):
        await of(drip)


async def test_closed_and_dropped_ports_are_told_apart(wire, target, closed_port, dropping_port):
    with pytest.raises(Refused):
        await mqtt_broker.anonymous(wire, target(closed_port, "mqtt"))
    with pytest.raises(Filtered):
        await mqtt_broker.anonymous(wire, target(dropping_port, "mqtt"))


def judge(message: bytes) -> str | None:
    return ON_THE_WIRE["mqtt"](Permissions(), message)


def test_of_all_packet_types_and_flags_two_may_be_sent():
    body = allowed.connect(NAME)[2:]
    whole = {first for first in range(256) if judge(bytes((first, len(body))) + body) is None}
    empty = {first for first in range(256) if judge(bytes((first, 0))) is None}

    assert (whole, empty) == ({0x10}, {0xE0})


def test_every_change_of_one_octet_of_our_connect_but_in_its_random_name_is_refused():
    whole = allowed.connect(NAME)

    assert judge(whole) is None
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :]
        assert judge(changed) is not None, at
    for flags in set(range(256)) - {2}:
        assert judge(whole[:9] + bytes([flags]) + whole[10:]) is not None, flags


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x10",
        allowed.connect(NAME) + b"\0",
        allowed.connect(NAME)[:-1],
        allowed.connect(NAME) + allowed.DISCONNECT,
        allowed.connect(NAME + b"x"),
        allowed.connect(b"upheld-probe-ABCDEFGHIJ"),
        allowed.connect(b"scada"),
        allowed.connect(b""),
        b"\x82\x06\0\1\0\1#\0",
        b"\x30\x05\0\3a/bx",
    ],
)
def test_every_other_packet_is_refused(message):
    assert judge(message) is not None


@pytest.mark.parametrize(
    ("open_", "code", "outcome"),
    [("true", 0, "fail"), ("false", 5, "pass")],
    ids=["open", "closed"],
)
async def test_mosquitto_open_and_closed(tmp_path, gate, target, open_, code, outcome):
    wire = Wire(gate, connect=2, whole=10)
    async with broker(tmp_path, f"allow_anonymous {open_}\n") as (port, log):
        seen = await mqtt_broker.anonymous(wire, target(port, "mqtt"))
        said = await log.until("disconnected" if code == 0 else "not authorised")

    assert seen.code == code
    assert told(verdict(CHECK, observed(seen)))[0] == outcome
    assert gate.packets <= 7
    assert "SUBSCRIBE" not in said
    assert "PUBLISH" not in said


@pytest.fixture
def identity(tmp_path):
    """Key and certificate of a broker, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    (tmp_path / "cert").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(PEM))
    (tmp_path / "key").write_bytes(key.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"certfile {tmp_path}/cert\nkeyfile {tmp_path}/key\n"


@pytest.mark.parametrize(
    ("more", "code"),
    [("allow_anonymous true\n", 0), ("allow_anonymous false\n", 5)],
    ids=["open", "closed"],
)
async def test_mosquitto_over_tls(tmp_path, gate, target, identity, more, code):
    async with broker(tmp_path, identity + more) as (port, log):
        seen = await mqtt_broker.anonymous(Wire(gate, connect=2, whole=10), target(port, "mqtts"))
        await log.until("disconnected" if code == 0 else "not authorised")

    assert seen == MqttAnonymous("3.1.1", code, code == 0, tls=True)
    assert gate.refusals == []
    assert gate.packets <= 14


async def test_a_broker_that_wants_a_certificate_first_is_no_refusal_of_the_anonymous(
    tmp_path, gate, target, identity
):
    more = f"cafile {tmp_path}/cert\nrequire_certificate true\nallow_anonymous true\n"
    async with broker(tmp_path, identity + more) as (port, _):
        with pytest.raises((Unintelligible, HungUp)):
            await mqtt_broker.anonymous(Wire(gate, connect=2, whole=10), target(port, "mqtts"))


async def test_a_broker_without_tls_on_its_port_is_unintelligible(peer, wire, target):
    it = await peer(answering(b"\x20\2\0\5"))

    with pytest.raises((Unintelligible, TimedOut)):
        await mqtt_broker.anonymous(wire, target(it.port, "mqtts"))


@contextlib.asynccontextmanager
async def broker(tmp_path, more: str):
    port, config = free_port(), tmp_path / "mosquitto.conf"
    # Started by root it would become somebody who may not read the test's files.
    head = f"user root\nlistener {port} 127.0.0.1\nlog_dest stderr\nlog_type all\n"
    config.write_text(head + more)
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin") or ""
    async with running([program, "-c", str(config)], port=port, cwd=tmp_path) as log:
        yield port, log
