"""Declared data and nothing beside it; the device is the witness."""

from __future__ import annotations

import pytest

from appliance.visit import questions as q
from checks.facts.modbus import ModbusRegisters, RegisterRead
from collectors import modbus_registers
from collectors.allowed import Permissions, Span
from collectors.errors import Busy, HungUp, NotPermitted, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.acceptance.peers import node
from tests.collectors.test_modbus import frame

SPANS = (Span("holding", 100), Span("input", 7, 2), Span("coil", 3, 10), Span("discrete", 0))
GOOD = {
    3: b"\x03\x02\x00\x02",
    4: b"\x04\x04\x00\x01\xff\xff",
    1: b"\x01\x02\x05\x02",
    2: b"\x02\x01\x00",
}


@pytest.fixture
def of(peer, wire, target):
    """`await of(answers)`: PDUs by function; the requests stay in `of.asked`."""

    async def put(answers, spans=SPANS, unit=1):
        put.asked = []

        async def behave(reader, writer):
            while request := await reader.read():
                put.asked.append(request[6:])
                answer = answers[request[7]]
                writer.write(frame(request, answer) if answer else b"")

        put.peer = await peer(behave)
        permits = Permissions(unit=unit, registers=spans)
        return await modbus_registers.registers(
            wire, target(put.peer.port, "modbus", permits=permits)
        )

    return put


async def test_each_declared_range_is_read_once_in_its_order(of):
    seen = await of(GOOD)

    assert seen == ModbusRegisters(
        1,
        (
            RegisterRead("holding", 100, (2,)),
            RegisterRead("input", 7, (1, 65535)),
            RegisterRead("coil", 3, (1, 0, 1, 0, 0, 0, 0, 0, 0, 1)),
            RegisterRead("discrete", 0, (0,)),
        ),
    )
    assert [request.hex(" ") for request in of.asked] == [
        "01 03 00 64 00 01",
        "01 04 00 07 00 02",
        "01 01 00 03 00 0a",
        "01 02 00 00 00 01",
    ]
    assert len(of.peer.sources) == 1
    assert await of.peer.ended.get() == "closed"


async def test_what_is_refused_keeps_its_exception_and_the_rest_is_read(of):
    seen = await of({**GOOD, 4: b"\x84\x02", 1: b"\x81\x04"})

    assert seen.reads[1] == RegisterRead("input", 7, (), 2)
    assert seen.reads[2] == RegisterRead("coil", 3, (), 4)
    assert seen.reads[3].values == (0,)


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (b"\x03\x02\x00", Unintelligible),
        (b"\x03\x02\x00\x02\x00", Unintelligible),
        (b"\x03\x04\x00\x02\x00\x02", Unintelligible),
        (b"\x04\x02\x00\x02", Unintelligible),
        (b"\x2b\x0e", Unintelligible),
        (b"\x83\x02\x00", Unintelligible),
        (b"\x83\x63", Unintelligible),
        (b"\x83\x06", Busy),
        (b"\x83\x0b", Busy),
        (b"", TimedOut),
    ],
)
async def test_what_does_not_add_up_is_no_fact(of, answer, family):
    with pytest.raises(family, match="reading holding 100"):
        await of({**GOOD, 3: answer})


async def test_bits_behind_those_asked_for_are_no_fact(of):
    with pytest.raises(Unintelligible, match="behind the 10 asked for"):
        await of({**GOOD, 1: b"\x01\x02\x05\x06"})


async def test_half_of_the_ranges_are_no_facts(peer, wire, target):
    async def behave(reader, writer):
        writer.write(frame(await reader.read(), GOOD[3]))
        await reader.read()
        writer.close()

    it = await peer(behave)
    permits = Permissions(unit=1, registers=SPANS)
    with pytest.raises(HungUp, match="reading input 7"):
        await modbus_registers.registers(wire, target(it.port, "modbus", permits=permits))


@pytest.mark.parametrize("unit", [0, None])
async def test_nothing_is_asked_of_a_broadcast_or_without_a_declaration(of, unit):
    with pytest.raises(NotPermitted):
        await of(GOOD, unit=unit)
    with pytest.raises(NotPermitted, match="declares no data"):
        await of(GOOD, spans=())


async def test_other_peoples_server_and_the_bounds_of_the_question(tmp_path, target, gate):
    spans = tuple(Span("holding", address) for address in range(12))
    with node("modbus", "mute", tmp_path) as port:
        it = target(port, "modbus", permits=Permissions(unit=1, registers=spans))
        seen = await modbus_registers.registers(Wire(gate, connect=2, whole=10), it)

    assert [read.values for read in seen.reads] == [(address,) for address in range(12)]
    assert gate.packets <= q.MODBUS_REGISTERS.packets - 3
