"""
The octets beneath HTTP: a TCP connection as it is, or one with TLS on it.

Over TLS the channel judges the request before it is encrypted; in the clear the wire does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from collectors import allowed
from collectors.errors import HungUp
from collectors.tls_channel import sealed
from collectors.wire import Stream, Target, Wire

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
    async with sealed(wire, target, allowed.http.judge, cap=cap) as channel:
        yield channel


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
