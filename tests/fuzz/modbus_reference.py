"""Modbus requests decoded by pymodbus, and the same questions asked of what it found."""

from __future__ import annotations

import struct

from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest
from pymodbus.pdu.other_message import ReportDeviceIdRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from collectors.allowed import Permissions

TABLES = {
    ReadCoilsRequest: "coil",
    ReadDiscreteInputsRequest: "discrete",
    ReadHoldingRegistersRequest: "holding",
    ReadInputRegistersRequest: "input",
}
_DECODER = DecodePDU(True)


def allowed(permits: Permissions, data: bytes) -> bool:
    if len(data) < 8:
        return False
    _, protocol, length, unit = struct.unpack(">HHHB", data[:7])
    if protocol != 0 or length != len(data) - 6 or unit == 0 or unit != permits.unit:
        return False
    request = _DECODER.decode(data[7:])
    if request is None or bytes((request.function_code,)) + request.encode() != data[7:]:
        return False
    kind = type(request)
    if kind is ReadDeviceInformationRequest:
        return request.read_code in (1, 2)
    if kind is ReportDeviceIdRequest:
        return permits.report_server_id
    if kind not in TABLES:
        return False
    declared = {
        (span.table, address)
        for span in permits.registers
        for address in range(span.address, span.address + span.count)
    }
    asked = {(TABLES[kind], request.address + n) for n in range(request.count)}
    return bool(asked) and asked <= declared
