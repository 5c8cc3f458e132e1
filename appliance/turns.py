"""Whose turn it is: every asset at its own fixed phase, and soon what was missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from appliance.round import Rounds, Visited
from appliance.visit.schedule import next_turn

CATCH_UP = timedelta(minutes=15)

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
