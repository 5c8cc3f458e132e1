"""
The small regular things: ages states, tells the ledger's head, feeds the watchdog.

What feeds the watchdog is progress: a loop that turned and a ledger that answered.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

import structlog

from appliance.outlets import messages, syslog_heads, telling
from appliance.publishing import Publishing
from appliance.rounds.falling import age
from appliance.rounds.round import Rounds
from appliance.running.notify import notify

EVERY_SECONDS = 2.0
WEDGED_SECONDS = 45.0

log = structlog.get_logger()


class Housekeeping:
    """`checkpoint_at` and `backlog` are what the ledger said last."""

    def __init__(self, rounds: Rounds, publishing: Publishing) -> None:
        self._rounds = rounds
        self._publishing = publishing
        self.checkpoint_at: datetime | None = None
        self.backlog: dict[str, int] = {}
        self._told_size = -1
        self.progress()

    def progress(self) -> None:
        """Something was done: the process is not wedged."""
        self._alive_at = self._rounds.clock.monotonic()

    @property
    def wedged(self) -> bool:
        return self._rounds.clock.monotonic() - self._alive_at > WEDGED_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, whatever the ledger answers."""
        works = True
        while not stop.is_set():
            try:
                await self._once()
                works = True
            except Exception:
                if works:
                    # Unfed, the watchdog restarts us when this does not pass by itself.
                    log.exception("the ledger does not answer")
                works = False
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def _once(self) -> None:
        await age(self._rounds)
        await self._tell_heads()
        self.backlog = await self._rounds.store.backlog()
        self.checkpoint_at = await self._rounds.store.signed_at()
        self.progress()
        notify("WATCHDOG=1")

    async def _tell_heads(self) -> None:
        """The newest checkpoint and each zone's counts, when the ledger has grown."""
        store, site, at = self._rounds.store, self._rounds.site, self._rounds.clock.now()
        size = store.size
        if size == self._told_size or not (site.outlets.mqtt or site.outlets.soc):
            return
        self._publishing.note = note = await store.latest_checkpoint()
        heads = syslog_heads.checkpoint(site, note, at=at)
        if site.outlets.mqtt:
            heads += telling.summaries(site.site.id, self._rounds.standings, at=at)
            heads.append(messages.checkpoint(site.site.id, note))
        await store.commit([], heads)
        self._told_size = size
        self._rounds.told()
