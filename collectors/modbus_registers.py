"""
Read the Modbus data the inventory declares, nothing beside it.

On the wire: one TCP connection; functions 1 to 4, one request for each declared range in the
declared order; then a clean close.  Nothing is written, no address that is not declared is read,
unit 0 (broadcast) is never addressed.
"""

from __future__ import annotations

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from checks.facts.modbus import ModbusRegisters, RegisterRead
from collectors.allowed import Span
from collectors.errors import Busy, CollectError, NotPermitted, Unintelligible
from collectors.modbus import NOT_SUPPORTED, OVERLOADED, exchange, new_transaction
from collectors.wire import Target, Wire

FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
_REQUESTS: dict[str, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
_DEVICE_FAILURE = 0x04


async def registers(wire: Wire, target: Target) -> ModbusRegisters:
    """
    Every range `target.permits` declares; one the device refuses keeps its exception.

    Raises `CollectError`: `NotPermitted` where none is declared, `Busy` for exceptions 05, 06, 0A
    and 0B, `Unintelligible` for what does not add up, and what `Wire.stream` raises.
    """
    spans, unit = target.permits.registers, target.permits.unit
    if not spans or unit is None:
        raise NotPermitted(target, "the inventory declares no data of it")
    doing = "connecting"
    try:
        async with wire.stream(target) as stream:
            reads = []
            for span in spans:
                doing = f"reading {span.table} {span.address}"
                request = _REQUESTS[span.table](
                    address=span.address,
                    count=span.count,
                    dev_id=unit,
                    transaction_id=new_transaction(),
                )
                reads.append(_read(target, span, await exchange(stream, target, request)))
            return ModbusRegisters(unit, tuple(reads))
    except CollectError as error:
        raise error.retold(doing) from error.__cause__


def _read(target: Target, span: Span, pdu: bytes) -> RegisterRead:
    function = FUNCTIONS[span.table]
    if pdu[0] == function | 0x80:
        return _refused(target, span, pdu)
    bits = function <= 2
    size = (span.count + 7) // 8 if bits else 2 * span.count
    if pdu[:2] != bytes((function, size)) or len(pdu) != 2 + size:
        raise Unintelligible(
            target, f"the answer {pdu[:4].hex(' ')} of {len(pdu)} bytes is not one to our question"
        )
    data = pdu[2:]
    if not bits:
        values = tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, size, 2))
        return RegisterRead(span.table, span.address, values)
    number = int.from_bytes(data, "little")
    if number >> span.count:
        # Modbus Application Protocol V1.1b3, 6.1: what is left of the last octet is zeros.
        raise Unintelligible(target, f"bits behind the {span.count} asked for are set")
    return RegisterRead(
        span.table, span.address, tuple(number >> at & 1 for at in range(span.count))
    )


def _refused(target: Target, span: Span, pdu: bytes) -> RegisterRead:
    if len(pdu) != 2:
        raise Unintelligible(target, f"an exception of {len(pdu)} bytes, where 2 are due")
    code = pdu[1]
    if code in OVERLOADED:
        raise Busy(target, f"exception {code:02X} ({OVERLOADED[code]})")
    if code not in NOT_SUPPORTED and code != _DEVICE_FAILURE:
        raise Unintelligible(target, f"exception {code:02X}")
    return RegisterRead(span.table, span.address, (), code)
