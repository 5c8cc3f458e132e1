"""
New devices earn trust: planned, canary, supervised, active.

A mistake in the inventory, or a device that takes a harmless question badly, must show while
little is sent and somebody is watching; not on three hundred devices in one night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept

KIND = "trust"
FREED = "trust-freed"
CANARY_SECONDS = 24 * 3600.0
LONGEST_GAP = 3600.0
"""Two clean rounds further apart than this say nothing of the time between them."""


class Level(StrEnum):
    PLANNED = "planned"
    CANARY = "canary"
    SUPERVISED = "supervised"
    ACTIVE = "active"


@dataclass(frozen=True)
class Fingerprint:
    """
    What an asset is, by its inventory entry (type, address, approved versions, serial and order
    number) or by what a visit saw (firmware, serial, order number).  Empty: not known.
    """

    type: str = ""
    address: str = ""
    approved: tuple[str, ...] = ()
    firmware: str = ""
    serial: str = ""
    order_number: str = ""

    @property
    def kin(self) -> str:
        """Type and firmware as its siblings share them; empty while one of the two is not sure."""
        firmware = self.firmware or (self.approved[0] if len(self.approved) == 1 else "")
        return f"{self.type} {firmware}" if self.type and firmware else ""

    def changed_to(self, other: Fingerprint) -> str:
        """What is certainly another than before, in words; empty when nothing is."""
        said = []
        for name in ("type", "address", "firmware", "serial", "order_number"):
            before, after = getattr(self, name), getattr(other, name)
            if before and after and before != after:
                said.append(f"its {name.replace('_', ' ')} from {before} to {after}")
        return ", ".join(said)

    def learned(self, other: Fingerprint) -> Fingerprint:
        """With what `other` knows; what it does not know stays."""
        known = {name: value for name, value in asdict(other).items() if value}
        return replace(self, **known)


@dataclass(frozen=True)
class Permit:
    """What an asset's level allows now."""

    level: Level
    canary: bool
    visit: bool
    why: str


@dataclass(frozen=True)
class _Known:
    """
    What is kept of one asset.  `clean` are the seconds its liveness was seen to be clean.

    The inventory (`plan`) is compared with the inventory, what was seen with what was seen; that
    the two differ is for a check to say, and is no change.
    """

    level: Level
    plan: Fingerprint
    seen: Fingerprint = field(default_factory=Fingerprint)
    clean: float = 0.0
    last: Stamp | None = None
    granted: bool = False
    visiting: bool = False
    first_of_its_kind: str = ""

    @property
    def kin(self) -> str:
        return replace(self.seen, type=self.plan.type, approved=self.plan.approved).kin


