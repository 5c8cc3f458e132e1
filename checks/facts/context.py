"""What a check may read besides protocol facts: the moment, our own doings, the registers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checks.facts.drills import OwnDrills
from checks.facts.observation import ClockQuality, Facts, reading


@dataclass(frozen=True)
class Moment:
    """The time judged for (UTC), and how far our clock could be trusted then."""

    at: datetime
    clock: ClockQuality


@dataclass(frozen=True)
class Presence(Facts):
    """
    Whether the asset answered anything in one visit; every visit ends with one.

    `by` names what answered, such as "tcp-4840"; empty when nothing did.  `last` is the last
    sign of life before or in this visit.
    """

    answered: bool
    by: tuple[str, ...]
    last: datetime | None = reading()


@dataclass(frozen=True)
class OwnAsset:
    """How much of what was planned for one asset is known and in age.

    `planned` counts its questions; `answered` those whose newest answer (facts, not a gap) is
    younger than three of their intervals.
    """

    asset: str
    zone: str
    planned: int
    answered: int


@dataclass(frozen=True)
class OwnControl:
    """One control host as one vantage saw it in the newest run; None when it was not asked."""

    target: str
    vantage: str
    answered: bool | None
    said: str = ""


@dataclass(frozen=True)
class Own:
    """What we planned, did and sent ourselves."""

    assets: tuple[OwnAsset, ...] = ()
    controls: tuple[OwnControl, ...] = ()
    drills: OwnDrills | None = None


@dataclass(frozen=True)
class Records:
    """Dated register entries about the subject."""
