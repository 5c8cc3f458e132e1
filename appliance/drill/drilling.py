"""
A drill from its beginning to its end, on schedule or when somebody asks for one.

One at a time.  What must outlive the process is in the book before it is told to anybody, and a
drill that a stop or a crash broke off goes on where it was.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import structlog

from appliance.drill import entries, selftest, telling
from appliance.drill.book import PERSON, RECORDED, Book, Drill, Hop, Sent
from appliance.drill.hops import Following, Patience, names
from appliance.drill.looking import look
from appliance.drill.timing import due
from appliance.ledger.entry import Message
from appliance.outlets.drilled import Drilled
from appliance.publishing import Publishing
from appliance.rounds.round import Rounds
from checks.facts.drills import OwnDrills
from checks.facts.verdict import Outcome

# Without vowels and look-alikes: it is read aloud over a telephone and spells nothing.
ALPHABET = "3479CDFHJKMNPRTWXY"
CODE_LENGTH = 6
MOST_WRONG = 10
LOOK_SECONDS = 5.0

log = structlog.get_logger()


class Refused(Exception):
    """Why a drill is not begun or not confirmed, in words for the one who asked."""


class Drilling:
    """The drills of one running appliance."""

    def __init__(
        self, rounds: Rounds, publishing: Publishing, patience: Patience | None = None
    ) -> None:
        """Raises `BookError`."""
        self._rounds = rounds
        self._publishing = publishing
        self._patience = patience or Patience()
        self._lock = asyncio.Lock()
        self._seen = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self.book = Book(rounds.store.path.parent)
        self.show()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: finish what was begun, begin what is planned."""
        try:
            await selftest.run(self._rounds)
            await self._resume()
            while not stop.is_set():
                await self._plan()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        finally:
            if self._following is not None:
                self._following.cancel()
                await asyncio.gather(self._following, return_exceptions=True)

    async def begin(self, why: str) -> Drill:
        """
        Let our own responder fail, and tell it; the steps are followed in the background.

        Raises `Refused`, `BookError` and `LedgerError`.
        """
        if self._lock.locked():
            raise Refused("a drill is just being begun; wait for it")
        async with self._lock:
            self._may_begin()
            site, now = self._rounds.site, self._rounds.clock.now()
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            steps = tuple(Hop(name) for name in names(site))
            drill = Drill(str(uuid4()), code, now, now + site.drill.lasts, why, hops=steps)
            self._put(drill)
            log.info("drill begun", drill=drill.id, why=why)
            try:
                await selftest.run(self._rounds)
                return await self._fail(drill)
            except Exception as error:
                self._put(_without_hope(drill, f"it could not be begun: {error}"))
                raise

    async def confirm(self, code: str, who: str) -> str:
        """
        Somebody read the code from the SOC's screen; what this shows, in words.

        Raises `Refused`, `BookError` and `LedgerError`.
        """
        said = code.strip().upper().replace("-", "").replace(" ", "")
        now = self._rounds.clock.now()
        drill = self._named(said, now)
        after = max(round((now - drill.begun).total_seconds()), 0)
        person = Hop(PERSON, shown=True, said=f"confirmed by {who}", ms=after * 1000)
        drill = replace(drill.with_hop(person), confirmed=now, confirmed_by=who)
        await self._rounds.note([entries.confirmed(drill, now)], lambda _: ())
        self._put(drill)
        self._seen.set()
        log.info("drill confirmed", drill=drill.id, by=who)
        return f"The drill of {drill.begun:%Y-%m-%d %H:%M:%S} UTC was seen: confirmed by {who} after {after} s."

    def show(self) -> None:
        """Hand the checks, the metrics and the page what is known now."""
        pages, plan, newest = self.book.pages, self._rounds.site.drill, self.book.newest
        firing = newest.code if newest is not None and newest.fires else ""
        shown = {h.name: h.ms / 1000 for h in newest.hops if h.ms is not None} if newest else {}
        own = OwnDrills(
            every_seconds=int(plan.every.total_seconds()) if plan.every else None,
            within_seconds=int(plan.confirm_within.total_seconds()),
            since=pages.since,
            first=pages.first,
            last=newest.begun if newest else None,
            confirmed=pages.confirmed,
            broken=_broken(newest),
        )
        before = self._rounds.drilled
        self._rounds.drilled = Drilled(own, firing, shown, before.broken, before.tested)

    def _may_begin(self) -> None:
        site, newest = self._rounds.site, self.book.newest
        if len(names(site)) == 2:
            raise Refused(
                "nobody would see the drill: the configuration names no outlets.mqtt, no "
                "outlets.soc and no drill.prometheus"
            )
        if newest is not None and newest.under_way:
            raise Refused(
                f"the drill of {newest.begun:%H:%M:%S} UTC is still under way: its alert stands "
                f"until {newest.ends:%H:%M:%S} UTC; confirm it with upheld drill confirm CODE, or "
                "wait"
            )

    async def _fail(self, drill: Drill) -> Drill:
        rounds = self._rounds
        seen = await look(drill.id, rounds.clock)
        since, now = rounds.clock.monotonic(), rounds.clock.now()
        contents: dict[str, bytes] = {}
        entry = entries.failed(drill, seen, now, contents)
        if seen.verdict.outcome is not Outcome.FAIL:
            return await self._stillborn(drill, entry, contents, seen.verdict.said)
        said = seen.verdict.said
        if rounds.guard.held:
            said += " The appliance is on hold; a drill sends nothing to any device."
        told_outlets: list[str] = []

        def told(first: int) -> list[Message]:
            made = telling.fires(rounds.site, drill, said, entry=first, at=now)
            told_outlets.extend(m.outlet for m in made)
            return made

        committed = await rounds.note([entry], told, contents)
        recorded = Hop(
            RECORDED,
            shown=True,
            said=f"ledger entry {committed.first}",
            ms=round((rounds.clock.monotonic() - since) * 1000),
        )
        sent = tuple(
            Sent(outlet, row, sequence)
            for outlet, (row, sequence) in zip(told_outlets, committed.messages, strict=True)
        )
        drill = replace(drill.with_hop(recorded), entry=committed.first, sent=sent)
        self._put(drill)
        self._follow(drill, since)
        return drill

    async def _stillborn(
        self, drill: Drill, entry: bytes, contents: dict[str, bytes], said: str
    ) -> Drill:
        """Our own check did not fail what is bad on purpose: nothing can be told of it."""
        drill = _without_hope(drill, f"our own responder was not found failing: {said}")
        await self._rounds.note([entry], lambda _: (), contents)
        self._put(drill)
        log.error("drill came to nothing", drill=drill.id, why=said)
        return drill

    def _follow(self, drill: Drill, since: float | None) -> None:
        self._seen.clear()
        if drill.confirmed is not None:
            self._seen.set()
        self._following = asyncio.create_task(self._followed(drill, since))

    async def _followed(self, drill: Drill, since: float | None) -> None:
        try:
            ending = asyncio.create_task(self._end_in_time(drill.id))
            try:
                await self._hops(drill, since)
                await ending
            finally:
                ending.cancel()
        except Exception:
            log.exception("drill broke", drill=drill.id)

    async def _hops(self, drill: Drill, since: float | None) -> None:
        following = Following(self._rounds, self._publishing, drill, since, self._patience)
        async for hop in following.hops():
            self._put(self._now(drill.id).with_hop(hop))
            level = log.info if hop.shown else log.warning
            level("drill step", drill=drill.id, step=hop.name, said=hop.said, ms=hop.ms)
        at = self._rounds.clock.now()
        await self._rounds.note([entries.followed(self._now(drill.id), at)], lambda _: ())

    async def _end_in_time(self, drill_id: str) -> None:
        while not self._seen.is_set():
            left = (self._now(drill_id).ends - self._rounds.clock.now()).total_seconds()
            if left <= 0:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._seen.wait(), min(left, LOOK_SECONDS))
        drill = self._now(drill_id)
        why = (
            "somebody has seen it" if drill.confirmed else "its time is up, and nobody confirmed it"
        )
        await self._end(drill, why)

    async def _end(self, drill: Drill, why: str) -> None:
        site, at = self._rounds.site, self._rounds.clock.now()
        await self._rounds.note(
            [entries.ended(drill, at, why)],
            lambda first: telling.ends(site, drill, f"{why}.", entry=first, at=at),
        )
        self._put(replace(self._now(drill.id), ended=True))
        log.info("drill ended", drill=drill.id, why=why)

    async def _resume(self) -> None:
        async with self._lock:
            drill = self.book.newest
            following = self._following is not None and not self._following.done()
            if drill is None or not drill.under_way or following:
                return
            log.info("drill goes on after a restart", drill=drill.id)
            if drill.entry is not None:
                self._follow(drill, None)
                return
            why = "the appliance stopped while it began"
            # It may have been told in the moment before the book could say so.
            await self._end(drill, why)
            self._put(_without_hope(drill, why))

    async def _plan(self) -> None:
        plan, zone = self._rounds.site.drill, self._rounds.site.site.timezone
        now = self._rounds.clock.now()
        self.book.planned(now if plan.every else None)
        self.show()
        newest, since = self.book.newest, self.book.pages.since
        if since is None or not due(plan, zone, newest.begun if newest else None, since, now):
            return
        try:
            await self.begin("on schedule")
        except Refused as refused:
            log.info("drill not begun", why=str(refused))

    def _named(self, code: str, now: datetime) -> Drill:
        newest = self.book.newest
        if newest is None:
            raise Refused("no drill was ever run here; begin one with upheld drill")
        within = self._rounds.site.drill.confirm_within
        known = [d for d in self.book.pages.drills if secrets.compare_digest(d.code, _ascii(code))]
        if known and known[-1].wrong < MOST_WRONG:
            drill = known[-1]
            if drill.confirmed is not None:
                raise Refused(f"this drill was confirmed before, by {drill.confirmed_by}")
            if drill.entry is None or now - drill.begun > within:
                raise Refused("this drill is too old to confirm; begin a new one with upheld drill")
            return drill
        if newest.wrong >= MOST_WRONG:
            raise Refused("too many wrong codes; begin a new drill with upheld drill")
        self._put(replace(newest, wrong=newest.wrong + 1))
        log.warning("drill code is wrong", drill=newest.id)
        raise Refused(
            f"no drill has this code; it has {CODE_LENGTH} characters and stands in the alert on "
            "the SOC's screen, behind the word DRILL"
        )

    def _now(self, drill_id: str) -> Drill:
        """The drill as the book has it: steps and a confirmation come in any order."""
        return next(d for d in self.book.pages.drills if d.id == drill_id)

    def _put(self, drill: Drill) -> None:
        self.book.put(drill)
        self.show()


def _without_hope(drill: Drill, why: str) -> Drill:
    """No step of it will show anything any more."""
    hops = tuple(h if h.shown else replace(h, shown=False, said=why) for h in drill.hops)
    return replace(drill, hops=hops, ended=True)


def _ascii(code: str) -> str:
    return code if code.isascii() else ""


def _broken(newest: Drill | None) -> tuple[str, ...]:
    """The steps that showed nothing, unless somebody saw the alert all the same."""
    if newest is None or newest.confirmed is not None:
        return ()
    return tuple(f"{h.name}: {h.said}" for h in newest.hops if h.shown is False)
