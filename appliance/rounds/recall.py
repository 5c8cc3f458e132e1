"""
What a restart must not forget: the newest observation of each question, and when it was put.

Verdicts about zones, conduits and the site rest on observations of many visits, and no device is
asked again before its interval is over; both would be lost with the process.  So each visit's
transaction also writes one row for each question it asked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, get_type_hints

from appliance.clock import Clock
from appliance.judge.memory import Memory
from appliance.site.model import Asset
from appliance.visit.asks import Ask
from appliance.visit.guard.elapsed import Stamp
from checks.facts.codec import build, join, plain
from checks.facts.context import Presence
from checks.facts.observation import Observation
from checks.facts.verdict import Reason
from checks.zone_silence import OURSELVES

Name = tuple[str, str, str, str]
"""Asset, port, vantage and question."""

Place = tuple[str, str, str]
"""Port, vantage and question."""

_HINTS = get_type_hints(Observation)

Plan = Mapping[str, Sequence[Ask]]
"""Everything there is to ask, by asset id."""


@dataclass(frozen=True)
class Asked:
    """When in monotonic seconds, and a digest of how: an asset that moved is asked anew."""

    at: float
    way: str


@dataclass(frozen=True)
class Looked:
    """
    The newest look at an asset: when, and whether it `answered` anything.

    When it did not: `behind` is what was known to be silent between us and it, `told` whether its
    silence says anything at all.  When it did: `behind` is what its last silence lay behind, and
    `back` when that was over.
    """

    at: datetime
    answered: bool
    behind: str
    told: bool = True
    back: datetime | None = None


@dataclass
class Recall:
    """The observations remembered, when each question was put, when each asset last lived."""

    clock: Clock
    memory: Memory = field(default_factory=Memory)
    last_alive: dict[str, datetime] = field(default_factory=dict)
    looked: dict[str, Looked] = field(default_factory=dict)
    # Where each asset was when it was seen: what stood there before it moved was another device.
    _seen_at: dict[str, str] = field(default_factory=dict)
    _answers: dict[str, dict[Place, datetime]] = field(default_factory=dict)
    _asked: dict[Name, Asked] = field(default_factory=dict)

    def note(
        self,
        asset: Asset,
        todo: Iterable[Ask],
        seen: Sequence[Observation],
        *,
        shut_in: Collection[str] = (),
    ) -> dict[str, bytes]:
        """
        Take up what a visit saw; returns the rows to be written with it.

        `shut_in` are the vantages from which not even the control hosts answer.
        """
        stamp = Stamp.now(self.clock)
        self._moved(asset.id, asset.address)
        self._seen_at[asset.id] = asset.address
        ways = {_name(asset, ask): _way(asset, ask) for ask in todo}
        self._asked |= {name: Asked(stamp.seconds, way) for name, way in ways.items()}
        self._remember(seen, shut_in)
        return {
            "/".join(name): _row(o, asset.address, stamp, ways.get(name, ""), self._answered(o))
            for o in seen
            for name in [(o.asset, o.port, o.vantage, o.question)]
        }

    def restore(
        self, rows: Mapping[str, bytes], plan: Plan, addresses: Mapping[str, str]
    ) -> list[str]:
        """Take up rows written before a restart; returns the keys of those that say nothing now."""
        names = {"/".join(name): name for name in _names(plan)}
        dropped = []
        restored = []
        for key, body in rows.items():
            try:
                row = json.loads(body)
                seen, stamp = _observation(row["observation"]), Stamp.of(row["asked"])
                way, address = str(row["way"]), str(row["address"])
                answered = row.get("answered")
                answered = datetime.fromisoformat(answered) if answered else None
            except (KeyError, TypeError, ValueError):
                # Another version wrote it.  Nothing is lost but the time until the next visit.
                dropped.append(key)
                continue
            if not _planned(seen, key, names, plan) or address != addresses.get(seen.asset):
                dropped.append(key)
                continue
            self._seen_at[seen.asset] = address
            restored.append(seen)
            if answered is not None:
                self._answers.setdefault(seen.asset, {})[_place(seen)] = answered
            if key in names:
                at = self.clock.monotonic() - _age(stamp, self.clock)
                self._asked[names[key]] = Asked(at, way)
        # From where we saw nothing then is forgotten: until it is looked at again, from everywhere
        # that had no control host to tell.
        self._remember(restored, {o.vantage for o in restored})
        return dropped

    def keep_only(self, plan: Plan, addresses: Mapping[str, str]) -> None:
        """Forget assets and questions that are no longer planned, and assets that have moved."""
        for asset, address in addresses.items():
            self._moved(asset, address)
        self.memory.keep_only(plan)
        known = set(_names(plan))
        self._asked = {name: asked for name, asked in self._asked.items() if name in known}
        self.looked = {asset: look for asset, look in self.looked.items() if asset in plan}
        self._answers = {asset: at for asset, at in self._answers.items() if asset in plan}
        self._seen_at = {asset: at for asset, at in self._seen_at.items() if asset in plan}

    def due(self, asset: Asset, ask: Ask, wait: timedelta, slack: timedelta) -> bool:
        """Whether the asset may be asked this again; at once when it is to be asked otherwise."""
        asked = self._asked.get(_name(asset, ask))
        if asked is None or asked.way != _way(asset, ask):
            return True
        return self.clock.monotonic() - asked.at >= (wait - slack).total_seconds()

    def overdue(self, asset: Asset, ask: Ask, wait: timedelta) -> bool:
        """Whether a question that was put before should have been put again by now."""
        asked = self._asked.get(_name(asset, ask))
        return asked is not None and self.clock.monotonic() - asked.at >= wait.total_seconds()

    def ever_asked(self, asset: Asset, ask: Ask) -> bool:
        return _name(asset, ask) in self._asked

    def young(self, asset: str, within: timedelta) -> set[Place]:
        """What was answered (facts, not a gap) and no longer ago, whatever came of it since."""
        now = self.clock.now()
        return {place for place, at in self._answers.get(asset, {}).items() if now - at <= within}

    def _moved(self, asset: str, address: str) -> None:
        if self._seen_at.get(asset, address) != address:
            self.memory.forget(asset)
            for of_asset in (self._answers, self.looked, self.last_alive, self._seen_at):
                of_asset.pop(asset, None)

    def _answered(self, seen: Observation) -> datetime | None:
        return self._answers.get(seen.asset, {}).get(_place(seen))

    def _remember(self, seen: Iterable[Observation], shut_in: Collection[str]) -> None:
        seen = sorted(seen, key=lambda o: o.finished)
        nowhere = {o.visit for o in seen if o.reason is Reason.BLIND}
        for observation in seen:
            self.memory.remember([observation])
            if observation.facts is not None:
                of_asset = self._answers.setdefault(observation.asset, {})
                of_asset[_place(observation)] = observation.finished
            if observation.last_alive is not None:
                self.last_alive[observation.asset] = observation.last_alive
            if isinstance(observation.facts, Presence):
                before = self.looked.get(observation.asset)
                self.looked[observation.asset] = (
                    _back(observation, before)
                    if observation.facts.answered
                    else _silent(observation, shut_in, nowhere)
                )


def _back(seen: Observation, before: Looked | None) -> Looked:
    if before is None or before.answered:
        kept = before or Looked(seen.finished, answered=True, behind="")
        return replace(kept, at=seen.finished)
    return Looked(seen.finished, answered=True, behind=before.behind, back=seen.finished)


def _silent(seen: Observation, shut_in: Collection[str], nowhere: Collection[str]) -> Looked:
    ours = seen.blind and seen.vantage in shut_in
    return Looked(
        seen.finished,
        answered=False,
        behind=OURSELVES if ours else seen.gateway,
        told=not (ours or seen.visit in nowhere),
    )


def _place(seen: Observation) -> Place:
    return (seen.port, seen.vantage, seen.question)


def _name(asset: Asset, ask: Ask) -> Name:
    return (asset.id, ask.look.port.id, ask.look.vantage.id, ask.question.id)


def _names(plan: Plan) -> Iterable[Name]:
    for asset, asks in plan.items():
        for ask in asks:
            yield (asset, ask.look.port.id, ask.look.vantage.id, ask.question.id)


def _planned(seen: Observation, key: str, names: Mapping[str, Name], plan: Plan) -> bool:
    """Also what a visit says of itself, such as whether the asset answered at all."""
    if seen.port:
        return key in names
    return any(ask.look.vantage.id == seen.vantage for ask in plan.get(seen.asset, ()))


def _way(asset: Asset, ask: Ask) -> str:
    """All that decides how a question is put, and to whom."""
    told = repr((asset.address, asset.probing, asset.allow, ask.look, ask.forbidden))
    return sha256(told.encode()).hexdigest()


def _age(stamp: Stamp, clock: Clock) -> float:
    """
    Seconds since then; more than any interval when nobody can tell.

    Unlike a budget's, this answer must not err towards waiting: an appliance without a time server
    that is switched off every night would never ask a daily question again.
    """
    if stamp.boot == clock.boot():
        return clock.monotonic() - stamp.seconds
    passed = (clock.now() - stamp.wall).total_seconds()
    return passed if passed >= 0 else math.inf


def _row(
    seen: Observation, address: str, stamp: Stamp, way: str, answered: datetime | None
) -> bytes:
    row = {
        "observation": plain(seen),
        "address": address,
        "asked": stamp.plain(),
        "way": way,
        "answered": plain(answered),
    }
    return json.dumps(row, sort_keys=True, ensure_ascii=False).encode()


def _observation(row: Mapping[str, Any]) -> Observation:
    row = {"gateway": "", **row}
    values = {name: build(_HINTS[name], row[name]) for name in _HINTS if name != "facts"}
    facts = row["facts"]
    return Observation(
        **values, facts=None if facts is None else join(row["facts_type"], facts, {})
    )
