"""Requests per protocol: well shaped, with contents that are sometimes allowed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from random import Random

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from collectors.allowed import Permissions, Span
from tests.devices.snmp_peers import oid

PERMITS = Permissions(
    unit=7,
    registers=(Span("holding", 100, 4), Span("coil", 0, 16), Span("input", 65_530, 6)),
    report_server_id=True,
    browse=frozenset({"i=85", "ns=2;s=Level"}),
    bulk=True,
    paths=frozenset({"/", "/status.html", "/info?page=1", "/reboot"}),
)


def adu(pdu: bytes, unit: int = 7, number: int = 1, length: int | None = None) -> bytes:
    return struct.pack(">HHHB", number, 0, length or len(pdu) + 1, unit) + pdu


def modbus(rng: Random) -> bytes:
    unit = rng.choice((7, 7, 7, 7, 0, 1, 255, rng.randrange(256)))
    function = rng.choice((0x2B, 1, 2, 3, 4, 17, 5, 6, 8, 15, 16, 23, 90, rng.randrange(256)))
    if function == 0x2B:
        rest = bytes((rng.choice((14, 14, 13)), rng.randrange(5), rng.choice((0, 2, 127, 128))))
    elif function == 17:
        rest = b"" if rng.random() < 0.9 else b"\0"
    else:
        address = rng.choice((0, 1, 99, 100, 101, 103, 104, 65_530, 65_535, rng.randrange(65_536)))
        rest = struct.pack(">HH", address, rng.choice((0, 1, 2, 4, 5, 6, 16, 125, 2_000, 65_535)))
        if function in (15, 16, 23):
            rest += b"\x02\x00\x01"
    return adu(bytes((function,)) + rest, unit, rng.randrange(65_536))


def tlv(tag: int, content: bytes) -> bytes:
    """With its length in the shortest form."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


NAME = tlv(0x30, tlv(6, oid("1.3.6.1.2.1.1.3.0")) + b"\x05\x00")
TABLE = tlv(0x30, tlv(6, oid("1.3.6.1.4.1.9999.300.70000")) + b"\x05\x00")
VALUE = tlv(0x30, tlv(6, oid("1.3.6.1.2.1.1.5.0")) + tlv(4, b"owned"))


def pdu(tag: int, second: bytes = b"\0", third: bytes = b"\0", names: bytes = NAME) -> bytes:
    return tlv(tag, tlv(2, b"\x12\x34") + tlv(2, second) + tlv(2, third) + tlv(0x30, names))


def version3(flags: int, data: bytes, user: bytes = b"monitor") -> bytes:
    header = tlv(2, b"\x01") + tlv(2, b"\x08\x00") + tlv(4, bytes((flags,))) + tlv(2, b"\x03")
    security = tlv(4, b"\x80\x00engine") + tlv(2, b"\x01") + tlv(2, b"\x02") + tlv(4, user)
    security += tlv(4, bytes(12 if flags & 1 else 0)) + tlv(4, bytes(8 if flags & 2 else 0))
    return tlv(0x30, tlv(2, b"\x03") + tlv(0x30, header) + tlv(4, tlv(0x30, security)) + data)


def snmp(rng: Random) -> bytes:
    tag = rng.choice((0xA0, 0xA0, 0xA1, 0xA1, 0xA5, 0xA5, 0xA3, 0xA2, rng.randrange(256)))
    names = b"".join(rng.choices((NAME, TABLE, VALUE), (8, 4, 1), k=rng.choice((0, 1, 1, 2, 11))))
    second, third = b"\0", b"\0"
    if tag == 0xA5 or rng.random() < 0.1:
        second = rng.choice((b"\0", b"\0", b"\1"))
        third = rng.choice((b"\0", b"\1", b"\x14", b"\x15", b"\x7f", b"\xff"))
    asked = pdu(tag, second, third, names)
    version = rng.choice((0, 1, 1, 3, 3, 2))
    if version == 3:
        flags = rng.randrange(8)
        scoped = tlv(0x30, tlv(4, b"engine") + tlv(4, b"") + asked)
        return version3(flags, tlv(4, rng.randbytes(24)) if flags & 2 else scoped)
    return tlv(0x30, tlv(2, bytes((version,))) + tlv(4, b"public") + asked)


FIELDS = (
    b"User-Agent: upheld",
    b"Accept: */*",
    b"Accept-Encoding: identity",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Transfer-Encoding: chunked",
    b"Cookie: a=b",
    b"Authorization: Basic YTpi",
    b"Upgrade: h2c",
    b"Host: other",
    b"X: y",
)


