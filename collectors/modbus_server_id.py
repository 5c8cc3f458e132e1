"""
Ask a Modbus unit for its server id and whether it runs.

On the wire: one TCP connection; function 17 once, without data; then a clean close.  It is sent
only where the device has named a family whose profile says that this is safe, and never because
another question failed.
"""

from __future__ import annotations

from pymodbus.pdu.other_message import ReportDeviceIdRequest

from checks.facts.modbus import ModbusServerId
from collectors.errors import Busy, CollectError, NotPermitted, Unintelligible
from collectors.modbus import NOT_SUPPORTED, OVERLOADED, clean, exchange, new_transaction
from collectors.wire import Target, Wire

_DOING = "asking for its server id"
_ANSWER, _EXCEPTION = 0x11, 0x91
_RUN = {0x00: False, 0xFF: True}


async def server_id(wire: Wire, target: Target, *, id_octets: int) -> ModbusServerId:
    """
    What the declared unit answers to function 17.

    How long the id is only its maker knows (Modbus Application Protocol V1.1b3, 6.13): `id_octets`
    of it stand before the run byte.  Raises `CollectError`: `NotPermitted` where nothing permits
    it, `Busy` for exceptions 05, 06, 0A and 0B, `Unintelligible` for what does not add up, and
    what `Wire.stream` raises.
    """
    unit = target.permits.unit
    if unit is None or not target.permits.report_server_id:
        raise NotPermitted(target, "no device profile says that function 17 is safe", _DOING)
    request = ReportDeviceIdRequest(dev_id=unit, transaction_id=new_transaction())
    try:
        async with wire.stream(target) as stream:
            return _read(target, unit, await exchange(stream, target, request), id_octets)
    except CollectError as error:
        raise error.retold(_DOING) from error.__cause__


def _read(target: Target, unit: int, pdu: bytes, id_octets: int) -> ModbusServerId:
    if pdu[0] == _EXCEPTION:
        return ModbusServerId(unit, "", "", None, _refused(target, pdu))
    if pdu[0] != _ANSWER or len(pdu) < 2 or pdu[1] != len(pdu) - 2:
        raise Unintelligible(
            target, f"the answer {pdu[:4].hex(' ')} of {len(pdu)} bytes is not one to our question"
        )
    told = pdu[2:]
    if len(told) <= id_octets:
        raise Unintelligible(
            target, f"{len(told)} bytes hold no id of {id_octets} and no run indicator"
        )
    return ModbusServerId(
        unit=unit,
        id=told[:id_octets].hex(),
        text=clean(told[id_octets + 1 :]),
        running=_RUN.get(told[id_octets]),
    )


def _refused(target: Target, pdu: bytes) -> int:
    if len(pdu) != 2:
        raise Unintelligible(target, f"an exception of {len(pdu)} bytes, where 2 are due")
    code = pdu[1]
    if code in OVERLOADED:
        raise Busy(target, f"exception {code:02X} ({OVERLOADED[code]})")
    if code not in NOT_SUPPORTED:
        raise Unintelligible(target, f"exception {code:02X}")
    return code
