"""
New devices earn trust: planned, canary, supervised, active.

A mistake in the inventory, or a device that takes a harmless question badly, must show while
little is sent and somebody is watching; not on three hundred devices in one night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
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
    What an asset is: its type, address and approved versions from the inventory, and what its
    visits saw.  Empty: not known.
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
    """What is kept of one asset.  `clean` are the seconds its liveness was seen to be clean."""

    level: Level
    seen: Fingerprint
    clean: float = 0.0
    last: Stamp | None = None
    granted: bool = False
    visiting: bool = False
    first_of_its_kind: str = ""


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
        return self.saw(asset, now)

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
        self._put(asset, _Known(Level.ACTIVE, seen))
        said = f"{asset} is active after a clean supervised visit."
        return (Event("trust.active", asset, said), *self._free(asset, seen.kin))

    def saw(self, asset: str, seen: Fingerprint) -> Event | None:
        """What is known of an asset now; an event when that is another device than before."""
        known = self._get(asset)
        if self.laboratory or known is None:
            return None
        changed = known.seen.changed_to(seen)
        if not changed and known.first_of_its_kind:
            changed = self._stranger(known, seen)
        learned = known.seen.learned(seen)
        if not changed:
            if learned != known.seen:
                self._put(asset, replace(known, seen=learned))
            return None
        if known.level is Level.CANARY:
            self._put(asset, _Known(Level.CANARY, learned))
        else:
            self._put(asset, _Known(Level.SUPERVISED, learned))
        said = f"{asset} is trusted no longer, because it changed: {changed}."
        return Event("trust.withdrawn", asset, said)

    def keep_only(self, assets: Mapping[str, Fingerprint]) -> None:
        """Forget assets the inventory no longer has; if they return they begin anew."""
        for asset in self._kept.all(KIND).keys() - assets.keys():
            self._kept.drop(KIND, asset)

    def _end_canary(self, asset: str, known: _Known) -> Event:
        first = self._freed(known.seen.kin)
        if first:
            self._put(asset, _Known(Level.ACTIVE, known.seen, first_of_its_kind=first))
            said = f"{asset} is active: 24 h of clean liveness, and {first} went before it."
            return Event("trust.active", asset, said)
        self._put(asset, _Known(Level.SUPERVISED, known.seen))
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
            if known.level is Level.SUPERVISED and not known.visiting and known.seen.kin == kin:
                self._put(asset, _Known(Level.ACTIVE, known.seen, first_of_its_kind=first))
                said = f"{asset} is active: {first}, of the same type and firmware, went before it."
                events.append(Event("trust.active", asset, said))
        return tuple(events)

    def _freed(self, kin: str) -> str:
        found = self._kept.get(FREED, kin) if kin else None
        return str(found["by"]) if found else ""

    def _stranger(self, known: _Known, seen: Fingerprint) -> str:
        """A sibling was let in for the firmware its inventory states; it must also have it."""
        learned = known.seen.learned(seen)
        if not learned.firmware or self._freed(learned.kin):
            return ""
        return f"its firmware is {learned.firmware}, not that of {known.first_of_its_kind}"

    def _get(self, asset: str) -> _Known | None:
        plain = self._kept.get(KIND, asset)
        return None if plain is None else _of(plain)

    def _put(self, asset: str, known: _Known) -> None:
        plain = asdict(known)
        plain["last"] = known.last.plain() if known.last else None
        self._kept.put(KIND, asset, plain)


def _of(plain: dict[str, Any]) -> _Known:
    seen = {**plain["seen"], "approved": tuple(plain["seen"]["approved"])}
    last = Stamp.of(plain["last"]) if plain["last"] else None
    level = Level(plain["level"])
    return _Known(**{**plain, "level": level, "seen": Fingerprint(**seen), "last": last})
