"""The octets servers sent in a capture: enough of pcap, pcapng, IP and TCP to replay them."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ETHERNET, RAW, COOKED, LOOP = 1, 101, 113, 0
# Where the network header begins, by link type.
STARTS = {ETHERNET: 14, RAW: 0, COOKED: 16, LOOP: 4}
TCP, UDP = 6, 17


def replies(path: Path, port: int, transport: int = TCP) -> list[bytes]:
    """
    What was sent from `port`, in the order captured, segments of one conversation after another.

    Retransmissions are left in: this is for servers that may say anything.
    """
    conversations: dict[tuple[bytes, int], list[bytes]] = defaultdict(list)
    for peer, source, target, payload in _segments(path, transport):
        if source == port and payload:
            conversations[peer, target].append(payload)
    return [part for parts in conversations.values() for part in parts]


def _segments(path: Path, transport: int) -> Iterator[tuple[bytes, int, int, bytes]]:
    for link, frame in _frames(path.read_bytes()):
        packet = frame[STARTS.get(link, len(frame)) :]
        if link == ETHERNET and frame[12:14] == b"\x81\0":
            packet = packet[4:]
        if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != transport:
            continue
        header, total = (packet[0] & 0x0F) * 4, int.from_bytes(packet[2:4], "big")
        segment = packet[header : total or len(packet)]
        if len(segment) < 8:
            continue
        source, target = struct.unpack_from(">HH", segment)
        if transport == UDP:
            yield packet[16:20], source, target, segment[8:]
        elif len(segment) >= 20:
            yield packet[16:20], source, target, segment[(segment[12] >> 4) * 4 :]


def _frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(data)
    else:
        yield from _pcap(data)


def _pcap(data: bytes) -> Iterator[tuple[int, bytes]]:
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link, at = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF, 24
    while at + 16 <= len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        yield link, data[at + 16 : at + 16 + size]
        at += 16 + size


def _pcapng(data: bytes) -> Iterator[tuple[int, bytes]]:
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    links: list[int] = []
    at = 0
    while at + 12 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12:
            return
        if kind == 1:
            links.append(struct.unpack_from(order + "H", data, at + 8)[0])
        if kind == 6 and links:
            interface, _, _, captured = struct.unpack_from(order + "IIII", data, at + 8)
            yield links[interface], data[at + 28 : at + 28 + captured]
        at += size
