"""Whose turn it is: every asset at its own fixed phase, and soon what was missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from appliance.rounds.round import Rounds, Visited
from appliance.site.model import Asset
from appliance.visit.classes import class_for
from appliance.visit.schedule import next_turn

CATCH_UP = timedelta(minutes=15)
LOOK_SECONDS = 15.0
LONGEST_LIVENESS = 86_400.0

log = structlog.get_logger()


class Turns:
    """The schedule of visits; `progress` is called when one has ended and is written down."""

    def __init__(self, rounds: Rounds, progress: Callable[[], None]) -> None:
        self._rounds = rounds
        self._progress = progress
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        self._scheduler.start()
        self.follow()
        self._catch_up()

    def follow(self) -> None:
        """Schedule the assets of the configuration in force."""
        self._scheduler.remove_all_jobs()
        for asset in self._rounds.visitable():
            every = self._rounds.every(asset)
            self._scheduler.add_job(
                self.take,
                IntervalTrigger(
                    seconds=every.total_seconds(),
                    start_date=next_turn(asset.id, every, self._rounds.clock.now()),
                    timezone="UTC",
                ),
                args=[asset.id],
                id=asset.id,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    async def look_after(self, stop: asyncio.Event) -> None:
        """
        Until `stop`, look between their turns at assets that are new, rest from trouble or lie in
        a segment that stopped, not more often than their class bears.
        """
        looked: dict[str, float] = {}
        while not stop.is_set():
            now = self._rounds.clock.monotonic()
            due = [
                asset
                for asset in self._rounds.visitable()
                if self._rounds.guard.restraints.watching(asset)
                and now - looked.get(asset.id, now - LONGEST_LIVENESS) >= self._liveness(asset)
            ]
            looked |= {asset.id: now for asset in due}
            await asyncio.gather(*(self._look(asset.id) for asset in due))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    async def _look(self, asset: str) -> None:
        try:
            await self._rounds.look(asset)
        except Exception:
            log.exception("look failed", asset=asset)

    def _liveness(self, asset: Asset) -> float:
        numbers = class_for(asset, laboratory=self._rounds.site.site.laboratory)
        return max(LOOK_SECONDS, numbers.liveness.total_seconds())

    def end(self) -> None:
        """No further turn begins; visits under way are broken off."""
        self._scheduler.shutdown(wait=False)

    async def take(self, asset: str) -> None:
        """One turn, with what it changed in the log."""
        try:
            visited = await self._rounds.visit(asset)
        except Exception:
            # One asset's visit must never end the schedule of the others; the log has the cause.
            log.exception("visit failed", asset=asset)
            return
        self._progress()
        if visited is not None:
            _said(visited)

    def _catch_up(self) -> None:
        """
        Soon take the turns that were missed while nobody ran, one after the other.

        An asset whose turn lies where the machine is restarted every night would never be visited.
        """
        for asset in self._rounds.visitable():
            if self._rounds.overdue(asset):
                within = min(self._rounds.every(asset), CATCH_UP)
                soon = next_turn(asset.id, within, self._rounds.clock.now())
                self._scheduler.add_job(self.take, DateTrigger(soon, "UTC"), args=[asset.id])


def _said(visited: Visited) -> None:
    for judged in visited.judged:
        if judged.changed:
            log.info(
                "state changed",
                key=str(judged.key),
                state=judged.after.state.value,
                reason=judged.after.reason.value,
                said=judged.after.said,
            )
