"""A library's own asyncio protocol on our socket: counted, capped, and closed gently."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from typing import Any, cast

from collectors.errors import CollectError, NotPermitted, Unintelligible
from collectors.wire.link import Link
from collectors.wire.stopping import Phase


class Metered(asyncio.Protocol, asyncio.Transport):
    """
    Stands between a library's protocol and our socket.

    `over` says why the device was cut off, when it was; `heard` whether it has said anything.
    """

    def __init__(self, inner: asyncio.Protocol, link: Link, cap: int) -> None:
        self.inner = inner
        self.octets = 0
        self.heard = False
        self.over: CollectError | None = None
        self._link = link
        self._left = cap
        # The peer has closed; our own socket is closed.
        self._end = asyncio.get_running_loop().create_future()
        self._lost = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._ending = False
        self._told = False

    @property
    def spoke_at(self) -> tuple[float, datetime]:
        """When the last message left: our monotonic seconds and wall clock."""
        return self._link.spoke_at

    async def paced(self, octets: int, answer: int) -> None:
        """Wait for the device's pace before a `write`; as `Link.paced`."""
        await self._link.paced(octets, answer)

    def within(self, seconds: float) -> AbstractAsyncContextManager[None]:
        """As `Wire.within`."""
        return self._link.within(seconds)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._link.underway.buffered = self._transport.get_write_buffer_size
        self.inner.connection_made(self)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        self._left -= len(data)
        if self._link.notice():
            self._cut(self._link.crumbs())
            # Each further piece would cost it a packet of ours: better one reset than those.
            self._reset()
        elif self._left < 0:
            self._cut(Unintelligible(self._link.target, "the answer is longer than we accept"))
        if not self._ending:
            self.inner.data_received(data)

    def _cut(self, why: CollectError) -> None:
        self.over = self.over or why
        self.close()
        self._tell(None)

    def _reset(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._link.settled(ended=True, reset=True)
            self._transport.abort()

    def _tell(self, exc: Exception | None) -> None:
        if not self._told:
            self._told = True
            self.inner.connection_lost(exc)

    def eof_received(self) -> bool:
        self._ended(None)
        # Kept open: `finish` waits until our own FIN is acknowledged.
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.notice()
        self._ended(exc)
        if not self._lost.done():
            self._lost.set_result(None)

    def _ended(self, exc: Exception | None) -> None:
        if not self._end.done():
            self._end.set_result(None)
        self._tell(exc)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._link.gate.may_send(self._link.target, len(data))
        self.take_leave(data)

    def take_leave(self, data: bytes | bytearray | memoryview) -> None:
        """
        Write what ends something the device keeps for us.

        As with our FIN no hold, closed window or spent budget is in its way, or the device would
        keep a place for nobody; only a stop that is `MUTED` is.
        """
        self._link.underway.checked(Phase.MUTED)
        self.octets += len(data)
        if self._transport is not None and not self._ending:
            self._transport.write(data)
            self._link.spoken(len(data))

    def close(self) -> None:
        if self._transport is not None and not self._ending:
            self._ending = True
            with suppress(OSError, RuntimeError):
                self._transport.write_eof()
                self._link.underway.shut = True

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._ending

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default if self._transport is None else self._transport.get_extra_info(name, default)

    async def finish(self) -> None:
        """Close and wait until the connection is gone; the peer gets `Link.drain` seconds."""
        self.close()
        try:
            with suppress(TimeoutError, NotPermitted):
                async with (
                    self._link.underway.until(Phase.ABORTED),
                    asyncio.timeout(self._link.drain),
                ):
                    await asyncio.shield(self._end)
                    await self._link.acknowledged()
        finally:
            if not self._lost.done() and self._transport is not None:
                self._link.settled(ended=self._end.done())
                self._transport.abort()
                await self._lost
