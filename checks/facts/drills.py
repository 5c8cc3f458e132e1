"""What our own drills of the alert path have shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OwnDrills:
    """
    The drills of one site.

    `every_seconds` is None where none are planned; `since` is when the planning began, and
    `within_seconds` how long a confirmation counts.  `first`, `last` and `confirmed` are when a
    drill first ran, last ran, and last was confirmed by a person who read its code from the SOC's
    screen.  `broken` names the steps before the person that the last finished drill did not show,
    each with why; empty when it was confirmed all the same.
    """

    every_seconds: int | None
    within_seconds: int
    since: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    confirmed: datetime | None = None
    broken: tuple[str, ...] = ()
