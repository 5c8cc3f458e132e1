"""
What may be said over SNMP, per datagram: pure.

Get and GetNext; GetBulk of at most 20 rows where the target permits it.  Values are always empty.
Version 3 shows its PDU only without privacy, and then it is judged like the others; with privacy
the envelope is judged here, and that it cannot hold a SET is a matter of the client, which has none.
"""

from __future__ import annotations

from itertools import pairwise

from collectors.allowed.ber import elements
from collectors.allowed.permissions import Permissions

# RFC 3416: context tags of the PDU choice.
GET, GET_NEXT, GET_BULK = 0xA0, 0xA1, 0xA5
MOST_NAMES = 10
MOST_REPETITIONS = 20
MOST_OCTETS = 1472

_INTEGER, _OCTETS, _NULL, _OID, _SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
_V1, _V2C, _V3 = 0, 1, 3
# RFC 3412, 6.4 and 6.5.
_AUTH, _PRIV, _REPORTABLE = 1, 2, 4
_USM = 3


def judge(permits: Permissions, datagram: bytes) -> str | None:
    """Why a datagram may not be sent, or None when it may."""
    if len(datagram) > MOST_OCTETS:
        return f"{len(datagram)} octets are more than one datagram"
    try:
        return _message(permits, datagram)
    except ValueError as error:
        return f"it cannot be read: {error}"


def _message(permits: Permissions, datagram: bytes) -> str | None:
    message = elements(_one(elements(datagram), _SEQUENCE))
    version = _integer(message[0]) if message else None
    if version == _V3:
        return _version3(permits, message[1:])
    if version not in (_V1, _V2C):
        return f"version {version} is not SNMP v1, v2c or v3"
    if len(message) != 3 or message[1][0] != _OCTETS:
        return "it is not one SNMP message"
    return _pdu(permits, message[2], bulk=version == _V2C)


def _version3(permits: Permissions, message: list[tuple[int, bytes]]) -> str | None:
    if [tag for tag, _ in message[:2]] != [_SEQUENCE, _OCTETS] or len(message) != 3:
        return "it is not one SNMPv3 message"
    header = elements(message[0][1])
    if [tag for tag, _ in header] != [_INTEGER, _INTEGER, _OCTETS, _INTEGER]:
        return "its SNMPv3 header is malformed"
    identifier, size = _integer(header[0]), _integer(header[1])
    flags = header[2][1]
    if identifier < 0 or size < 484 or len(flags) != 1 or _integer(header[3]) != _USM:
        return "its SNMPv3 header is malformed"
    if flags[0] & ~_REPORTABLE not in (0, _AUTH, _AUTH | _PRIV):
        return f"message flags {flags[0]:#04x} are no security level"
    security = elements(_one(elements(message[1][1]), _SEQUENCE))
    if [tag for tag, _ in security] != [_OCTETS, _INTEGER, _INTEGER] + [_OCTETS] * 3:
        return "its SNMPv3 security parameters are malformed"
    if min(_integer(security[1]), _integer(security[2])) < 0:
        return "its SNMPv3 security parameters are malformed"
    tag, data = message[2]
    if flags[0] & _PRIV:
        return None if tag == _OCTETS and data else "its data are not encrypted, as its flags say"
    scoped = elements(data) if tag == _SEQUENCE else []
    if [tag for tag, _ in scoped[:2]] != [_OCTETS, _OCTETS] or len(scoped) != 3:
        return "its SNMPv3 data are malformed"
    return _pdu(permits, scoped[2], bulk=True)


def _pdu(permits: Permissions, pdu: tuple[int, bytes], *, bulk: bool) -> str | None:
    tag, content = pdu
    if tag not in (GET, GET_NEXT) and not (tag == GET_BULK and bulk and permits.bulk):
        return f"PDU tag {tag:#04x} is not on the allow-list"
    parts = elements(content)
    if len(parts) != 4 or parts[3][0] != _SEQUENCE:
        return "its PDU is malformed"
    _integer(parts[0])
    second, third = _integer(parts[1]), _integer(parts[2])
    if tag == GET_BULK:
        if second != 0 or not 1 <= third <= MOST_REPETITIONS:
            return f"GetBulk of {third} repetitions after {second} is not on the allow-list"
    elif second or third:
        return "a question has no error status"
    return _names(parts[3][1])


def _names(content: bytes) -> str | None:
    names = elements(content)
    if len(names) > MOST_NAMES:
        return f"{len(names)} names are too many for one question"
    for tag, name in names:
        if tag != _SEQUENCE:
            return "its list of names is malformed"
        pair = elements(name)
        if len(pair) != 2 or pair[1] != (_NULL, b"") or not _is_oid(*pair[0]):
            return "a question holds names and no values"
    return None


def _is_oid(tag: int, content: bytes) -> bool:
    """X.690, 8.19: every number ends, and none begins with an empty septet."""
    if tag != _OID or not content or content[-1] & 0x80 or content[0] == 0x80:
        return False
    return all(before & 0x80 or after != 0x80 for before, after in pairwise(content))


def _one(found: list[tuple[int, bytes]], tag: int) -> bytes:
    if len(found) != 1 or found[0][0] != tag:
        raise ValueError("it is not one SNMP message")
    return found[0][1]


def _integer(part: tuple[int, bytes]) -> int:
    tag, content = part
    if tag != _INTEGER or not 1 <= len(content) <= 4:
        raise ValueError("a number is malformed")
    return int.from_bytes(content, "big", signed=True)
