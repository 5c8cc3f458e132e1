"""The device is the witness: `asked` holds every request it saw."""

import asyncio
import csv
import struct
from pathlib import Path

import pytest

from checks.facts.modbus import ModbusIdentity
from collectors import modbus
from collectors.allowed import Permissions
from collectors.errors import (
    Busy,
    Filtered,
    HungUp,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
)

RECORDED = Path(__file__).parents[3] / "shared/data/modbus/fc43_device_identification.csv"
BASIC = {0: b"Acme", 1: b"RTU-9", 2: b"V1.2"}


def objects(texts: dict[int, bytes]) -> bytes:
    return b"".join(bytes((number, len(text))) + text for number, text in texts.items())


def listing(
    texts: dict[int, bytes], *, conformity: int = 1, more: int = 0, following: int = 0
) -> bytes:
    head = bytes((0x2B, 0x0E, 0x01, conformity, more, following, len(texts)))
    return head + objects(texts)


def frame(request: bytes, pdu: bytes, *, shift: int = 0, unit: int | None = None) -> bytes:
    """An answer to a request; `shift` moves the transaction, `unit` replaces the unit."""
    transaction = (struct.unpack(">H", request[:2])[0] + shift) & 0xFFFF
    return (
        struct.pack(">HHHB", transaction, 0, len(pdu) + 1, request[6] if unit is None else unit)
        + pdu
    )


@pytest.fixture
async def unit(peer, wire, target):
    """`await unit(answer)`: identify against a device whose answers `answer(request)` gives."""

    async def identify(answer, *, number: int = 1):
        async def behave(reader, writer):
            while request := await reader.read():
                device.asked.append(request)
                writer.write(answer(request))

        device = await peer(behave)
        device.asked = []
        identify.device = device
        declared = target(device.port, "modbus", permits=Permissions(unit=number))
        return await modbus.identity(wire, declared, unit=number)

    return identify


async def test_a_unit_that_identifies_itself_is_read_in_one_request(unit):
    seen = await unit(lambda request: frame(request, listing(BASIC)))

    assert seen == ModbusIdentity(1, True, None, 1, "Acme", "RTU-9", "V1.2")
    assert [r[2:] for r in unit.device.asked] == [bytes.fromhex("0000 0005 01 2b0e0100")]
    assert await unit.device.ended.get() == "closed"


async def test_more_follows_is_followed_from_the_object_named(unit):
    def answer(request):
        if request[10] == 0:
            return frame(request, listing({0: b"Acme", 1: b"RTU-9"}, more=0xFF, following=2))
        return frame(request, listing({2: b"V1.2"}))

    seen = await unit(answer)

    assert (seen.vendor, seen.product_code, seen.revision) == ("Acme", "RTU-9", "V1.2")
    assert [r[10] for r in unit.device.asked] == [0, 2]


async def test_personal_data_is_neither_kept_nor_asked_for(unit):
    texts = {**BASIC, 3: b"www.acme.example", 4: b"Remote unit", 5: b"9a", 6: b"J. Smit 06-1234"}

    seen = await unit(
        lambda request: frame(request, listing(texts, conformity=0x82, more=0xFF, following=7))
    )

    assert seen == ModbusIdentity(
        1, True, None, 0x82, "Acme", "RTU-9", "V1.2", "www.acme.example", "Remote unit", "9a"
    )
    assert len(unit.device.asked) == 1


async def test_more_that_begins_with_personal_data_is_not_fetched(unit):
    await unit(lambda request: frame(request, listing(BASIC, more=0xFF, following=6)))

    assert len(unit.device.asked) == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"CWS06        ", "CWS06"),
        (b"XN05  24VD ", "XN05  24VD"),
        (b"Flexim GmbH\0k\xff\0\0\x01\0\0", "Flexim GmbH"),
        (b"Productcode\0", "Productcode"),
        (b"Versi", "Versi"),
        (b"V1\x07.2\x1b[31m", "V1.2[31m"),
        (b"\0\0\0", ""),
        (b"M\xc3\xbcller", "Müller"),
        (b"M\xfcller", "Mller"),
        (b"", ""),
    ],
)
async def test_texts_are_cleaned_of_padding_and_memory(unit, sent, kept):
    seen = await unit(lambda request: frame(request, listing({**BASIC, 1: sent})))

    assert seen.product_code == kept


