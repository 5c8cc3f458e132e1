"""When a planned drill is due, in the site's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from appliance.drill.timing import due
from appliance.site.drills import DrillPlan

ZONE = "Europe/Amsterdam"
DAILY = DrillPlan.model_validate({"every": "1d", "at": "09:00"})
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def at(day, hour, minute=0, month=3):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "wanted"),
    [
        (at(1, 8), at(2, 7, 59), False),
        (at(1, 8), at(2, 8), True),
        (at(2, 8), at(2, 8, 1), False),
        (at(1, 8), at(2, 9, 59), True),
        (at(1, 8), at(2, 10, 1), False),  # missed: nobody is woken at night to make up for it
        (at(2, 7), at(2, 8), True),  # a drill by hand before it does not take its place
        (at(28, 8), at(29, 7), True),  # summer time begins: nine o'clock is an hour earlier
        (at(28, 8), at(29, 6, 59), False),
        (None, at(2, 8), True),
    ],
)
def test_a_daily_drill_is_due_at_its_hour_and_shortly_after(last, now, wanted):
    assert due(DAILY, ZONE, last, LONG_AGO, now) is wanted


def test_a_weekly_drill_keeps_its_day_whatever_is_drilled_between():
    weekly = DrillPlan.model_validate({"every": "7d", "at": "09:00"})
    days = [
        day for day in range(1, 29) if due(weekly, ZONE, at(day, 7, 30), LONG_AGO, at(day, 8, 30))
    ]

    assert len(days) == 4
    assert {b - a for a, b in pairwise(days)} == {7}


def test_a_plan_within_the_day_counts_from_the_last():
    often = DrillPlan.model_validate({"every": "4h"})

    assert due(often, ZONE, at(2, 4), LONG_AGO, at(2, 8))
    assert not due(often, ZONE, at(2, 4), LONG_AGO, at(2, 8) - timedelta(seconds=1))


def test_nothing_is_due_where_nothing_is_planned():
    assert not due(DrillPlan(), ZONE, None, LONG_AGO, at(2, 8))


@pytest.mark.parametrize(
    ("stated", "write"),
    [
        ({"every": "36h"}, "write whole days"),
        ({"every": "1m"}, "write at least 10m"),
        ({"at": 540}, "write a time of day in quotes"),
        ({"at": "24:00"}, "write a time of day in quotes"),
        ({"lasts": "2d"}, "write at most 1d"),
        ({"prometheus": "127.0.0.1:9090"}, "pattern"),
    ],
)
def test_a_plan_that_cannot_be_kept_says_what_to_write(stated, write):
    with pytest.raises(ValueError, match=write):
        DrillPlan.model_validate(stated)
