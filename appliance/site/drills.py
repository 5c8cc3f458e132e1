"""When the way of an alert is drilled, and how far it can be followed."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema
from pydantic import field_validator as validated

from appliance.site.logins import FileReference
from appliance.site.scalars import Duration, Strict, duration

_DAY = timedelta(days=1)
SHORTEST = timedelta(minutes=10)


def clock_time(value: object) -> time:
    """`09:00` in the site's own time.  Raises `ValueError` saying what to write."""
    if isinstance(value, time):
        return value
    match = (
        re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", value, re.ASCII)
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise ValueError('write a time of day in quotes, such as "09:00"')
    return time(int(match[1]), int(match[2]))


ClockTime = Annotated[
    time,
    PlainValidator(clock_time),
    PlainSerializer(lambda value: f"{value:%H:%M}"),
    WithJsonSchema(
        {
            "type": "string",
            "description": 'A time of day in the site\'s own time, in quotes: "09:00".',
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        }
    ),
]


class DrillPlan(Strict):
    """
    `every` plans drills, without it they are run by hand only; from a day on it is whole days, and
    `at` says when.  The alert stands for `lasts`, or until somebody confirms it; a confirmation
    counts for `confirm_within`.  `prometheus` is asked whether its rule fires.
    """

    every: Duration | None = None
    at: ClockTime = time(9, 0)
    lasts: Duration = duration("15m")
    confirm_within: Duration = duration("8d")
    severity: Literal["low", "medium", "high", "critical"] = "low"
    prometheus: Annotated[str, StringConstraints(pattern=r"^https?://[^/@\s?#]+(/[^\s?#]*)?$")] | None = None  # fmt: skip
    prometheus_ca: FileReference | None = None

    @validated("every")
    @classmethod
    def _plannable(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < SHORTEST:
            raise ValueError("write at least 10m: a drill is an alert somebody looks at")
        if value is not None and value > _DAY and value % _DAY:
            raise ValueError("write whole days, such as 1d or 7d, or less than one day")
        return value

    @validated("lasts")
    @classmethod
    def _seen(cls, value: timedelta) -> timedelta:
        if value > _DAY:
            raise ValueError("write at most 1d: an alert that never ends is looked at by nobody")
        return value
