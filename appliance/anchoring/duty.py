"""
Keeps the head outside: asks each anchor when it is due, and writes down what came back.

An anchor has its own task, so a slow one delays no other, and nothing here delays a visit.  A
receipt is an entry, and would itself want to be anchored for ever; so while nothing but receipts
was written since, an anchor is asked only to see that it still works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from appliance.anchoring.anchor import Anchor, Contradicted, Failed
from appliance.anchoring.copies import Copies
from appliance.anchoring.made import anchors
from appliance.ledger import bodies
from appliance.ledger.anchors.receipt import Receipt
from appliance.outlets.picture import AnchorPicture
from appliance.publishing import Publishing
from appliance.rounds.round import Rounds
from appliance.visit.guard.event import Event

log = structlog.get_logger()

LOOK_SECONDS = 1.0
RETRY_SECONDS = 15.0
BROKEN_AFTER = 3
"""Failures in a row before people are told: one lost connection is nothing to tell a SOC."""


@dataclass
class Kept:
    """How one anchor stands; `last` is when it was last seen to have our head."""

    last: datetime | None = None
    size: int = 0
    failures: int = 0
    trouble: str = ""
    told: bool = False
    due: float = 0.0
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Anchoring:
    """The anchors of the configuration in force."""

    def __init__(self, rounds: Rounds, publishing: Publishing, copies: Copies) -> None:
        self._rounds = rounds
        self._publishing = publishing
        self._copies = copies
        self._kept: dict[str, Kept] = {}
        self._anchors: Sequence[Anchor] = ()
        self._digest = ""
        # Up to `_seen` we know what was written; entries of others end at `_others`.
        self._seen = self._others = 0
        self._log = ""

    async def restore(self) -> None:
        """What the ledger says of earlier receipts."""
        rows = await self._rounds.store.read(
            lambda c: c.execute(
                "SELECT target, max(size), max(sent_at) FROM anchor GROUP BY target"
            ).fetchall()
        )
        for target, size, sent_at in rows:
            self._kept[target] = Kept(datetime.fromisoformat(sent_at), size)
        self._begin_log()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        await self.restore()
        try:
            while not stop.is_set():
                self.follow()
                self._start_due()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        finally:
            tasks = [k.task for k in self._kept.values() if k.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def follow(self) -> None:
        """Take up the anchors of the configuration in force.  Raises `SiteError`."""
        rounds = self._rounds
        if rounds.loaded.digest != self._digest:
            self._anchors = anchors(
                rounds.site,
                rounds.secrets,
                rounds.store,
                handed=self._publishing.handed,
                looked=self._publishing.looked,
            )
            self._digest = rounds.loaded.digest

    @property
    def anchors(self) -> Sequence[Anchor]:
        return self._anchors

    def pictures(self) -> tuple[AnchorPicture, ...]:
        """For the page and the metrics."""
        return tuple(
            AnchorPicture(a.id, a.kind, kept.last, kept.size, kept.trouble)
            for a in self._anchors
            for kept in [self._kept.get(a.id, Kept())]
        )

    def _start_due(self) -> None:
        now = self._rounds.clock.monotonic()
        if self._publishing.broker_waits_for_a_look():
            self._kept.setdefault("mqtt", Kept()).due = now
        for anchor in self._anchors:
            kept = self._kept.setdefault(anchor.id, Kept())
            busy = kept.task is not None and not kept.task.done()
            if not busy and now >= kept.due:
                kept.due = now + anchor.every
                kept.task = asyncio.create_task(self._take(anchor, kept))

    async def _take(self, anchor: Anchor, kept: Kept) -> None:
        try:
            receipt = await anchor.take()
            if await self._put_down(receipt, kept):
                await self._works(anchor, kept)
        except Contradicted as found:
            await self._copies.found(found.outside, str(found))
            self._begin_log()
        except Failed as error:
            await self._broken(anchor, kept, str(error))
        except Exception as error:
            log.exception("anchor broke", anchor=anchor.id)
            await self._broken(anchor, kept, f"{type(error).__name__}: {error}")

    async def _put_down(self, receipt: Receipt, kept: Kept) -> bool:
        """Whether the receipt is of all there is to anchor; it is an entry when it is news."""
        store = self._rounds.store
        if receipt.checkpoint.origin != store.verifier.name:
            return False
        self._look()
        if receipt.size <= kept.size and self._others > kept.size:
            # The same head as before, though there is more: nothing got out since.
            return kept.last is not None and not kept.trouble
        at = self._rounds.clock.now()
        if receipt.size > kept.size and self._others > kept.size:
            body = bodies.entry(f"anchor.{receipt.kind}", at, receipt.plain)
            # Who composes messages about entries to come relies on nobody writing in between.
            async with self._rounds.writing:
                done = await store.commit(
                    [body], contents=receipt.contents, anchors=[receipt.row(at)]
                )
            self._own(done.first, done.size)
            kept.size = receipt.size
        kept.last = at
        return True

    def _look(self) -> None:
        size = self._rounds.store.size
        if size > self._seen:
            self._others = self._seen = size

    def _own(self, first: int, size: int) -> None:
        if first > self._seen:
            self._others = first
        self._seen = max(size, self._seen)

    def _begin_log(self) -> None:
        """A log of another name knows no receipts yet."""
        name = self._rounds.store.verifier.name
        if name != self._log and self._log:
            self._seen = self._others = 0
            for kept in self._kept.values():
                kept.size, kept.due = 0, 0.0
        self._log = name

    async def _works(self, anchor: Anchor, kept: Kept) -> None:
        kept.failures, kept.trouble = 0, ""
        if kept.told:
            kept.told = False
            said = f"The evidence is anchored at {anchor.id} again."
            log.info("anchor works", anchor=anchor.id)
            await self._rounds.record([Event("anchor.works", anchor.id, said)])

    async def _broken(self, anchor: Anchor, kept: Kept, why: str) -> None:
        kept.failures += 1
        kept.trouble = why
        kept.due = self._rounds.clock.monotonic() + min(
            anchor.every, RETRY_SECONDS * 2 ** min(kept.failures - 1, 5)
        )
        if kept.failures == 1:
            log.warning("anchor failed", anchor=anchor.id, why=why)
        if kept.failures == BROKEN_AFTER:
            kept.told = True
            since = f"since {kept.last:%Y-%m-%d %H:%M} UTC" if kept.last else "yet"
            said = f"The evidence could not be anchored at {anchor.id} {since}: {why}."
            await self._rounds.record([Event("anchor.broken", anchor.id, said)])
