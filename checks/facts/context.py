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
    younger than three of their intervals.  `behind`: its newest look heard nothing, or the first
    that heard something again is young, and what the silence lay behind was found silent itself,
    such as "zone control" or our own network.  `pending` are questions that `planned` leaves out:
    never put so far, and not late yet.
    """

    asset: str
    zone: str
    planned: int
    answered: int
    behind: str = ""
    pending: int = 0


@dataclass(frozen=True)
class OwnZone:
    """
    How the assets of one zone answered when last looked at.

    `assets` counts those that are looked at; `known` those whose newest look says something of
    them: not what is silent behind a silent gateway, while we were blind, or asleep as it may be.
    `silent` are those of them that did not answer, `again` so many of these in a look that came
    when the zone was already found silent.  `others_answer`: of the assets of other zones that were
    looked at since the first such look most answered.
    """

    zone: str
    assets: int
    known: int
    silent: tuple[str, ...] = ()
    again: int = 0
    others_answer: bool = False


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
    zones: tuple[OwnZone, ...] = ()


@dataclass(frozen=True)
class Records:
    """Dated register entries about the subject."""
