"""What the drills and the self-test have shown so far, as the rounds and the outlets read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from appliance.outlets.series import family, labels
from checks.facts.drills import OwnDrills


@dataclass(frozen=True)
class Drilled:
    """
    `firing` is the code of the drill whose alert stands now; `seconds` is how long after the
    verdict each step of the last drill was shown, by its name.

    `broken` maps checks that known-bad facts do not fail to why; `tested` is when that was tried.
    """

    own: OwnDrills | None = None
    firing: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    tested: datetime | None = None


def families(drilled: Drilled) -> Iterator[str]:
    """The page of metrics' part of it.  A code is ours and short-lived, so it may be a label."""
    own = drilled.own or OwnDrills(None, 0)
    yield _moment(
        "upheld_drill_last_run_timestamp_seconds", "When the alert path was last drilled.", own.last
    )
    yield _moment(
        "upheld_drill_last_confirmed_timestamp_seconds",
        "When somebody last confirmed a drill by the code on the SOC's screen.",
        own.confirmed,
    )
    yield family(
        "upheld_drill_interval_seconds",
        "How often a drill is planned.",
        [("", str(own.every_seconds))] if own.every_seconds else [],
    )
    yield family(
        "upheld_drill_confirm_within_seconds",
        "How long the confirmation of a drill counts, where drills are planned.",
        [("", str(own.within_seconds))] if own.every_seconds else [],
    )
    yield family(
        "upheld_drill_firing",
        "1 while the alert of a drill stands: no device is concerned.",
        [(labels(drill="true", code=drilled.firing), "1")] if drilled.firing else [],
    )
    yield family(
        "upheld_drill_hop_seconds",
        "How long after the verdict a step of the last drill was shown.",
        ((labels(hop=name), repr(value)) for name, value in sorted(drilled.seconds.items())),
    )
    yield family(
        "upheld_check_broken",
        "1 for each check that does not fail facts known to be bad.",
        ((labels(check=check), "1") for check in sorted(drilled.broken)),
    )
    yield _moment(
        "upheld_selftest_last_run_timestamp_seconds",
        "When every check was last tried on facts known to be bad.",
        drilled.tested,
    )


def _moment(name: str, says: str, at: datetime | None) -> str:
    return family(name, says, [("", repr(at.timestamp()))] if at else [])
