"""
What may be said to a device: pure allow-lists, judged on the last clear form of each message.

Everything not named here is refused.  There is no message here that could change a device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Modbus Application Protocol V1.1b3.  17 (report server id) only where a device profile says so.
MODBUS_IDENTIFICATION = 0x2B
MODBUS_MEI_IDENTIFICATION = 0x0E
MODBUS_READ_CODES = (0x01, 0x02)
MODBUS_BROADCAST_UNIT = 0

# OPC 10000-4; the names are those of the request structures.
OPCUA_REQUESTS = frozenset(
    {
        "OpenSecureChannelRequest",
        "CloseSecureChannelRequest",
        "GetEndpointsRequest",
        "FindServersRequest",
        "CreateSessionRequest",
        "ActivateSessionRequest",
        "ReadRequest",
        "CloseSessionRequest",
    }
)

# RFC 3416: context tags of the PDU choice.
SNMP_GET = 0xA0
SNMP_GET_NEXT = 0xA1


def modbus(adu: bytes) -> str | None:
    """Why a Modbus TCP request may not be sent, or None when it may."""
    if len(adu) < 8 or adu[2:4] != b"\0\0" or int.from_bytes(adu[4:6], "big") != len(adu) - 6:
        return "it is not one whole Modbus TCP request"
    unit, function, rest = adu[6], adu[7], adu[8:]
    if unit == MODBUS_BROADCAST_UNIT:
        return "unit 0 is a broadcast"
    if function != MODBUS_IDENTIFICATION:
        return f"function {function} is not on the allow-list"
    if len(rest) != 3 or rest[0] != MODBUS_MEI_IDENTIFICATION or rest[1] not in MODBUS_READ_CODES:
        return "of function 43 only MEI 14 with read codes 01 and 02 is on the allow-list"
    return None


def opcua(request: str) -> str | None:
    """Why an OPC UA request structure may not be sent, or None when it may."""
    return None if request in OPCUA_REQUESTS else f"{request} is not on the allow-list"


def snmp(datagram: bytes) -> str | None:
    """
    Why an SNMP datagram may not be sent, or None when it may.

    Version 1 and 2c are judged by their PDU tag.  Version 3 hides its PDU; there the client has
    no SET to begin with, so only the version is judged here.
    """
    try:
        tag, message, after = element(datagram)
        if tag != 0x30 or after:
            return "it is not one SNMP message"
        tag, version, message = element(message)
        if tag != 0x02 or len(version) != 1:
            return "it carries no SNMP version"
        if version[0] == 3:
            return None
        if version[0] not in (0, 1):
            return f"version {version[0]} is not SNMP v1, v2c or v3"
        tag, _, message = element(message)
        pdu, _, after = element(message)
    except ValueError as error:
        return f"it cannot be read: {error}"
    if tag != 0x04 or after:
        return "it is not one SNMP message"
    if pdu not in (SNMP_GET, SNMP_GET_NEXT):
        return f"PDU tag {pdu:#04x} is not on the allow-list"
    return None


def element(data: bytes) -> tuple[int, bytes, bytes]:
    """One BER element: tag, content, what follows."""
    if len(data) < 2:
        raise ValueError("it ends too early")
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or len(data) < 2 + size:
            raise ValueError("a length is malformed")
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    if len(data) < start + length:
        raise ValueError("it ends too early")
    return tag, data[start : start + length], data[start + length :]


def nothing(_: bytes) -> str | None:
    """For ports that are only connected to."""
    return "this port is only connected to, never spoken to"


ON_THE_WIRE: Mapping[str, Callable[[bytes], str | None]] = {
    "modbus": modbus,
    "snmp": snmp,
    "tcp": nothing,
}
"""Judged byte by byte at the wire.  OPC UA is judged by request, before it is encrypted."""
