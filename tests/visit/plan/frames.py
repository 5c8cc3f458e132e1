"""Packets and capture files, written octet by octet by hand."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path

from appliance.visit.plan.capture import NANOSECOND, Frame

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START = 1_800_000_000 * NANOSECOND
MACS = bytes.fromhex("020000000002020000000001")


def ethernet(kind: int, data: bytes, *, vlan: bool = False) -> bytes:
    tag = struct.pack("!HH", 0x8100, 7) if vlan else b""
    return MACS + tag + struct.pack("!H", kind) + data


def ip(source: str, target: str, protocol: int, data: bytes, *, fragment: int = 0) -> bytes:
    a, b = ip_address(source), ip_address(target)
    if a.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(data), protocol, 64) + a.packed + b.packed + data
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, fragment, 64, protocol, 0)
    return head + a.packed + b.packed + data


def kind_of(source: str) -> int:
    return 0x86DD if ":" in source else 0x0800


def tcp(source, sport, target, dport, flags, *, seq=0, payload=b"", at=0.0, keep=None) -> Frame:
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq, 0, 5 << 4, flags, 1024, 0, 0) + payload
    return frame(ethernet(kind_of(source), ip(source, target, 6, segment)), at, keep)


def udp(source, sport, target, dport, payload=b"", *, at=0.0) -> Frame:
    data = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    return frame(ethernet(kind_of(source), ip(source, target, 17, data)), at)


def icmp(source, target, kind, *, at=0.0) -> Frame:
    protocol = 58 if ":" in source else 1
    return frame(
        ethernet(kind_of(source), ip(source, target, protocol, bytes([kind] + [0] * 7))), at
    )


def arp(source: str, target: str, *, at=0.0) -> Frame:
    message = bytes.fromhex("0001080006040001") + MACS[:6] + ip_address(source).packed
    return frame(ethernet(0x0806, message + bytes(6) + ip_address(target).packed), at)


def frame(data: bytes, at: float = 0.0, keep: int | None = None) -> Frame:
    return Frame(START + int(at * NANOSECOND), 1, data[:keep] if keep else data, len(data))


def conversation(
    ours, sport, theirs, dport, requests, *, at=0.0, isn=1000, answer=b"ok", step=0.01
):
    """A healthy connection: opened, asked, answered, closed by both."""
    here, there = (ours, sport, theirs, dport), (theirs, dport, ours, sport)
    moments = (at + step * n for n in range(10_000))
    yield tcp(*here, SYN, seq=isn, at=next(moments))
    yield tcp(*there, SYN | ACK, seq=77, at=next(moments))
    seq = isn + 1
    yield tcp(*here, ACK, seq=seq, at=next(moments))
    for request in requests:
        yield tcp(*here, PSH | ACK, seq=seq, payload=request, at=next(moments))
        seq += len(request)
        yield tcp(*there, PSH | ACK, payload=answer, at=next(moments))
        yield tcp(*here, ACK, seq=seq, at=next(moments))
    yield tcp(*here, FIN | ACK, seq=seq, at=next(moments))
    yield tcp(*there, FIN | ACK, at=next(moments))
    yield tcp(*here, ACK, seq=seq + 1, at=next(moments))


def pcap(path: Path, frames, *, order="<", nano=False, link=1) -> Path:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = bytearray(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link))
    for f in frames:
        seconds, rest = divmod(f.at, NANOSECOND)
        part = rest if nano else rest // 1000
        out += struct.pack(order + "IIII", seconds, part, len(f.data), f.length) + f.data
    path.write_bytes(out)
    return path


def block(kind: int, body: bytes, order: str) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(path: Path, frames, *, order="<", simple=False, resolution=None, link=1) -> Path:
    out = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    options = b""
    if resolution is not None:
        options = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    out += block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)
    out += block(0x0BAD, b"a block nobody knows", order)
    for f in frames:
        if simple:
            out += block(3, struct.pack(order + "I", f.length) + f.data, order)
            continue
        ticks = f.at // 1000
        if resolution == 9:
            ticks = f.at
        elif resolution == 0x80 | 20:
            ticks = f.at * (1 << 20) // NANOSECOND
        head = struct.pack(
            order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(f.data), f.length
        )
        out += block(6, head + f.data, order)
    path.write_bytes(out)
    return path
