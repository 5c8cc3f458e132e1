"""
A screen without a password, on this machine's own loopback address, for as long as a drill looks.

It is bad on purpose and harmless: it draws nothing, takes nothing, and nobody else can reach it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

ADDRESS = "127.0.0.1"
_VERSION = b"RFB 003.008\n"
# RFC 6143, 7.1.2: one security type, and it is None.
_NO_PASSWORD = b"\x01\x01"


@asynccontextmanager
async def responder() -> AsyncIterator[int]:
    """Its port.  Raises `OSError` when this machine has no port left."""
    server = await asyncio.start_server(_answer, ADDRESS, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(_VERSION)
        await reader.readexactly(len(_VERSION))
        writer.write(_NO_PASSWORD)
        await writer.drain()
        await reader.read()
    writer.close()
