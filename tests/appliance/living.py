"""A daemon in the test's own process, where the process is not the point."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from appliance.daemon import Daemon
from tests.appliance.processes import PATIENCE


@asynccontextmanager
async def living(folder, *, entries=0):
    """A daemon over this configuration, once its ledger holds so many entries."""
    ready = asyncio.Event()
    daemon = Daemon(folder, ready=lambda _: ready.set())
    task = asyncio.create_task(daemon.run())
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=PATIENCE, return_when="FIRST_COMPLETED")
        if task.done():
            task.result()
        await until(lambda: ready.is_set() and daemon.rounds.store.size >= entries)
        yield daemon
    finally:
        waiting.cancel()
        daemon.stop.set()
        await task


async def until(true):
    """Looks again and again until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what it waits for has no event
            await asyncio.sleep(0.02)
