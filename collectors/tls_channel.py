"""
A TLS channel that carries another protocol, whose messages are judged before they are encrypted.

On the wire: one whole handshake as in collectors/tls.py, the records, close_notify.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from collectors import tls
from collectors.allowed import Permissions
from collectors.errors import NotPermitted, Unintelligible
from collectors.tls_openssl import Client
from collectors.wire import Stream, Target, Wire

# A handshake brings certificates, and records and their headers come on top of what they carry.
TLS_OVERHEAD = 48 * 1024

Judge = Callable[[Permissions, bytes], str | None]
"""Why a message in the clear may not be sent, or None when it may."""


@asynccontextmanager
async def sealed(wire: Wire, target: Target, judge: Judge, *, cap: int) -> AsyncIterator[Sealed]:
    """
    `cap` octets can be received besides what TLS adds.

    Raises `Unintelligible` where no handshake can be made, and as `Wire.stream`.
    """
    async with wire.stream(target, cap=cap + TLS_OVERHEAD) as stream:
        client = Client()
        try:
            await tls.shaken(stream, client)
        finally:
            if client.agreed:
                wire.shook(target)
        if client.ended or not client.done:
            why = client.ended or "it closed in the middle of the TLS handshake"
            raise Unintelligible(target, why, "making a TLS handshake")
        yield Sealed(wire, target, stream, client, judge)
        if goodbye := client.goodbye():
            await stream.send(goodbye)


class Sealed:
    """Two ways, in the clear form."""

    def __init__(
        self, wire: Wire, target: Target, stream: Stream, client: Client, judge: Judge
    ) -> None:
        self._gate = wire.gate
        self._target = target
        self._stream = stream
        self._client = client
        self._judge = judge

    async def send(self, message: bytes) -> None:
        """One whole message.  Raises `NotPermitted` for one not on the allow-list."""
        if (why := self._judge(self._target.permits, message)) is not None:
            self._gate.refused(self._target, why)
            raise NotPermitted(self._target, f"our own request was stopped: {why}")
        try:
            records = self._client.sealed(message)
        except ValueError as error:
            raise Unintelligible(self._target, f"its TLS cannot carry it: {error}") from error
        await self._stream.send(records)

    async def receive(self, most: int = tls.PIECE) -> bytes:
        """
        What came; empty at the end the peer has announced.

        A connection that ends without close_notify was cut: that is `HungUp`.
        """
        client = self._client
        while not client.data:
            if client.ended:
                raise Unintelligible(self._target, client.ended, "reading")
            if client.closed:
                return b""
            client.feed(await self._stream.receive(tls.PIECE))
        data = bytes(client.data[:most])
        del client.data[:most]
        return data
