"""How long evidence is kept in full."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from appliance.site.scalars import Strict

YEAR = timedelta(days=366)
SHORTEST = timedelta(days=395)
_DAYS = {"d": 1, "y": YEAR.days}
_LONGEST_YEARS = 99


def keep(value: object) -> timedelta | None:
    """`5y`, `400d` or `forever` (None).  Raises `ValueError` saying what to write."""
    if value is None or value == "forever":
        return None
    if isinstance(value, timedelta):
        return value
    match = (
        re.fullmatch(r"([1-9][0-9]{0,4})([dy])", value, re.ASCII)
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise ValueError("write years or days, such as 5y or 400d, or forever")
    days = int(match[1]) * _DAYS[match[2]]
    if days > _LONGEST_YEARS * YEAR.days:
        raise ValueError(f"write at most {_LONGEST_YEARS}y, or forever")
    if days < SHORTEST.days:
        raise ValueError(
            f"write at least {SHORTEST.days}d (13 months): a yearly assessment looks back that far"
        )
    return timedelta(days=days)


def _written(value: timedelta | None) -> str:
    if value is None:
        return "forever"
    return f"{value.days // YEAR.days}y" if value.days % YEAR.days == 0 else f"{value.days}d"


Keep = Annotated[
    timedelta | None,
    PlainValidator(keep),
    PlainSerializer(_written),
    WithJsonSchema(
        {
            "type": "string",
            "description": "Years of 366 days or days, at least 395d, such as 5y; or forever.",
            "pattern": "^([1-9][0-9]{0,4}[dy]|forever)$",
        }
    ),
]


class Retention(Strict):
    """
    Visits older than `keep` stay as hashes only, in the tree and under every signed head; what
    people did, configurations, alarms and receipts stay in full.
    """

    keep: Keep = 5 * YEAR
