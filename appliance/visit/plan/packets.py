"""From a captured frame to addresses, ports, flags and payload; only as far as needed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from appliance.visit.plan.capture import Frame

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

_ETHERNET, _RAW, _SLL, _SLL2, _NULL = 1, (12, 14, 101), 113, 276, (0, 108)
_VLAN = (0x8100, 0x88A8, 0x9100)
_IP4, _IP6, _ARP = 0x0800, 0x86DD, 0x0806
# Hop-by-hop, routing, destination options; a fragment header is handled apart.
_EXTENSIONS, _FRAGMENT = (0, 43, 60), 44


@dataclass(frozen=True)
class Packet:
    """
    One IP packet or ARP message.

    `kind` is tcp, udp, icmp, icmp6, arp, fragment or the protocol's number.  `payload` is what
    the capture holds of the `size` octets the transport carried.  For ICMP `sport` is its type.
    """

    at: int
    source: str
    target: str
    kind: str
    sport: int = 0
    dport: int = 0
    flags: int = 0
    seq: int = 0
    payload: bytes = b""
    size: int = 0

    @property
    def cut(self) -> bool:
        """Whether the capture kept less than was sent."""
        return len(self.payload) < self.size


class Unreadable(Exception):
    """The packet's headers do not add up, or were cut off."""


def packet(frame: Frame) -> Packet | None:
    """The packet of a frame; None for other protocols than IP and ARP.  Raises `Unreadable`."""
    try:
        kind, data = _network(frame)
        if kind == _IP4:
            return _ip4(frame.at, data)
        if kind == _IP6:
            return _ip6(frame.at, data)
        if kind == _ARP and len(data) >= 28 and data[2:6] == b"\x08\x00\x06\x04":
            source, target = IPv4Address(data[14:18]), IPv4Address(data[24:28])
            return Packet(frame.at, str(source), str(target), "arp")
    except (struct.error, ValueError, IndexError) as error:
        raise Unreadable(str(error)) from error
    return None


def _network(frame: Frame) -> tuple[int, bytes]:
    """EtherType and what follows the link's header; EtherType 0: nothing known."""
    data = frame.data
    if frame.link == _ETHERNET:
        kind, data = struct.unpack("!H", data[12:14])[0], data[14:]
    elif frame.link == _SLL:
        kind, data = struct.unpack("!H", data[14:16])[0], data[16:]
    elif frame.link == _SLL2:
        kind, data = struct.unpack("!H", data[0:2])[0], data[20:]
    elif frame.link in _RAW:
        kind = _IP6 if data[0] >> 4 == 6 else _IP4
    elif frame.link in _NULL:
        kind, data = (_IP6 if data[4] >> 4 == 6 else _IP4), data[4:]
    else:
        raise Unreadable(f"link type {frame.link} is not read; capture Ethernet")
    while kind in _VLAN:
        kind, data = struct.unpack("!H", data[2:4])[0], data[4:]
    return kind, data


def _ip4(at: int, data: bytes) -> Packet:
    head = (data[0] & 15) * 4
    whole, offset = struct.unpack("!H", data[2:4])[0], struct.unpack("!H", data[6:8])[0]
    if data[0] >> 4 != 4 or head < 20 or len(data) < 20:
        raise Unreadable("an IPv4 header does not add up")
    source, target = str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))
    # Offloaded segments of our own host may carry no length.
    whole = whole or len(data)
    if offset & 0x3FFF:
        return Packet(at, source, target, "fragment", size=whole - head)
    return _transport(at, source, target, data[9], data[head:whole], whole - head)


def _ip6(at: int, data: bytes) -> Packet:
    if len(data) < 40:
        raise Unreadable("an IPv6 header is cut off")
    size = struct.unpack("!H", data[4:6])[0] or len(data) - 40
    source, target = str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))
    kind, rest, left = data[6], data[40 : 40 + size], size
    while kind in _EXTENSIONS:
        length = rest[1] * 8 + 8
        kind, rest, left = rest[0], rest[length:], left - length
    if kind == _FRAGMENT:
        return Packet(at, source, target, "fragment", size=left)
    return _transport(at, source, target, kind, rest, left)


def _transport(at: int, source: str, target: str, kind: int, data: bytes, size: int) -> Packet:
    if kind == TCP:
        sport, dport, seq = struct.unpack("!HHI", data[:8])
        head, flags = (data[12] >> 4) * 4, data[13]
        if head < 20:
            raise Unreadable("a TCP header does not add up")
        return Packet(
            at, source, target, "tcp", sport, dport, flags, seq, data[head:], max(0, size - head)
        )
    if kind == UDP:
        sport, dport = struct.unpack("!HH", data[:4])
        return Packet(
            at, source, target, "udp", sport, dport, payload=data[8:], size=max(0, size - 8)
        )
    if kind in (ICMP, ICMP6):
        name = "icmp" if kind == ICMP else "icmp6"
        return Packet(at, source, target, name, sport=data[0], size=size)
    return Packet(at, source, target, f"protocol {kind}", size=size)
