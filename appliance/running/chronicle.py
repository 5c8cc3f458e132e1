"""
What a running appliance writes down of itself, and the room its writing takes.

Clock steps, an hourly sum of what stands, that it still lives; and old bodies are packed, a run at
a time, in a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog

from appliance.ledger import bodies, bundles, pruning
from appliance.ledger.tiles import StoredNodes
from appliance.rounds.round import Rounds
from appliance.running import beginning

log = structlog.get_logger()

EVERY_SECONDS = 2.0
HEAD_SECONDS = 10.0
SUMMARY_SECONDS = 3_600.0
PRUNE_SECONDS = 900.0
"""One run of entries at a time: a clock that lies for a while must not empty a ledger."""
STEP = timedelta(seconds=1)


class Chronicle:
    """One running appliance's own record."""

    def __init__(self, rounds: Rounds, state_dir: Path) -> None:
        self._rounds = rounds
        self._state_dir = state_dir
        clock = rounds.clock
        self._wall, self._monotonic = clock.now(), clock.monotonic()
        self._summed = clock.monotonic()
        self._kept = self._summed - HEAD_SECONDS
        self._pruned = self._summed
        self._head = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            await self.once()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def once(self) -> None:
        """Whatever is due.  Raises `LedgerError`."""
        await self._clock()
        now = self._rounds.clock.monotonic()
        if now - self._kept >= HEAD_SECONDS:
            self._kept = now
            await self._live()
        if now - self._summed >= SUMMARY_SECONDS:
            self._summed = now
            await self._sum()
        await self.pack()
        if now - self._pruned >= PRUNE_SECONDS:
            self._pruned = now
            await self.prune()

    async def pack(self) -> bool:
        """Pack the oldest run of entries that is whole; whether there was one."""
        store = self._rounds.store
        if (begun := await store.read(bundles.half)) is not None:
            await store.lightened(begun)
        n = await store.read(bundles.due)
        if n is None:
            return False
        # Short steps in the ledger's thread; the long one beside it.
        found = await store.read(lambda c: bundles.bodies(c, n))
        packed = await asyncio.to_thread(bundles.pack, found)
        await store.packed(n, packed)
        return True

    async def prune(self) -> bool:
        """Let the oldest run of visits go that is kept no longer; whether there was one."""
        clock, keep = self._rounds.clock, self._rounds.site.evidence.keep
        # Age is told by a clock others vouch for, or nothing goes.
        if keep is None or not clock.quality().synchronised:
            return False
        store, before = self._rounds.store, clock.now() - keep
        oldest = await store.read(pruning.due)
        if oldest is None:
            return False
        plan = await asyncio.to_thread(pruning.plan, *oldest, before)
        if plan is None:
            return False
        at = clock.now()
        body = await store.read(lambda c: pruning.entry(plan, at, keep, StoredNodes(c)))
        async with self._rounds.writing:
            await store.pruned(plan, body)
        log.info("old visits were pruned", first=plan.first, end=plan.end, bodies=plan.count)
        return True

    async def _clock(self) -> None:
        """A wall clock that was set is an entry: times before and after it do not compare."""
        clock = self._rounds.clock
        wall, monotonic = clock.now(), clock.monotonic()
        step = (wall - self._wall) - timedelta(seconds=monotonic - self._monotonic)
        if abs(step) >= STEP:
            fields = {"step_ms": round(step / timedelta(milliseconds=1)), "clock": clock.quality()}
            await self._rounds.note([bodies.entry("clock.step", wall, fields)], lambda _: ())
            log.warning("the clock was set", seconds=step.total_seconds())
        # Only now: what could not be written down is tried again.
        self._wall, self._monotonic = wall, monotonic

    async def _live(self) -> None:
        rounds = self._rounds
        await rounds.store.commit(
            [], noted={beginning.ALIVE: beginning.still_alive(rounds, "died")}
        )
        note = await rounds.store.latest_checkpoint()
        if note != self._head:
            await beginning.keep_head(rounds, self._state_dir)
            self._head = note

    async def _sum(self) -> None:
        """How many controls stand in which state, by zone."""
        zones: dict[str, Counter[str]] = {}
        for key, standing in self._rounds.standings.items():
            zones.setdefault(key.subject.zone or "", Counter())[standing.state.value] += 1
        fields = {"states": {zone: dict(counts) for zone, counts in sorted(zones.items())}}
        body = bodies.entry("run.summary", self._rounds.clock.now(), fields)
        await self._rounds.note([body], lambda _: ())
