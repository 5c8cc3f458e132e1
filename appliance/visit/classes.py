"""The numbers of each probing class; unknown devices are fragile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ProbingClass:
    """
    What a device may be asked to bear.

    `pause` and the timeouts are seconds; `packets_a_day` is a hard stop; `every` is the default
    of a whole visit, `floor` its least interval; `handshake` and `login` the least intervals of
    such questions (login None: never).
    """

    every: timedelta
    floor: timedelta
    handshake: timedelta
    login: timedelta | None
    pause: float
    connect: float
    whole: float
    packets_a_day: int


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

FRAGILE = ProbingClass(DAY, 12 * HOUR, DAY, None, 10.0, 3.0, 30.0, 600)
STANDARD = ProbingClass(HOUR, 30 * MINUTE, HOUR, DAY, 2.0, 3.0, 15.0, 6_000)
ROBUST = ProbingClass(HOUR, 15 * MINUTE, 15 * MINUTE, HOUR, 0.5, 2.0, 10.0, 20_000)
CLASSES = {"fragile": FRAGILE, "standard": STANDARD, "robust": ROBUST}

# A laboratory lifts floors and pauses and answers fast; never what may be sent or how many connections at a time.
LABORATORY = ProbingClass(
    MINUTE, timedelta(0), timedelta(0), timedelta(0), 0.0, 0.5, 6.0, 10_000_000
)


def class_of(probing: str, *, laboratory: bool) -> ProbingClass:
    """The numbers for a probing class; `never` has none and raises `KeyError`."""
    return LABORATORY if laboratory and probing in CLASSES else CLASSES[probing]
