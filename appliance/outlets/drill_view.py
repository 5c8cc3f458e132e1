"""The drills of the alert path as the page tells them; never a drill's code, which the SOC must read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from appliance.outlets.picture import Picture
from appliance.outlets.text import harmless

LONGEST_WHY = 300
PERSON = "person"

_STEPS = {
    "recorded": "written into the ledger",
    "mqtt": "taken by the MQTT broker",
    "prometheus": "its rule fires in Prometheus",
    PERSON: "seen and confirmed by a person",
}


@dataclass(frozen=True)
class Step:
    """One step of the last drill; `seconds` after the verdict, or `why` it showed nothing."""

    said: str
    seconds: float | None
    why: str = ""


@dataclass(frozen=True)
class Broken:
    """A check that does not fail what is bad on purpose; it judges nothing until it does."""

    check: str
    title: str
    why: str


@dataclass(frozen=True)
class Drills:
    """`every` is in days, None where none are planned; `stands`: the last one's alert does."""

    last: datetime | None
    confirmed: datetime | None
    every: float | None
    stands: bool
    steps: tuple[Step, ...]


def drills(picture: Picture) -> Drills:
    own, drilled = picture.drilled.own, picture.drilled
    failed = dict(text.partition(": ")[::2] for text in own.broken) if own else {}
    shown = sorted(drilled.seconds.items(), key=lambda item: item[1])
    return Drills(
        last=own.last if own else None,
        confirmed=own.confirmed if own else None,
        every=own.every_seconds / 86_400 if own and own.every_seconds else None,
        stands=bool(drilled.firing),
        steps=(
            *(Step(_said(name), seconds) for name, seconds in shown),
            *(Step(_said(name), None, harmless(w, LONGEST_WHY)) for name, w in failed.items()),
        ),
    )


def broken(picture: Picture) -> tuple[Broken, ...]:
    """By the check's id."""
    return tuple(
        Broken(
            check,
            picture.checks[check].title if check in picture.checks else check,
            harmless(why, LONGEST_WHY),
        )
        for check, why in sorted(picture.drilled.broken.items())
    )


def _said(name: str) -> str:
    return _STEPS.get(name) or f"handed to {harmless(name)}"