class Trusts:
    """The level of every asset, kept by its id.  In a laboratory everything is active."""

    def __init__(self, kept: Kept, clock: Clock, *, laboratory: bool = False) -> None:
        self._kept = kept
        self._clock = clock
        self.laboratory = laboratory
        for asset, plain in kept.all(KIND).items():
            # We died in its supervised visit: nobody saw it end, so it waits for another one.
            if plain["visiting"]:
                kept.put(KIND, asset, {**plain, "visiting": False})

    def permit(self, asset: str) -> Permit:
        """What may be sent to the asset at all."""
        if self.laboratory:
            return Permit(Level.ACTIVE, True, True, "a laboratory trusts everything")
        known = self._get(asset)
        if known is None or known.level is Level.PLANNED:
            return Permit(Level.PLANNED, False, False, f"{asset} is planned and not begun yet")
        if known.level is Level.CANARY:
            hours = (CANARY_SECONDS - known.clean) / 3600
            why = f"{asset} is only checked for life for another {hours:.1f} h"
            return Permit(Level.CANARY, True, False, why)
        if known.level is Level.SUPERVISED:
            granted = known.granted
            why = (
                f"{asset} has its one supervised visit before it"
                if granted
                else f"{asset} waits for somebody to watch its first visit: upheld trust {asset}"
            )
            return Permit(Level.SUPERVISED, True, granted, why)
        return Permit(Level.ACTIVE, True, True, f"{asset} is active")

    def begin(self, asset: str, now: Fingerprint) -> Event | None:
        """
        The asset's turn has come: a planned one starts its day of liveness.

        One whose inventory entry now means another device goes back to supervised.
        """
        if self.laboratory:
            return None
        known = self._get(asset)
        if known is None:
            self._put(asset, _Known(Level.CANARY, now))
            return Event("trust.canary", asset, f"{asset} is only checked for life for 24 h.")
        if known.plan == now:
            return None
        changed = known.plan.changed_to(now)
        if not changed:
            self._put(asset, replace(known, plan=now))
            return None
        return self._withdrawn(asset, _Known(known.level, now), changed)

    def alive(self, asset: str, *, clean: bool) -> Event | None:
        """
        One liveness round; 24 h of clean ones end the canary level.

        A round that is not clean starts the day anew; time nobody looked counts for nothing.
        """
        known = self._get(asset)
        if self.laboratory or known is None or known.level is not Level.CANARY:
            return None
        passed = known.last.ago(self._clock) if known.last and clean else 0.0
        passed = passed if passed <= LONGEST_GAP else 0.0
        total = known.clean + passed if clean else 0.0
        known = replace(known, clean=total, last=Stamp.now(self._clock) if clean else None)
        if total < CANARY_SECONDS:
            self._put(asset, known)
            return None
        return self._end_canary(asset, known)

    def trust(self, asset: str, who: str, why: str) -> Event | str:
        """Let the asset have its one supervised visit; a text says why that cannot be."""
        known = self._get(asset)
        if self.laboratory or (known and known.level is Level.ACTIVE):
            return f"{asset} is active already"
        if known is None or known.level is not Level.SUPERVISED:
            return f"{self.permit(asset).why}; trust it after that"
        if known.granted:
            return f"{asset} has its supervised visit before it already"
        self._put(asset, replace(known, granted=True))
        reason = f": {why}" if why else ""
        said = f"{who} watches the first visit of {asset}{reason}."
        return Event("trust.granted", asset, said)

    def started(self, asset: str) -> None:
        """A whole visit begins: the one that was granted is used up, even if we die in it."""
        known = self._get(asset)
        if known is not None and known.level is Level.SUPERVISED and not self.laboratory:
            self._put(asset, replace(known, granted=False, visiting=True))

    def ended(self, asset: str, seen: Fingerprint, *, clean: bool) -> tuple[Event, ...]:
        """
        A whole visit ended.  `clean`: everything was answered as before and the after-canary too.

        A clean supervised one makes the asset active, and its siblings that wait for one.
        """
        known = self._get(asset)
        if self.laboratory or known is None or known.level is Level.CANARY:
            return ()
        if not known.visiting:
            changed = self.saw(asset, seen)
            return (changed,) if changed else ()
        seen = known.seen.learned(seen)
        if not clean:
            self._put(asset, replace(known, visiting=False, seen=seen))
            said = f"The supervised visit of {asset} was not clean; it waits for another one."
            return (Event("trust.unclean", asset, said),)
        active = _Known(Level.ACTIVE, known.plan, seen)
        self._put(asset, active)
        said = f"{asset} is active after a clean supervised visit."
        return (Event("trust.active", asset, said), *self._free(asset, active.kin))

    def saw(self, asset: str, seen: Fingerprint) -> Event | None:
        """What a visit saw of an asset; an event when that is another device than before."""
        known = self._get(asset)
        if self.laboratory or known is None:
            return None
        learned = replace(known, seen=known.seen.learned(seen))
        changed = known.seen.changed_to(seen) or self._stranger(learned)
        if changed:
            return self._withdrawn(asset, learned, changed)
        if learned != known:
            self._put(asset, learned)
        return None

    def keep_only(self, assets: Mapping[str, Fingerprint]) -> None:
        """Forget assets the inventory no longer has; if they return they begin anew."""
        for asset in self._kept.all(KIND).keys() - assets.keys():
            self._kept.drop(KIND, asset)

    def _withdrawn(self, asset: str, known: _Known, changed: str) -> Event:
        canary = known.level is Level.CANARY
        level = Level.CANARY if canary else Level.SUPERVISED
        self._kept.insist(KIND, asset, _plain(_Known(level, known.plan, known.seen)))
        said = f"{asset} is trusted no longer, because it changed: {changed}."
        return Event("trust.withdrawn", asset, said)

    def _end_canary(self, asset: str, known: _Known) -> Event:
        first = self._freed(known.kin)
        if first:
            self._put(asset, _Known(Level.ACTIVE, known.plan, known.seen, first_of_its_kind=first))
            said = f"{asset} is active: 24 h of clean liveness, and {first} went before it."
            return Event("trust.active", asset, said)
        self._put(asset, _Known(Level.SUPERVISED, known.plan, known.seen))
        said = f"{asset} was alive for 24 h and waits for a supervised visit: upheld trust {asset}"
        return Event("trust.supervised", asset, f"{said}.")

    def _free(self, first: str, kin: str) -> tuple[Event, ...]:
        if not kin:
            return ()
        self._kept.put(FREED, kin, {"by": first})
        events = []
        for asset in self._kept.all(KIND):
            known = self._get(asset)
            assert known is not None
            if known.level is Level.SUPERVISED and not known.visiting and known.kin == kin:
                self._put(
                    asset, _Known(Level.ACTIVE, known.plan, known.seen, first_of_its_kind=first)
                )
                said = f"{asset} is active: {first}, of the same type and firmware, went before it."
                events.append(Event("trust.active", asset, said))
        return tuple(events)

    def _freed(self, kin: str) -> str:
        found = self._kept.get(FREED, kin) if kin else None
        return str(found["by"]) if found else ""

    def _stranger(self, known: _Known) -> str:
        """A sibling was let in for the firmware its inventory states; it must also have it."""
        if not (first := known.first_of_its_kind) or not known.seen.firmware:
            return ""
        if self._freed(known.kin):
            return ""
        return f"its firmware is {known.seen.firmware}, not that of {first}"

    def _get(self, asset: str) -> _Known | None:
        plain = self._kept.get(KIND, asset)
        return None if plain is None else _of(plain)

    def _put(self, asset: str, known: _Known) -> None:
        self._kept.put(KIND, asset, _plain(known))


def _plain(known: _Known) -> dict[str, Any]:
    return asdict(known) | {"last": known.last.plain() if known.last else None}


def _of(plain: dict[str, Any]) -> _Known:
    last = Stamp.of(plain["last"]) if plain["last"] else None
    both = {key: _fingerprint(plain[key]) for key in ("plan", "seen")}
    return _Known(**{**plain, **both, "level": Level(plain["level"]), "last": last})


def _fingerprint(plain: dict[str, Any]) -> Fingerprint:
    return Fingerprint(**{**plain, "approved": tuple(plain["approved"])})
