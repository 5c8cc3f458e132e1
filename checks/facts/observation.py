"""
What was seen, by whom, from where and when: the record every verdict rests on.

A field marked with `reading()` holds what changes at every look (times, counters, latencies);
all other fields of facts are stable and are stored once per content.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from checks.facts.verdict import Reason


def reading(default: Any = None) -> Any:
    """A field of a facts class that is kept apart from the stable ones."""
    return field(default=default, metadata={"reading": True})


@dataclass(frozen=True)
class Facts:
    """
    What a collector saw.

    `protocols` names the protocols of the services it can be seen on; empty: on any asset.
    """

    protocols: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class ClockQuality:
    """How far our own clock could be trusted; `max_error_ms` is None when nobody knows."""

    synchronised: bool
    max_error_ms: int | None = None


@dataclass(frozen=True)
class Observation:
    """
    Facts, or the reason there are none.

    Exactly one of `facts` and `reason` is set; `said` carries the collector's own words for a
    gap.  `conduit` is None when the vantage shares the asset's zone.  `permitted`: the conduit
    allows this port from this vantage.  `service` is None for a port that is no
    declared service; `port` names it either way, such as tcp-4840.  `alive`: the asset answered something in this visit, so
    silence elsewhere is the port's and not the device's.  `last_alive`: its last sign of life
    from any vantage.  `blind`: a control host of this run did not answer, so its silences mean
    nothing.  `gateway`: the asset in front of this one that was itself silent when last looked at,
    while this one answered nothing either.  Times are UTC.
    """

    asset: str
    service: str | None
    vantage: str
    vantage_kind: str
    conduit: str | None
    permitted: bool
    collector: str
    question: str
    facts_type: str
    visit: str
    started: datetime
    finished: datetime
    clock: ClockQuality
    alive: bool
    last_alive: datetime | None
    blind: bool
    facts: Facts | None
    reason: Reason | None = None
    said: str = ""
    port: str = ""
    gateway: str = ""

    def __post_init__(self) -> None:
        if (self.facts is None) == (self.reason is None):
            raise ValueError(
                f"observation {self.question} of {self.asset}: facts or a reason, never both"
            )


T_co = TypeVar("T_co", bound=Facts, covariant=True)


@dataclass(frozen=True)
class Seen(Generic[T_co]):
    """
    An observation as a check reads it when a gap, a vantage or a moment matters to it.

    Either `facts` or `reason` is set.  `clock` is how far our own could be trusted when it was seen.
    """

    asset: str
    service: str | None
    vantage: str
    vantage_kind: str
    conduit: str | None
    permitted: bool
    at: datetime
    alive: bool
    last_alive: datetime | None
    blind: bool
    facts: T_co | None
    reason: Reason | None
    said: str
    clock: ClockQuality
