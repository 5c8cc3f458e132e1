"""A web panel without a login, and a host that only shows it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from appliance.demo.alarms import Alarms
from appliance.demo.firewall import bound

PAGE = b"""<!doctype html><title>Panel 7</title><h1>Panel 7</h1>
<p>Pump 1: running. Pump 2: stopped.</p><form method="post"><button>Stop pump 1</button></form>
"""
ONLY_READ = (b"GET", b"HEAD")
PATIENCE_SECONDS = 10

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class TcpDevice:
    """One listening port; `permitted` None lets everybody in."""

    name: str
    address: str
    port: int
    permitted: tuple[str, ...] | None
    converse: Conversation
    _server: asyncio.Server | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Raises `OSError` when the address is taken."""
        sock = bound(self.address, self.port, self.permitted)
        self._server = await asyncio.start_server(self._serve, sock=sock)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.converse(reader, writer)
        writer.close()


async def wait_for_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says nothing; the connection itself is the sign of life."""
    del writer
    while await reader.read(4096):
        pass


def panel(name: str, alarms: Alarms) -> Conversation:
    """Plain HTTP, one request a connection; anything that is not a read raises the alarm."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method = head.split(b" ", 1)[0]
        if method not in ONLY_READ:
            alarms.write_seen(name, f"HTTP {method.decode('ascii', 'replace')}")
        body = b"" if method == b"HEAD" else PAGE
        writer.write(
            b"HTTP/1.1 200 OK\r\nServer: PanelWeb/1.4\r\nContent-Type: text/html\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
        )
        writer.write(body)
        await writer.drain()

    return converse
