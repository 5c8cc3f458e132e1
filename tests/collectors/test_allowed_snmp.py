"""Every SNMP tag in every version: exactly the allowed ones pass."""

from __future__ import annotations

import asyncio
import hashlib
import socket

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from gufo.snmp.aio import SnmpSession
from pyasn1.codec.ber import decoder
from pyasn1.type import univ

from collectors import snmp
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.credentials import SnmpUser
from collectors.wire import Target, Wire
from tests.devices.snmp_peers import OpenGate, peer, silent
from tests.devices.snmpd import snmpd
from tests.fuzz.requests import NAME, VALUE, pdu, tlv, version3
from tests.fuzz.snmp_reference import Message3, Scoped, Security, decoded

BARE, BULK = Permissions(), Permissions(bulk=True)
GET, GET_NEXT, GET_BULK = 0xA0, 0xA1, 0xA5


def message(version: int, asked: bytes) -> bytes:
    if version == 3:
        return version3(0, tlv(0x30, tlv(4, b"engine") + tlv(4, b"") + asked))
    return tlv(0x30, tlv(2, bytes((version,))) + tlv(4, b"public") + asked)


def passes(permits: Permissions, datagram: bytes) -> bool:
    return ON_THE_WIRE["snmp"](permits, datagram) is None


def tags(permits: Permissions, version: int) -> set[int]:
    shapes = [(b"\0", b"\0"), (b"\0", b"\x0a")]
    return {
        tag
        for tag in range(256)
        for second, third in shapes
        if passes(permits, message(version, pdu(tag, second, third)))
    }


@pytest.mark.parametrize("version", [0, 1, 3])
def test_of_all_tags_only_get_and_getnext_pass_by_themselves(version):
    assert tags(BARE, version) == {GET, GET_NEXT}


@pytest.mark.parametrize(("version", "bulk"), [(0, False), (1, True), (3, True)])
def test_getbulk_passes_where_permitted_and_not_in_version_1(version, bulk):
    assert (GET_BULK in tags(BULK, version)) is bulk
    assert tags(BULK, version) - {GET_BULK} == {GET, GET_NEXT}


def test_of_all_versions_only_three_exist():
    assert {v for v in range(256) if passes(BARE, message(v, pdu(GET)))} == {0, 1, 3}


def test_getbulk_asks_for_20_rows_at_most_and_repeats_all():
    most = {n for n in range(128) if passes(BULK, message(1, pdu(GET_BULK, b"\0", bytes((n,)))))}
    before = {n for n in range(128) if passes(BULK, message(1, pdu(GET_BULK, bytes((n,)), b"\1")))}

    assert (most, before) == (set(range(1, 21)), {0})


def test_a_question_carries_no_values_and_at_most_ten_names():
    assert not passes(BARE, message(1, pdu(GET, names=VALUE)))
    assert not passes(BARE, message(1, pdu(GET, names=NAME + VALUE)))
    assert [n for n in range(15) if passes(BARE, message(1, pdu(GET, names=NAME * n)))] == list(
        range(11)
    )


def test_of_all_message_flags_only_security_levels_pass():
    asked = tlv(0x30, tlv(4, b"engine") + tlv(4, b"") + pdu(GET))
    clear = {f for f in range(256) if passes(BARE, version3(f, asked))}
    hidden = {f for f in range(256) if passes(BARE, version3(f, tlv(4, b"x" * 16)))}

    assert (clear, hidden) == ({0, 1, 4, 5}, {3, 7})


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x30\x00",
        message(1, pdu(GET)) + b"\0",
        message(1, pdu(GET)) * 2,
        message(1, pdu(GET) + pdu(0xA3)),
        message(1, pdu(0xA3) + pdu(GET)),
        message(1, pdu(GET, b"\0", b"\1")),
        message(1, tlv(GET, pdu(0xA3))),
        message(1, b"\xa0\x80" + pdu(GET)[2:] + b"\0\0"),
        message(1, b"\xa0\x81" + pdu(GET)[1:]),
        message(1, pdu(GET, names=tlv(0x30, tlv(6, b"\x2b\x86") + b"\x05\x00"))),
        message(1, pdu(GET, names=tlv(0x30, tlv(6, b"") + b"\x05\x00"))),
        version3(3, b""),
        version3(3, tlv(4, b"")),
        version3(3, tlv(0x30, b"")),
    ],
)
def test_what_two_decoders_could_read_differently_does_not_pass(datagram):
    assert not passes(BULK, datagram)


async def test_what_version_3_hides_is_get_and_getnext():
    """Decrypted here with the known secrets, by other code than the client's."""
    user = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")
    with snmpd(users=[user]) as port:
        async with peer(lambda datagram: answered(port, datagram)) as between:
            target = Target("switch-1", "127.0.0.1", "udp", between.port, "snmp")
            await snmp.system(Wire(OpenGate()), target, credential=user)
            await snmp.refusals(Wire(OpenGate()), target, credential=user)
        spoken = between.heard

    hidden = [opened(data, user.priv_secret) for data in spoken]
    names = [scoped["pdu"].getName() for scoped in hidden if scoped is not None]
    values = [
        bytes(binding["value"])
        for scoped in hidden
        if scoped is not None
        for binding in scoped["pdu"].getComponent()["bindings"]
    ]

    assert set(names) == {"get", "getnext"}
    assert len(names) >= 8
    assert set(values) == {b"\x05\x00"}


def answered(port: int, datagram: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        asking.connect(("127.0.0.1", port))
        asking.send(datagram)
        return asking.recv(65_535)


async def test_the_client_writes_lengths_in_their_shortest_form_whatever_they_are():
    """The gate takes no other; here the client's own messages cross every step in length."""
    for size in range(1, 11):
        names = [f"1.3.6.1.4.1.{size}.{n}.{'4294967295.' * 6}0" for n in range(size)]
        async with peer(silent) as agent, Wire(OpenGate()).datagrams(at(agent.port)) as datagrams:
            session = SnmpSession("127.0.0.1", datagrams.relay(), community="c" * 12 * size)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await session.get_many(names)
            assert len(agent.heard) == 1
            assert datagrams.failure is None


def at(port: int) -> Target:
    return Target("switch-1", "127.0.0.1", "udp", port, "snmp")


def opened(data: bytes, secret: str):
    """The scoped PDU of an encrypted message, None for one in clear (RFC 3414, 3826, 7860)."""
    outside = decoded(data, Message3())
    if not bytes(outside["header"]["flags"])[0] & 2:
        return None
    security = decoded(bytes(outside["security"]), Security())
    engine = bytes(security["engine"])
    million = (secret.encode() * (1_048_576 // len(secret) + 1))[:1_048_576]
    master = hashlib.sha256(million).digest()
    key = hashlib.sha256(master + engine + master).digest()[:16]
    clock = int(security["boots"]).to_bytes(4, "big") + int(security["time"]).to_bytes(4, "big")
    start = clock + bytes(security["salt"])
    hidden = bytes(decoded(bytes(outside["data"]), univ.OctetString()))
    decryptor = Cipher(algorithms.AES(key), CFB(start)).decryptor()
    scoped, padding = decoder.decode(
        decryptor.update(hidden) + decryptor.finalize(), asn1Spec=Scoped()
    )
    assert len(padding) < 16
    return scoped
