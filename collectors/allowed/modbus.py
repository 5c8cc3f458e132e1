"""
What may be said over Modbus TCP (Modbus Application Protocol V1.1b3), per ADU: pure.

43/14 with read codes 01 and 02; 1 to 4 on declared data; 17 where a device profile asks for it.
Unit 0 is a broadcast, so it is refused before anything else is looked at.
"""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

BROADCAST_UNIT = 0
REPORT_SERVER_ID = 0x11
ENCAPSULATED = 0x2B
MEI_IDENTIFICATION = 0x0E
READ_CODES = (0x01, 0x02)
LAST_REGULAR_OBJECT = 0x7F

# Function: table, most values in one answer (6.1 to 6.4).
READS = {
    0x01: ("coil", 2000),
    0x02: ("discrete", 2000),
    0x03: ("holding", 125),
    0x04: ("input", 125),
}


def judge(permits: Permissions, adu: bytes) -> str | None:
    """Why a request may not be sent, or None when it may."""
    if len(adu) < 8 or adu[2:4] != b"\0\0" or int.from_bytes(adu[4:6], "big") != len(adu) - 6:
        return "it is not one whole Modbus TCP request"
    unit, function, rest = adu[6], adu[7], adu[8:]
    if unit == BROADCAST_UNIT:
        return "unit 0 is a broadcast"
    if unit != permits.unit:
        return f"unit {unit} is not declared"
    if function in READS:
        return _read(permits, function, rest)
    if function == ENCAPSULATED:
        return _identification(rest)
    if function == REPORT_SERVER_ID and permits.report_server_id:
        return None if not rest else "function 17 carries nothing"
    return f"function {function} is not on the allow-list"


def _identification(rest: bytes) -> str | None:
    if len(rest) != 3 or rest[0] != MEI_IDENTIFICATION or rest[1] not in READ_CODES:
        return "of function 43 only MEI 14 with read codes 01 and 02 is on the allow-list"
    if rest[2] > LAST_REGULAR_OBJECT:
        return f"object {rest[2]} belongs to neither read code"
    return None


def _read(permits: Permissions, function: int, rest: bytes) -> str | None:
    if len(rest) != 4:
        return f"function {function} carries an address and a count"
    table, most = READS[function]
    address, count = int.from_bytes(rest[:2], "big"), int.from_bytes(rest[2:], "big")
    if not 1 <= count <= most or address + count > 0x10000:
        return f"{count} values from {table} {address} are no one read"
    for span in permits.registers:
        first, end = span.address, span.address + span.count
        if span.table == table and first <= address and address + count <= end:
            return None
    return f"{table} {address}, {count} values, is not declared"