@pytest.mark.parametrize("code", [1, 2, 3])
async def test_a_unit_that_does_not_know_the_function_is_alive_and_unidentified(unit, code):
    seen = await unit(lambda request: frame(request, bytes((0xAB, code))))

    assert seen == ModbusIdentity(1, False, code)


@pytest.mark.parametrize("code", [5, 6, 0x0A, 0x0B])
async def test_a_busy_unit_or_gateway_is_left_alone(unit, code):
    with pytest.raises(Busy, match=f"exception {code:02X}"):
        await unit(lambda request: frame(request, bytes((0xAB, code))))


@pytest.mark.parametrize("code", [0, 4, 7, 8, 0x0C, 0xFF])
async def test_any_other_exception_is_no_fact(unit, code):
    with pytest.raises(Unintelligible, match=f"exception {code:02X}"):
        await unit(lambda request: frame(request, bytes((0xAB, code))))


async def test_an_exception_where_more_was_promised_is_no_fact(unit):
    def answer(request):
        if request[10] == 0:
            return frame(request, listing(BASIC, more=0xFF, following=3))
        return frame(request, bytes((0xAB, 2)))

    with pytest.raises(Unintelligible, match="more was to follow"):
        await unit(answer)


async def test_stale_frames_are_dropped_and_the_own_answer_taken(unit):
    late = listing({0: b"Other", 1: b"Wrong", 2: b"V0"})

    seen = await unit(
        lambda request: (
            frame(request, late, shift=-1)
            + frame(request, late, unit=100)
            + frame(request, bytes((0xAB, 0x0A)), shift=7, unit=0xDD)
            + frame(request, listing(BASIC))
        )
    )

    assert seen.vendor == "Acme"


async def test_a_stream_of_stale_frames_comes_to_an_end(unit):
    with pytest.raises(Unintelligible, match="none to our question"):
        await unit(lambda request: frame(request, listing(BASIC), shift=1) * 20)


async def test_the_answer_of_another_unit_alone_is_silence(unit):
    with pytest.raises(TimedOut):
        await unit(lambda request: frame(request, listing(BASIC), unit=2))


@pytest.mark.parametrize(
    "pdu",
    [
        listing(BASIC)[:-1],
        listing(BASIC) + b"\0",
        listing(BASIC)[:6] + b"\x04" + listing(BASIC)[7:],
        listing(BASIC)[:6] + b"\x02" + listing(BASIC)[7:],
        listing({}),
        listing(BASIC)[:6],
        listing(BASIC, more=0x01, following=3),
        listing(BASIC, more=0xFF, following=0),
        b"\x2b\x0e\x01\x01\0\0\x02" + objects({0: b"Acme"}) + objects({0: b"Evil"}),
        b"\x2b\x0d" + listing(BASIC)[2:],
        b"\x2b\x0e\x04" + listing(BASIC)[3:],
        b"\x03" + listing(BASIC)[1:],
        b"\xab\x01\x00",
        b"\xab",
        b"\x2b\x0e",
    ],
)
async def test_an_answer_that_does_not_add_up_is_no_fact(unit, pdu):
    with pytest.raises(Unintelligible):
        await unit(lambda request: frame(request, pdu))


async def test_two_texts_for_one_object_are_no_fact(unit):
    def answer(request):
        if request[10] == 0:
            return frame(request, listing(BASIC, more=0xFF, following=2))
        return frame(request, listing({2: b"V6.6"}))

    with pytest.raises(Unintelligible, match="two texts"):
        await unit(answer)


async def test_a_unit_that_never_finishes_is_no_fact(unit):
    def answer(request):
        following = request[10] + 1
        return frame(request, listing({request[10]: b"x"}, more=0xFF, following=min(following, 5)))

    with pytest.raises(Unintelligible):
        await unit(answer)
    assert len(unit.device.asked) <= modbus.MOST_ROUNDS


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes(300),
        b"\0\x01\0\0\xff\xff\x01" + bytes(100),
        b"\0\x01\0\0\0\x01\x01\x2b",
        b"\0\x01\0\x07\0\x05\x01\x2b\x0e\x01",
    ],
)
async def test_another_protocol_on_the_port_is_no_fact(unit, garbage):
    with pytest.raises(Unintelligible, match="not Modbus TCP"):
        await unit(lambda request: garbage)


