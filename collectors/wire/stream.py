"""Bytes to and from one device, each message judged before it leaves."""

from __future__ import annotations

import asyncio
import socket

from collectors.errors import HungUp, Unintelligible
from collectors.wire.judging import judged
from collectors.wire.link import Link


class Stream:
    """What a collector holds of a TCP connection."""

    def __init__(self, link: Link, sock: socket.socket, cap: int) -> None:
        self._link = link
        self._target = link.target
        self._sock = sock
        self._left = cap
        self.octets = 0

    async def send(self, message: bytes) -> None:
        """Send one whole message, when the device's pace has room for it and for its answer.

        Raises `NotPermitted` for one not on the allow-list."""
        judged(self._link.gate, self._target, message)
        await self._link.paced(len(message))
        self.octets += len(message)
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, message)
        except OSError as error:
            raise HungUp(self._target, "the connection was closed", "sending") from error
        finally:
            self._link.spoken(len(message))

    async def receive(self, most: int = 4096) -> bytes:
        """At least one byte.  Raises `HungUp` at the end, `Unintelligible` past the caps."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, min(most, self._left + 1))
        except OSError as error:
            raise HungUp(self._target, "the connection was reset", "reading") from error
        if not data:
            raise HungUp(self._target, "the connection was closed", "reading")
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answer is longer than we accept")
        self._link.checked()
        return data

    async def receive_exactly(self, length: int) -> bytes:
        """Exactly so many bytes; raises as `receive`."""
        data = b""
        while len(data) < length:
            data += await self.receive(length - len(data))
        return data
