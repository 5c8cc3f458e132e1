"""As much of BER as SNMP needs."""

from __future__ import annotations

from collections.abc import Iterable

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER, TICKS = 0x41, 0x43

Oid = tuple[int, ...]


def element(tag: int, content: bytes) -> bytes:
    """One element with a definite length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    return element(OCTETS, value)


def sequence(parts: Iterable[bytes], tag: int = SEQUENCE) -> bytes:
    return element(tag, b"".join(parts))


def oid(value: Oid) -> bytes:
    content = bytearray((value[0] * 40 + value[1],))
    for part in value[2:]:
        septets = [part & 0x7F]
        while part := part >> 7:
            septets.append(0x80 | (part & 0x7F))
        content += bytes(reversed(septets))
    return element(OID, bytes(content))


def read(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, what follows.  Raises `ValueError` for what is cut or malformed."""
    if len(data) < 2:
        raise ValueError("an element is cut")
    tag, size, start = data[0], data[1], 2
    if size & 0x80:
        start += size & 0x7F
        if not 3 <= start <= 6:
            raise ValueError("a length is malformed")
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        raise ValueError("an element is cut")
    return tag, data[start : start + size], data[start + size :]


def expect(data: bytes, wanted: int) -> tuple[bytes, bytes]:
    """Content and rest of an element of this tag.  Raises `ValueError` for another."""
    tag, content, rest = read(data)
    if tag != wanted:
        raise ValueError(f"tag {tag:#x} where {wanted:#x} is due")
    return content, rest


def to_int(content: bytes) -> int:
    return int.from_bytes(content, "big", signed=True)


def to_oid(content: bytes) -> Oid:
    """Raises `ValueError` when it is empty."""
    if not content:
        raise ValueError("an object identifier is empty")
    parts, value = [min(content[0] // 40, 2)], 0
    parts.append(content[0] - 40 * parts[0])
    for octet in content[1:]:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            parts.append(value)
            value = 0
    return tuple(parts)
