"""
A reader of packet captures: classic pcap and pcapng, without help from anybody.

A file that ends early, or in the middle of nonsense, gives what could be read and says what could
not; only a file that is no capture at all is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LONGEST = 16 * 1024 * 1024
NANOSECOND = 1_000_000_000

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED, _OBSOLETE = 0x0A0D0D0A, 1, 3, 6, 2


class NoCapture(Exception):
    """The file is no packet capture; the text says what it begins with."""


@dataclass(frozen=True)
class Frame:
    """One captured packet.  `at` is nanoseconds since 1970, `length` what it had on the wire."""

    at: int
    link: int
    data: bytes
    length: int


@dataclass
class Capture:
    """
    The packets of one file, in its order; iterate once.

    Afterwards `unreadable` counts what could not be read, and `why` says the first reason.
    """

    path: Path
    unreadable: int = 0
    why: str = ""
    _interfaces: list[tuple[int, int, int]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        """Raises `NoCapture`, and `OSError` for a file that cannot be opened."""
        with self.path.open("rb") as file:
            magic = file.read(4)
            if magic in _PCAP:
                yield from self._classic(file, *_PCAP[magic])
            elif magic == _PCAPNG:
                file.seek(0)
                yield from self._blocks(file)
            else:
                begins = f"it begins {magic.hex(' ')}" if magic else "it is empty"
                raise NoCapture(
                    f"{self.path}: {begins}; write a capture with tcpdump -s 0 -w FILE.pcap"
                )

    def _lost(self, why: str) -> None:
        self.unreadable += 1
        self.why = self.why or why

    def _classic(self, file: BinaryIO, order: str, unit: int) -> Iterator[Frame]:
        head = file.read(20)
        if len(head) < 20:
            raise NoCapture(f"{self.path}: it ends in its header")
        link = int(struct.unpack(order + "I", head[16:])[0]) & 0x0FFF_FFFF
        while head := file.read(16):
            if len(head) < 16:
                return self._lost("the file ends in the middle of a packet")
            seconds, part, kept, length = struct.unpack(order + "IIII", head)
            if kept > LONGEST:
                return self._lost(f"a packet claims {kept} bytes")
            data = file.read(kept)
            if len(data) < kept:
                return self._lost("the file ends in the middle of a packet")
            yield Frame(seconds * NANOSECOND + part * unit, link, data, length)
        return None

    def _blocks(self, file: BinaryIO) -> Iterator[Frame]:
        order = "<"
        while head := file.read(12):
            if len(head) < 12:
                return self._lost("the file ends in the middle of a block")
            if head[:4] == _PCAPNG:
                order = ">" if head[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
                self._interfaces = []
            kind, size = struct.unpack(order + "II", head[:8])
            if size < 12 or size % 4 or size > LONGEST:
                return self._lost(f"a block claims {size} bytes")
            rest = file.read(size - 12)
            if len(rest) < size - 12:
                return self._lost("the file ends in the middle of a block")
            # The last four octets repeat the size.
            yield from self._block(kind, (head[8:] + rest)[:-4], order)
        return None

    def _block(self, kind: int, body: bytes, order: str) -> Iterator[Frame]:
        try:
            if kind == _INTERFACE:
                self._interfaces.append(_interface(body, order))
            elif kind == _ENHANCED:
                yield self._enhanced(body, order)
            elif kind == _SIMPLE:
                yield self._simple(body, order)
            elif kind == _OBSOLETE:
                self._lost("packet blocks of the obsolete kind are not read")
        except (struct.error, IndexError):
            self._lost("a block does not add up")

    def _enhanced(self, body: bytes, order: str) -> Frame:
        number, high, low, kept, length = struct.unpack(order + "IIIII", body[:20])
        link, _, resolution = self._interfaces[number]
        if kept > len(body) - 20:
            raise IndexError
        ticks = high << 32 | low
        return Frame(_nanoseconds(ticks, resolution), link, body[20 : 20 + kept], length)

    def _simple(self, body: bytes, order: str) -> Frame:
        (length,) = struct.unpack(order + "I", body[:4])
        link, most, _ = self._interfaces[0]
        kept = min(length, most or length, len(body) - 4)
        # Simple blocks carry no time.
        return Frame(0, link, body[4 : 4 + kept], length)


def _interface(body: bytes, order: str) -> tuple[int, int, int]:
    """Link type, the most bytes kept of a packet (0: all), and the resolution of its times."""
    link, _, most = struct.unpack(order + "HHI", body[:8])
    resolution, rest = 6, body[8:]
    while len(rest) >= 4:
        code, size = struct.unpack(order + "HH", rest[:4])
        if code == 0:
            break
        if code == 9 and size:
            resolution = rest[4]
        rest = rest[4 + size + -size % 4 :]
    return link, most, resolution


def _nanoseconds(ticks: int, resolution: int) -> int:
    base = 2 if resolution & 0x80 else 10
    return int(ticks * NANOSECOND // base ** (resolution & 0x7F))
