"""
A small MQTT 5 broker for the plant in a box, so that the demo needs no package of the system.

Speaks CONNECT, PUBLISH with QoS 0 and 1, retained messages, last will, SUBSCRIBE with wildcards and
PING (MQTT 5.0, OASIS standard).  It keeps nothing on disk: a demo, not a broker to rely on.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = (
    1,
    2,
    3,
    4,
    8,
    9,
    10,
    11,
)
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
LONGEST = 1 << 20


class _Fields:
    """Reads the fields of one packet from its start."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        part = self.data[self.at : self.at + length]
        if len(part) < length:
            raise ValueError("packet ends too early")
        self.at += length
        return part

    def byte(self) -> int:
        return self.take(1)[0]

    def short(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        return self.take(self.short())

    def varint(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
        raise ValueError("length is malformed")

    def properties(self) -> bytes:
        return self.take(self.varint())

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)


@dataclass(eq=False)
class _Client:
    writer: asyncio.StreamWriter
    version: int
    will: tuple[str, bytes, int] | None = None
    filters: dict[str, int] = field(default_factory=dict)
    next_id: int = 1

    def send(self, kind: int, body: bytes, flags: int = 0) -> None:
        self.writer.write(bytes([kind << 4 | flags]) + _varint(len(body)) + body)

    def deliver(self, topic: str, payload: bytes, properties: bytes, *, retain: bool) -> None:
        qos = max((q for f, q in self.filters.items() if _matches(f, topic)), default=-1)
        if qos < 0:
            return
        body = struct.pack(">H", len(topic.encode())) + topic.encode()
        if qos:
            body += struct.pack(">H", self.next_id)
            self.next_id = self.next_id % 65_535 + 1
        if self.version == 5:
            body += _varint(len(properties)) + properties
        self.send(PUBLISH, body + payload, flags=(qos << 1) | retain)


class Broker:
    """`async with Broker(host, port)`; port 0 takes a free one, `port` then tells which."""

    def __init__(self, host: str, port: int = 0) -> None:
        self.host = host
        self.port = port
        self.retained: dict[str, tuple[bytes, bytes]] = {}
        self._clients: set[_Client] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._client, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for client in list(self._clients):
            client.writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client: _Client | None = None
        clean = False
        with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while True:
                kind, flags, packet = await _packet(reader)
                if kind == DISCONNECT:
                    clean = True
                    break
                if client is None:
                    client = self._connected(packet, writer)
                    continue
                self._handle(client, kind, flags, packet)
                await writer.drain()
        if client is not None:
            self._clients.discard(client)
            if not clean and client.will is not None:
                topic, payload, will_flags = client.will
                self._publish(topic, payload, b"", retain=bool(will_flags & 0x20))
        writer.close()

    def _connected(self, packet: _Fields, writer: asyncio.StreamWriter) -> _Client:
        if packet.binary() != b"MQTT":
            raise ValueError("not MQTT")
        client = _Client(writer, version=packet.byte())
        flags = packet.byte()
        packet.short()
        if client.version == 5:
            packet.properties()
        packet.binary()
        if flags & 0x04:
            if client.version == 5:
                packet.properties()
            topic = packet.binary().decode()
            client.will = (topic, packet.binary(), flags)
        self._clients.add(client)
        client.send(CONNACK, b"\0\0\0" if client.version == 5 else b"\0\0")
        return client

    def _handle(self, client: _Client, kind: int, flags: int, packet: _Fields) -> None:
        if kind == PUBLISH:
            topic = packet.binary().decode()
            number = packet.take(2) if flags & 0x06 else b""
            properties = packet.properties() if client.version == 5 else b""
            self._publish(topic, packet.rest(), properties, retain=bool(flags & 1))
            if number:
                client.send(PUBACK, number)
        elif kind == SUBSCRIBE:
            self._subscribe(client, packet)
        elif kind == PINGREQ:
            client.send(PINGRESP, b"")

    def _subscribe(self, client: _Client, packet: _Fields) -> None:
        number = packet.take(2)
        if client.version == 5:
            packet.properties()
        codes = b""
        while packet.at < len(packet.data):
            wanted = packet.binary().decode()
            qos = min(packet.byte() & 0x03, 1)
            client.filters[wanted] = qos
            codes += bytes([qos])
        client.send(SUBACK, number + (b"\0" if client.version == 5 else b"") + codes)
        for topic, (payload, properties) in self.retained.items():
            client.deliver(topic, payload, properties, retain=True)

    def _publish(self, topic: str, payload: bytes, properties: bytes, *, retain: bool) -> None:
        if retain and payload:
            self.retained[topic] = (payload, properties)
        elif retain:
            self.retained.pop(topic, None)
        for client in self._clients:
            client.deliver(topic, payload, properties, retain=False)


async def _packet(reader: asyncio.StreamReader) -> tuple[int, int, _Fields]:
    first = (await reader.readexactly(1))[0]
    length = 0
    for shift in (0, 7, 14, 21):
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    if length > LONGEST:
        raise ValueError("packet is too long")
    return first >> 4, first & 0x0F, _Fields(await reader.readexactly(length))


def _varint(value: int) -> bytes:
    found = b""
    while True:
        value, byte = divmod(value, 128)
        found += bytes([byte | (0x80 if value else 0)])
        if not value:
            return found


def _matches(wanted: str, topic: str) -> bool:
    parts, levels = wanted.split("/"), topic.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(parts) == len(levels)
