"""
One asset's turn, from due to told: visit, remember, judge, write down in one transaction.

The daemon and a single `upheld check` both go through here, so they cannot differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from appliance.clock import Clock
from appliance.judge.judging import Judge, Judged
from appliance.ledger import bodies
from appliance.ledger.entry import Message
from appliance.ledger.store import Store
from appliance.ledger.writing import Committed
from appliance.outlets.drilled import Drilled
from appliance.outlets.picture import Link
from appliance.outlets.teller import Change, Teller, Telling
from appliance.rounds.cadence import Cadence
from appliance.rounds.coverage import covered
from appliance.rounds.recall import Recall
from appliance.rounds.refusals import Refusals
from appliance.rounds.silences import Silences
from appliance.site.loading import Loaded
from appliance.site.model import Asset, Site
from appliance.site.profiles import firmware_oids, profiles
from appliance.site.secrets import Secrets
from appliance.visit.asks import Ask, asks
from appliance.visit.guard import Guard
from appliance.visit.guard.event import Event
from appliance.visit.guard.restraint import segment_of
from appliance.visit.guard.waiting import standing_alarms
from appliance.visit.lateness import Lateness
from appliance.visit.reach import NEVER, looks
from appliance.visit.slots import Slots
from appliance.visit.taking import Taken, Taking
from checks import ALL
from checks.facts.context import Moment, Own
from checks.facts.observation import Observation
from checks.facts.standing import Standing, StateKey
from checks.facts.verdict import Verdict


@dataclass(frozen=True)
class Visited:
    """What one turn brought."""

    asset: str
    started: datetime
    finished: datetime
    observations: tuple[Observation, ...]
    judged: tuple[Judged, ...]
    first_entry: int
    taken: Taken


@dataclass
class Rounds:
    """All that one running appliance remembers, and the way it takes an asset's turn."""

    loaded: Loaded
    directory: Path
    store: Store
    clock: Clock
    guard: Guard
    standings: dict[StateKey, Standing] = field(default_factory=dict)
    verdicts: dict[StateKey, Verdict] = field(default_factory=dict)
    slots: Slots = field(default_factory=Slots)
    told: Callable[[], None] = lambda: None
    drilled: Drilled = Drilled()
    links: Callable[[], Mapping[str, Link]] = dict
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._since = self.clock.monotonic()
        self.recall = Recall(self.clock)
        self.lateness = Lateness(self.clock)
        self.refusals = Refusals(self.guard)
        self.teller = Teller(self.loaded.site)
        self.teller.restraint = self.guard.restraints.there
        self.teller.standing = lambda: standing_alarms(self.site, self.guard.restraints)
        self.adopt(self.loaded)

    @property
    def site(self) -> Site:
        return self.loaded.site

    def adopt(self, loaded: Loaded) -> None:
        """Go on with this configuration; visits under way end under the targets of both."""
        self.loaded = loaded
        self.secrets = Secrets(self.directory)
        self.firmware_oids = firmware_oids(self.directory)
        self.profiles = tuple(p.plain() for p in profiles(self.directory))
        laboratory = self.site.site.laboratory
        self.guard.adopt(self.site)
        self.teller.site = self.site
        self.taking = Taking(
            self.site,
            self.guard,
            self.refusals,
            self.secrets,
            firmware_oids=self.firmware_oids,
            profiles=self.profiles,
        )
        self.planned = {
            a.id: asks(a, looks(self.site, a), laboratory=laboratory) for a in self.visitable()
        }
        self.cadence = Cadence(self.site, self.planned)
        self.trust()
        self.recall.keep_only(self.planned, self.addresses())
        self.silences = Silences(self.recall, self.visitable(), self.every)

    def trust(self) -> None:
        """Judge by every check the drills have not found broken."""
        trusted = tuple(c for c in ALL if c.id not in self.drilled.broken)
        self.judge = Judge(self.site, trusted, self.cadence.interval)

    def visitable(self) -> tuple[Asset, ...]:
        """The assets that may be touched at all."""
        return tuple(a for a in self.site.assets if a.probing != NEVER and not a.safety)

    def addresses(self) -> dict[str, str]:
        """Where the inventory has each asset."""
        return {a.id: a.address for a in self.site.assets}

    def every(self, asset: Asset) -> timedelta:
        return self.cadence.every(asset)

    async def visit(self, asset_id: str, *, due_anyway: bool = False) -> Visited | None:
        """Take one asset's turn; None when none of its questions was due."""
        asset = self.site.asset(asset_id)
        async with self._slot(asset):
            todo = [a for a in self.planned[asset_id] if due_anyway or self._due(asset, a)]
            if not todo:
                return None
            taken = await self._take(asset, todo)
        return await self._written(asset, taken)

    async def look(self, asset_id: str) -> Visited | None:
        """Only look whether the asset lives; None when there is no reason to."""
        asset = self.site.asset(asset_id)
        async with self._slot(asset):
            if not self.guard.restraints.watching(asset):
                return None
            taken = await self._take(asset, (), only_canary=True)
        return await self._written(asset, taken)

    async def _take(self, asset: Asset, todo: Sequence[Ask], *, only_canary: bool = False) -> Taken:
        return await self.taking.take(
            asset,
            todo,
            self.planned[asset.id],
            every=self.every(asset),
            last_alive=self.recall.last_alive.get(asset.id),
            gateway=self.silences.before(asset),
            only_canary=only_canary,
        )

    async def _written(self, asset: Asset, taken: Taken) -> Visited:
        # One at a time from the states before to the states after, as a replay will do it.
        async with self.writing:
            if self.addresses().get(asset.id) != asset.address:
                return await self._accounted(asset, taken)
            shut_in = {c.vantage for c in self.taking.controls.newest() if c.answered is False}
            rows = self.recall.note(asset, taken.put, taken.observations, shut_in=shut_in)
            return await self._write(asset, taken, rows)

    async def _accounted(self, asset: Asset, taken: Taken) -> Visited:
        """
        Write down what was sent in a visit whose asset a reload took away or put elsewhere.

        What was seen in it would speak for another device, or for none.
        """
        at = self.clock.now()
        entries = [bodies.load(asset.id, at, taken)] if taken.load.packets else []
        entries += [bodies.guard(event, at) for event in taken.events]
        first = self.store.size
        if entries:
            await self.store.commit(entries)
        return Visited(asset.id, taken.started, at, (), (), first_entry=first, taken=taken)

    async def record(self, events: Sequence[Event]) -> None:
        """Write down and tell what the guard did outside of a visit, or ended without an event."""
        async with self.writing:
            at = self.clock.now()
            telling = self.teller.events(events, entry=self.store.size, at=at)
            if events or telling.rows:
                entries = [bodies.guard(event, at) for event in events]
                await self.store.commit(entries, telling.messages, alerts=telling.rows)
                self.said(telling)

    async def note(
        self,
        entries: Sequence[bytes],
        told: Callable[[int], Sequence[Message]],
        contents: Mapping[str, bytes] | None = None,
    ) -> Committed:
        """Write down and tell what is no visit; `told` gets the index of the first entry."""
        async with self.writing:
            committed = await self.store.commit(entries, told(self.store.size), contents=contents)
        self.told()
        return committed

    def said(self, *tellings: Telling) -> None:
        """Written down and to be delivered; for who has held `writing` while composing it."""
        for telling in tellings:
            self.teller.written(telling)
        self.told()

    async def begin_anew(self, entries: Sequence[bytes], *, after: int = 0) -> None:
        """Go on in the ledger's next incarnation, where every verdict is written in full again."""
        async with self.writing:
            await self.store.begin_anew(entries, after=after)
            self.verdicts.clear()

    @asynccontextmanager
    async def _slot(self, asset: Asset) -> AsyncIterator[None]:
        with self.lateness.due() as begins:
            async with self.slots.taken(segment_of(asset), asset.address):
                begins()
                yield

    def overdue(self, asset: Asset) -> bool:
        """Whether the asset's turn was missed: something is known of it, and too old."""
        return any(
            self.recall.overdue(asset, a, self.cadence.wait(asset, a))
            for a in self.planned[asset.id]
        )

    def own(self) -> Own:
        """What we planned and know, per asset, and how the control hosts answered last."""
        running = self.clock.monotonic() - self._since
        return Own(
            assets=tuple(
                covered(
                    self.recall,
                    a,
                    self.planned[a.id],
                    self.cadence.wait,
                    running=running,
                    behind=self.silences.behind(a),
                )
                for a in self.visitable()
            ),
            controls=self.taking.controls.newest(),
            drills=self.drilled.own,
            zones=self.silences.zones(),
        )

    def _due(self, asset: Asset, ask: Ask) -> bool:
        wait, slack = self.cadence.wait(asset, ask), self.cadence.slack(asset)
        return self.recall.due(asset, ask, wait, slack)

    async def _write(self, asset: Asset, taken: Taken, rows: Mapping[str, bytes]) -> Visited:
        visit, seen = taken.visit, taken.observations
        moment = Moment(self.clock.now(), self.clock.quality())
        judged = self.judge.visit(
            asset.id,
            seen,
            self.recall.memory,
            self.standings,
            moment=moment,
            own=self.own(),
            visit=visit,
        )
        contents: dict[str, bytes] = {}
        entries = bodies.observations(visit, asset.id, moment.at, seen, contents)
        if taken.load.packets:
            entries.append(bodies.load(asset.id, moment.at, taken))
        entries += bodies.verdicts(visit, moment, judged, self.verdicts, contents)
        # Last: what is of the visit itself stands in one run behind its first entry.
        entries += [bodies.guard(event, moment.at) for event in taken.events]
        telling = self.teller.changes(
            [Change(j.key, j.before, j.after, _vantages(j)) for j in judged if j.changed],
            self.standings,
            entry=self.store.size,
            at=moment.at,
        )
        guard = self.teller.events(taken.events, ends=False, entry=self.store.size, at=moment.at)
        told = [
            *telling.messages,
            *guard.messages,
            *self.teller.visited(asset.id, taken, entry=self.store.size, at=moment.at),
        ]
        after = {str(j.key): bodies.standing(j.after) for j in judged}
        committed = await self.store.commit(
            entries,
            told,
            contents=contents,
            standings=after,
            remembered=rows,
            alerts={**telling.rows, **guard.rows},
        )
        self.said(telling, guard)
        self.standings.update({j.key: j.after for j in judged})
        self.verdicts.update({j.key: j.verdict for j in judged})
        return Visited(
            asset.id,
            taken.started,
            moment.at,
            seen,
            tuple(judged),
            first_entry=committed.first,
            taken=taken,
        )


def _vantages(judged: Judged) -> tuple[str, ...]:
    return tuple(sorted({o.vantage for o in judged.inputs.observations if o.vantage}))
