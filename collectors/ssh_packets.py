"""
SSH's binary packets before encryption (RFC 4251, 5; RFC 4253, 6 and 7.1): pure.

Every reader raises `ValueError` for what does not add up to the last octet.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from collectors.allowed import ssh as allowed

MOST_PACKET = 35_000
MOST_NAMES = 256
MOST_NAME = 64
_BLOCK = 8


class Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise ValueError(f"{size} octets are announced, {len(found)} are there")
        self._at += size
        return found

    def end(self) -> None:
        if left := len(self._data) - self._at:
            raise ValueError(f"{left} octets are left over")

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.uint32())

    def mpint(self) -> int:
        return int.from_bytes(self.string(), "big", signed=True)

    def names(self) -> tuple[str, ...]:
        text = self.string().decode("ascii")
        names = tuple(text.split(",")) if text else ()
        if len(names) > MOST_NAMES:
            raise ValueError(f"a list has {len(names)} names, where {MOST_NAMES} are plenty")
        for name in names:
            if not 1 <= len(name) <= MOST_NAME or not name.isprintable() or " " in name:
                raise ValueError(f"{name[:80]!r} is no name of an algorithm")
        return names


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    """A number above zero."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def packet(payload: bytes) -> bytes:
    padding = _BLOCK - (len(payload) + 5) % _BLOCK
    if padding < 4:
        padding += _BLOCK
    length = len(payload) + padding + 1
    return length.to_bytes(4, "big") + bytes([padding]) + payload + secrets.token_bytes(padding)


def length_of(head: bytes) -> int:
    """Octets that follow the four of a packet's length."""
    length = int.from_bytes(head, "big")
    if not 12 <= length <= MOST_PACKET or (length + 4) % _BLOCK:
        raise ValueError(f"a packet is said to be {length} octets long")
    return length


def payload_of(body: bytes) -> bytes:
    """The payload of a packet without its length."""
    padding = body[0]
    if not 4 <= padding <= len(body) - 2:
        raise ValueError(f"a packet of {len(body)} octets has {padding} of padding")
    return body[1 : len(body) - padding]


@dataclass(frozen=True)
class KexInit:
    """RFC 4253, 7.1; `follows`: a guessed packet comes next."""

    key_exchange: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[tuple[str, ...], tuple[str, ...]]
    """To the server, to the client; the same for the two below."""
    macs: tuple[tuple[str, ...], tuple[str, ...]]
    compression: tuple[tuple[str, ...], tuple[str, ...]]
    follows: bool


def kexinit(payload: bytes) -> KexInit:
    reader = Reader(payload[1:])
    reader.take(allowed.COOKIE)
    exchange, keys, *rest = [reader.names() for _ in range(len(allowed.LISTS))]
    follows = reader.take(1) != b"\0"
    reader.uint32()
    reader.end()
    if not exchange or not keys:
        raise ValueError("its list of key exchanges or of host keys is empty")
    return KexInit(
        exchange, keys, (rest[0], rest[1]), (rest[2], rest[3]), (rest[4], rest[5]), follows
    )


def our_kexinit() -> bytes:
    """The payload."""
    return bytes([allowed.KEXINIT]) + secrets.token_bytes(allowed.COOKIE) + allowed.kexinit_tail()


def goodbye() -> bytes:
    """The payload of our DISCONNECT."""
    return (
        bytes([allowed.DISCONNECT])
        + allowed.BY_APPLICATION.to_bytes(4, "big")
        + string(b"upheld looks and never logs in")
        + string(b"")
    )
