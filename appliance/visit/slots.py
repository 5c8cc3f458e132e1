"""How many devices are visited at once: in one segment, on the whole site, behind one address."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SITE_SLOTS = 32
SEGMENT_SLOTS = 4


class Slots:
    """
    A visit waits for its address first, then its segment, then the site.

    In this order a busy gateway holds up nobody but its own children.
    """

    def __init__(self) -> None:
        self._site = asyncio.Semaphore(SITE_SLOTS)
        self._segments: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(SEGMENT_SLOTS)
        )
        self._addresses: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def taken(self, segment: str, address: str) -> AsyncIterator[None]:
        async with self._addresses[address], self._segments[segment], self._site:
            yield