async def test_a_banner_before_we_speak_is_no_fact_either(wire, peer, target):
    async def greet(reader, writer):
        writer.write(b"220 ftp ready, welcome\r\n")

    device = await peer(greet)
    with pytest.raises(Unintelligible):
        await modbus.identity(wire, target(device.port, "modbus"), unit=1)


async def test_silence_is_a_timeout(unit):
    with pytest.raises(TimedOut):
        await unit(lambda request: b"")


@pytest.mark.parametrize("cut", [1, 6, 8, 20])
async def test_half_an_answer_and_then_silence_is_a_timeout(unit, cut):
    with pytest.raises(TimedOut):
        await unit(lambda request: frame(request, listing(BASIC))[:cut])


async def test_half_an_answer_and_then_a_close_is_a_hang_up(wire, peer, target):
    async def half(reader, writer):
        writer.write(frame(await reader.read(), listing(BASIC))[:12])
        writer.close()

    device = await peer(half)
    with pytest.raises(HungUp, match="after 12 bytes of an answer"):
        await modbus.identity(wire, target(device.port, "modbus"), unit=1)


async def test_a_peer_that_closes_at_once_hung_up(wire, peer, target):
    async def close(reader, writer):
        writer.close()

    device = await peer(close)
    with pytest.raises(HungUp):
        await modbus.identity(wire, target(device.port, "modbus"), unit=1)


async def test_a_tarpit_that_drips_ends_at_the_deadline(wire, peer, target):
    async def drip(reader, writer):
        answer = frame(await reader.read(), listing(BASIC))
        for octet in answer:
            writer.write(bytes((octet,)))
            await asyncio.sleep(0.1)

    device = await peer(drip)
    with pytest.raises(TimedOut):
        await modbus.identity(wire, target(device.port, "modbus"), unit=1)


async def test_nobody_there_is_refused_or_filtered(wire, target, closed_port, dropping_port):
    with pytest.raises(Refused):
        await modbus.identity(wire, target(closed_port, "modbus"), unit=1)
    with pytest.raises(Filtered):
        await modbus.identity(wire, target(dropping_port, "modbus"), unit=1)


async def test_the_broadcast_unit_is_never_addressed(unit):
    with pytest.raises(NotPermitted, match="unit 0 is a broadcast"):
        await unit(lambda request: frame(request, listing(BASIC)), number=0)
    await unit.device.ended.get()
    assert unit.device.asked == []


async def test_pymodbus_own_server_is_understood(wire, target):
    from pymodbus import ModbusDeviceIdentification
    from pymodbus.datastore import ModbusDeviceContext, ModbusServerContext
    from pymodbus.server import ModbusTcpServer

    named = ModbusDeviceIdentification(
        info_name={
            "VendorName": "Acme",
            "ProductCode": "RTU-9",
            "MajorMinorRevision": "V1.2",
            "UserApplicationName": "J. Smit",
        }
    )
    server = ModbusTcpServer(
        ModbusServerContext(devices=ModbusDeviceContext()),
        identity=named,
        address=("127.0.0.1", 0),
    )
    await server.serve_forever(background=True)
    try:
        port = server.transport.sockets[0].getsockname()[1]
        declared = target(port, "modbus", permits=Permissions(unit=7))
        seen = await modbus.identity(wire, declared, unit=7)
    finally:
        await server.shutdown()

    assert seen == ModbusIdentity(7, True, None, 0x83, "Acme", "RTU-9", "V1.2")


@pytest.mark.skipif(not RECORDED.exists(), reason=f"{RECORDED.name} is not beside this clone")
async def test_every_recorded_device_comes_out_clean(unit):
    rows = [
        r
        for r in csv.DictReader(RECORDED.read_text(encoding="utf-8").splitlines())
        if r["conformity_level"]
    ]

    for row in rows:
        told = [row["vendor_name"], row["product_code"], row["revision"]]
        raw = [t.encode().replace(b"\\x00", b"\0") for t in told]
        seen = await unit(
            lambda request, raw=raw, row=row: frame(
                request,
                listing(dict(enumerate(raw)), conformity=int(row["conformity_level"], 16)),
            )
        )

        assert [seen.vendor, seen.product_code, seen.revision] == [
            t.split("\\x00")[0].strip() for t in told
        ]
        assert seen.conformity == int(row["conformity_level"], 16)
    assert rows
