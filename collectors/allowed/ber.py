"""BER elements, as SNMP uses them: pure."""

from __future__ import annotations


def element(data: bytes) -> tuple[int, bytes, bytes]:
    """One BER element: tag, content, what follows.  Raises `ValueError`."""
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


def elements(content: bytes) -> list[tuple[int, bytes]]:
    """
    All elements of a content, their lengths in the shortest form.  Raises `ValueError`.

    Two readers can disagree about odd forms of a length, and what we send has none.
    """
    found = []
    while content:
        tag, value, after = element(content)
        size = len(value)
        shortest = 2 if size < 0x80 else 2 + (size.bit_length() + 7) // 8
        if len(content) - len(after) - size != shortest:
            raise ValueError("a length is not in its shortest form")
        found.append((tag, value))
        content = after
    return found