def http(rng: Random) -> bytes:
    method = rng.choice((b"GET",) * 6 + (b"POST", b"PUT", b"DELETE", b"HEAD", b"TRACE", b"get"))
    path = rng.choice(
        (b"/", b"/status.html", b"/info?page=1", b"/info", b"/reboot", b"/?a", b"//", b"/../")
    )
    version = rng.choice((b"HTTP/1.1",) * 6 + (b"HTTP/1.0", b"HTTP/2"))
    lines = [b"Host: 10.0.0.7", b"Connection: close"]
    if rng.random() < 0.15:
        lines.remove(rng.choice(lines))
    lines += rng.sample(FIELDS[:3] if rng.random() < 0.7 else FIELDS, rng.randrange(3))
    rng.shuffle(lines)
    end = b"\r\n" if rng.random() < 0.95 else b"\n"
    body = b"" if rng.random() < 0.9 else rng.randbytes(4)
    return end.join((b" ".join((method, path, version)), *lines, b"", b"")) + body


@cache
def opcua_good() -> tuple[bytes, ...]:
    """One of each request on the allow-list, as the library encodes them."""
    opened = ua.OpenSecureChannelRequest()
    opened.Parameters.SecurityMode = ua.MessageSecurityMode.None_
    opened.Parameters.RequestedLifetime = 60_000
    opened.Parameters.ClientNonce = b"n" * 32
    created = ua.CreateSessionRequest()
    created.Parameters.ClientDescription.ApplicationType = ua.ApplicationType.Client
    created.Parameters.ClientDescription.ApplicationName = ua.LocalizedText("Upheld")
    created.Parameters.RequestedSessionTimeout = 30_000.0
    activated = []
    for kind in (ua.AnonymousIdentityToken, ua.UserNameIdentityToken, ua.X509IdentityToken):
        request = ua.ActivateSessionRequest()
        request.Parameters.UserIdentityToken = kind()
        request.Parameters.UserIdentityToken.PolicyId = "p"
        activated.append(request)
    read = ua.ReadRequest()
    for node in ("i=2260", "ns=2;s=Level", "ns=3;i=70000"):
        row = ua.ReadValueId()
        row.NodeId = ua.NodeId.from_string(node)
        row.AttributeId = 13
        read.Parameters.NodesToRead.append(row)
    closed = ua.CloseSessionRequest()
    closed.DeleteSubscriptions = True
    listed = ua.GetEndpointsRequest()
    listed.Parameters.EndpointUrl = "opc.tcp://10.0.0.7:4840"
    plain = [opened, created, *activated, read, closed, listed]
    plain += [ua.FindServersRequest(), ua.CloseSecureChannelRequest(), browse(("i=85",))]
    return tuple(struct_to_binary(request) for request in plain)


def browse(nodes: tuple[str, ...], most: int = 100) -> ua.BrowseRequest:
    request = ua.BrowseRequest()
    request.Parameters.RequestedMaxReferencesPerNode = most
    for node in nodes:
        row = ua.BrowseDescription()
        row.NodeId = ua.NodeId.from_string(node)
        row.BrowseDirection = ua.BrowseDirection.Forward
        request.Parameters.NodesToBrowse.append(row)
    return request


def service_names() -> list[str]:
    """Every service request the library knows: those with a request header."""
    names = [name for name in dir(ua) if name.endswith("Request")]
    return [name for name in names if hasattr(getattr(ua, name)(), "RequestHeader")]


@cache
def opcua_all() -> tuple[bytes, ...]:
    bare = [struct_to_binary(getattr(ua, name)()) for name in service_names()]
    far = struct_to_binary(browse(("i=84",)))
    many = struct_to_binary(browse(("i=85",), 101))
    return (*opcua_good(), *bare, far, many)


def opcua(rng: Random) -> bytes:
    data = bytearray(rng.choice(opcua_good() if rng.random() < 0.6 else opcua_all()))
    if rng.random() < 0.2:
        data[2:4] = struct.pack("<H", rng.randrange(300, 1000))
    if rng.random() < 0.3:
        data[-rng.randint(1, min(20, len(data)))] = rng.randrange(256)
    return bytes(data)


@dataclass(frozen=True)
class Kind:
    shaped: object
    pool: tuple[bytes, ...]
    permits: Permissions = PERMITS


def kinds() -> dict[str, Kind]:
    seed = Random(1)
    return {
        "modbus": Kind(modbus, tuple(modbus(seed) for _ in range(60))),
        "opcua": Kind(opcua, opcua_all()),
        "snmp": Kind(snmp, tuple(snmp(seed) for _ in range(60))),
        "http": Kind(http, tuple(http(seed) for _ in range(60))),
    }
