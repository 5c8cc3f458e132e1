"""
The octets beneath HTTP: a TCP connection as it is, or one with TLS on it.

Over TLS the request is judged here, before it is encrypted; in the clear the wire judges it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from collectors import allowed, tls
from collectors.errors import HungUp, NotPermitted, Unintelligible
from collectors.tls_openssl import Client
from collectors.wire import Stream, Target, Wire

# A handshake brings certificates, and records and their headers come on top of what they carry.
TLS_OVERHEAD = 48 * 1024
_PIECE = 16_384


class Channel(Protocol):
    """Two ways, in the clear form; both raise `CollectError`."""

    async def send(self, message: bytes) -> None:
        """One whole message.  Raises `NotPermitted` for one not on the allow-list."""

    async def receive(self) -> bytes:
        """What came; empty at the end the peer has announced."""


@asynccontextmanager
async def opened(wire: Wire, target: Target, *, cap: int) -> AsyncIterator[Channel]:
    """`cap` octets can be received.  Raises as `Wire.stream`, and where no TLS can be made."""
    if target.protocol != "https":
        async with wire.stream(target, cap=cap) as stream:
            yield _Clear(stream)
        return
    async with wire.stream(target, cap=cap + TLS_OVERHEAD) as stream:
        client = Client()
        await tls.shaken(stream, client)
        if client.ended or not client.done:
            why = client.ended or "it closed in the middle of the TLS handshake"
            raise Unintelligible(target, why, "making a TLS handshake")
        sealed = _Sealed(wire, target, stream, client)
        yield sealed
        if goodbye := client.goodbye():
            await stream.send(goodbye)


class _Clear:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def send(self, message: bytes) -> None:
        await self._stream.send(message)

    async def receive(self) -> bytes:
        try:
            return await self._stream.receive(_PIECE)
        except HungUp as error:
            if error.__cause__ is not None:
                # A reset: what came before it may be half of something.
                raise
            return b""


class _Sealed:
    def __init__(self, wire: Wire, target: Target, stream: Stream, client: Client) -> None:
        self._gate = wire.gate
        self._target = target
        self._stream = stream
        self._client = client

    async def send(self, message: bytes) -> None:
        why = allowed.http.judge(self._target.permits, message)
        if why is not None:
            self._gate.refused(self._target, why)
            raise NotPermitted(self._target, f"our own request was stopped: {why}")
        try:
            records = self._client.sealed(message)
        except ValueError as error:
            raise Unintelligible(self._target, f"its TLS cannot carry it: {error}") from error
        await self._stream.send(records)

    async def receive(self) -> bytes:
        """A connection that ends without close_notify was cut: that is `HungUp`."""
        client = self._client
        while not client.data:
            if client.ended:
                raise Unintelligible(self._target, client.ended, "reading")
            if client.closed:
                return b""
            client.feed(await self._stream.receive(_PIECE))
        data = bytes(client.data)
        client.data.clear()
        return data
