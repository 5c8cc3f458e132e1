"""Function 17, once and only where it is permitted; the device is the witness."""

from __future__ import annotations

import pytest
from pymodbus import ModbusDeviceIdentification
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from appliance.visit import questions as q
from checks.facts.modbus import ModbusServerId
from collectors import modbus_server_id
from collectors.allowed import Permissions
from collectors.errors import Busy, HungUp, NotPermitted, TimedOut, Unintelligible
from collectors.wire import Wire
from tests.collectors.test_modbus import frame
from tests.devices.libmodbus import libmodbus, missing

PERMITTED = Permissions(unit=1, report_server_id=True)
GOOD = b"\x11\x0a\xb4\xffLMB3.1.1"


@pytest.fixture
def of(peer, wire, target):
    """`await of(pdu)`: what a device answers; the requests stay in `of.asked`."""

    async def put(answer, permits=PERMITTED, octets=1):
        put.asked = []

        async def behave(reader, writer):
            while request := await reader.read():
                put.asked.append(request[6:])
                writer.write(frame(request, answer) if answer else b"")

        put.peer = await peer(behave)
        return await modbus_server_id.server_id(
            wire, target(put.peer.port, "modbus", permits=permits), id_octets=octets
        )

    return put


async def test_the_id_the_run_byte_and_the_text_are_told_apart(of):
    seen = await of(GOOD)

    assert seen == ModbusServerId(1, "b4", "LMB3.1.1", running=True)
    assert [request.hex(" ") for request in of.asked] == ["01 11"]
    assert await of.peer.ended.get() == "closed"


@pytest.mark.parametrize(
    ("answer", "octets", "seen"),
    [
        (b"\x11\x02\x01\x00", 1, ModbusServerId(1, "01", "", running=False)),
        (b"\x11\x02\x01\x07", 1, ModbusServerId(1, "01", "", None)),
        (b"\x11\x04\x01\x02\x03\xff", 3, ModbusServerId(1, "010203", "", running=True)),
        (b"\x11\x05\x01\xffA\x00B", 1, ModbusServerId(1, "01", "A", running=True)),
        (b"\x91\x01", 1, ModbusServerId(1, "", "", None, 1)),
        (b"\x91\x03", 1, ModbusServerId(1, "", "", None, 3)),
    ],
)
async def test_what_devices_answer(of, answer, octets, seen):
    assert await of(answer, octets=octets) == seen


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (b"\x11", Unintelligible),
        (b"\x11\x00", Unintelligible),
        (b"\x11\x01\x01", Unintelligible),
        (b"\x11\x03\x01\xff", Unintelligible),
        (b"\x11\x01\x01\xff", Unintelligible),
        (b"\x2b\x0e\x01\x01", Unintelligible),
        (b"\x91\x01\x01", Unintelligible),
        (b"\x91\x04", Unintelligible),
        (b"\x91\x06", Busy),
        (b"\x91\x0a", Busy),
        (b"", TimedOut),
    ],
)
async def test_what_does_not_add_up_is_no_fact(of, answer, family):
    with pytest.raises(family, match="while asking for its server id"):
        await of(answer)


async def test_half_an_answer_is_no_fact(peer, wire, target):
    async def behave(reader, writer):
        writer.write(frame(await reader.read(), GOOD)[:-3])
        writer.close()

    it = await peer(behave)
    with pytest.raises(HungUp):
        await modbus_server_id.server_id(
            wire, target(it.port, "modbus", permits=PERMITTED), id_octets=1
        )


@pytest.mark.parametrize("permits", [Permissions(unit=1), Permissions(report_server_id=True)])
async def test_nothing_is_sent_where_nothing_permits_it(wire, gate, target, closed_port, permits):
    with pytest.raises(NotPermitted, match="no device profile"):
        await modbus_server_id.server_id(
            wire, target(closed_port, "modbus", permits=permits), id_octets=1
        )

    assert gate.connects == []


async def test_a_broadcast_is_stopped_at_the_wire(of):
    with pytest.raises(NotPermitted, match="unit 0 is a broadcast"):
        await of(GOOD, permits=Permissions(unit=0, report_server_id=True))

    assert of.asked == []


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
async def test_libmodbus_says_what_it_is(gate, target):
    with libmodbus() as port:
        it = target(port, "modbus", permits=PERMITTED)
        wire = Wire(gate, connect=2, whole=10)
        seen = await modbus_server_id.server_id(wire, it, id_octets=1)

    # Its id is 180, and it adds its own name and version.
    assert (seen.id, seen.running, seen.exception) == ("b4", True, None)
    assert seen.text.startswith("LMB3")
    assert gate.packets <= q.MODBUS_SERVER_ID.packets - 9


async def test_other_peoples_server_and_the_bounds_of_the_question(gate, target):
    device = SimDevice(id=1, simdata=[SimData(0, values=0, datatype=DataType.REGISTERS, count=9)])
    # The library has one identity a process: whoever served before has left another one.
    named = ModbusDeviceIdentification(info_name={"VendorName": "Pymodbus"})
    server = ModbusTcpServer(device, identity=named, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        port = server.transport.sockets[0].getsockname()[1]
        it = target(port, "modbus", permits=PERMITTED)
        wire = Wire(gate, connect=2, whole=10)
        seen = await modbus_server_id.server_id(wire, it, id_octets=8)
    finally:
        await server.shutdown()

    assert bytes.fromhex(seen.id) == b"Pymodbus"
    assert gate.packets <= q.MODBUS_SERVER_ID.packets - 9
