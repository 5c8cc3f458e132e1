"""UDP peers that are no proper SNMP agent, and the gate a test hands to the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collectors.errors import BudgetSpent
from collectors.wire import Connections, Target

GET, GET_NEXT, RESPONSE, SET = 0xA0, 0xA1, 0xA2, 0xA3
NULL = b"\x05\x00"


@dataclass
class OpenGate:
    """Lets everything through and remembers it; `share` octets are all a device may get."""

    share: int = 1 << 20
    packets: int = 0
    octets: int = 0
    refusals: list[str] = field(default_factory=list)

    connections: Connections = field(default_factory=Connections)

    async def turn(self, target: Target) -> None:
        pass

    async def pace(self, target: Target, packets: int) -> None:
        pass

    def closed(self, target: Target) -> None:
        pass

    def may_connect(self, target: Target) -> None:
        pass

    def may_send(self, target: Target, octets: int) -> None:
        if self.octets + octets > self.share:
            raise BudgetSpent(target, "it has had its share")

    def refused(self, target: Target, why: str) -> None:
        self.refusals.append(why)

    def sent(self, target: Target, packets: int, octets: int) -> None:
        self.packets += packets
        self.octets += octets

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Peer(asyncio.DatagramProtocol):
    """Answers each datagram with what `answer` makes of it; nothing for None."""

    answer: Callable[[bytes], bytes | None]
    heard: list[bytes] = field(default_factory=list)
    port: int = 0

    def connection_made(self, transport) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, sender) -> None:
        self.heard.append(data)
        if (reply := self.answer(data)) is not None:
            self._transport.sendto(reply, sender)


@asynccontextmanager
async def peer(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[Peer]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Peer(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol
    finally:
        transport.close()


def silent(_: bytes) -> None:
    """Hears and says nothing."""


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    head = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + head + content


def parts(content: bytes) -> list[tuple[int, bytes]]:
    """The BER elements in a content, short or long lengths."""
    found = []
    while content:
        tag, size, start = content[0], content[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(content[2:start], "big")
        found.append((tag, content[start : start + size]))
        content = content[start + size :]
    return found


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    coded = bytes([40 * first + second])
    for number in rest:
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.insert(0, number & 0x7F | 0x80)
        coded += bytes(septets)
    return coded


def asked(datagram: bytes) -> tuple[int, list[bytes]]:
    """PDU tag and OIDs of a v1 or v2c request."""
    pdu, content = parts(parts(datagram)[0][1])[2]
    variables = parts(parts(content)[3][1])
    return pdu, [parts(variable)[0][1] for _, variable in variables]


def reply(
    datagram: bytes, variables: list[tuple[bytes, bytes]] | None = None, *, status: int = 0
) -> bytes:
    """A response to a v1 or v2c request: OID and coded value each, or the request's own."""
    version, community, (_, content) = parts(parts(datagram)[0][1])
    request_id, _, _, (_, own) = parts(content)
    listed = own
    if variables is not None:
        listed = b"".join(tlv(0x30, tlv(0x06, name) + value) for name, value in variables)
    body = (
        tlv(0x02, request_id[1])
        + tlv(0x02, bytes([status]))
        + tlv(0x02, bytes([1 if status else 0]))
        + tlv(0x30, listed)
    )
    return tlv(0x30, tlv(*version) + tlv(*community) + tlv(RESPONSE, body))


def mib(values: dict[str, bytes]) -> Callable[[bytes], bytes]:
    """A v2c agent holding these coded values; the witness that nobody writes."""
    coded = sorted((tuple(map(int, name.split("."))), value) for name, value in values.items())

    def answer(datagram: bytes) -> bytes:
        pdu, names = asked(datagram)
        assert pdu in (GET, GET_NEXT), f"PDU {pdu:#x} was sent"
        listed = []
        for name in names:
            if pdu == GET:
                held = {oid(".".join(map(str, n))): v for n, v in coded}
                listed.append((name, held.get(name, b"\x80\x00")))
            else:
                after = [(oid(".".join(map(str, n))), v) for n, v in coded]
                following = [(n, v) for n, v in after if _order(n) > _order(name)]
                listed.append(following[0] if following else (name, b"\x82\x00"))
        return reply(datagram, listed)

    return answer


def _order(coded: bytes) -> list[int]:
    numbers, number = [], 0
    for octet in coded:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    return numbers
