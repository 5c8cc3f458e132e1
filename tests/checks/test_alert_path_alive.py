"""alert-path-alive, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.context import Own
from checks.facts.drills import OwnDrills
from tests.checks.given import NOW, told, verdict

CHECK = BY_ID["alert-path-alive"]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
GOOD = OwnDrills(
    every_seconds=86_400,
    within_seconds=8 * 86_400,
    since=NOW - 30 * DAY,
    first=NOW - 30 * DAY,
    last=NOW - HOUR,
    confirmed=NOW - DAY,
)


def drills(**changes):
    return Own(drills=replace(GOOD, **changes))


def judged(**changes):
    return told(verdict(CHECK, own=drills(**changes)))


def test_holds_when_a_person_confirmed_one_in_time():
    assert judged() == ("pass", "as-expected")
    assert judged(every_seconds=None, since=None, last=NOW - 7 * DAY) == ("pass", "as-expected")


def test_broken_by_a_drill_that_was_missed():
    answer = verdict(CHECK, own=drills(last=NOW - DAY - 3 * HOUR, confirmed=NOW - DAY - 3 * HOUR))

    assert told(answer) == ("fail", "missing")
    assert answer.said == ("A planned drill was missed: none has run since 2026-03-01 09:00 UTC.")


def test_broken_where_none_of_the_planned_ever_ran():
    never = {"first": None, "last": None, "confirmed": None}

    assert judged(**never, since=NOW - 2 * DAY) == ("fail", "missing")


def test_broken_by_a_step_that_showed_nothing():
    answer = verdict(CHECK, own=drills(broken=("mqtt: no connection to the broker",)))

    assert told(answer) == ("fail", "missing")
    assert answer.said == "The drill of 2026-03-02 11:00 UTC did not get through."
    assert answer.where == ("mqtt: no connection to the broker",)


@pytest.mark.parametrize("confirmed", [None, NOW - 9 * DAY])
def test_broken_when_nobody_confirms(confirmed):
    assert judged(confirmed=confirmed) == ("fail", "missing")


def test_could_not_see_before_anybody_had_time_to_confirm():
    young = {"since": NOW - DAY, "first": NOW - DAY, "confirmed": None}

    assert judged(**young) == ("inconclusive", "not-asked")


def test_could_not_see_without_any_drill():
    assert told(verdict(CHECK)) == ("inconclusive", "not-asked")
    none = {"since": None, "first": None, "last": None, "confirmed": None, "every_seconds": None}
    assert judged(**none) == ("inconclusive", "not-asked")


def test_could_not_see_through_a_clock_that_went_back():
    assert judged(confirmed=NOW + HOUR) == ("inconclusive", "clock-unsynchronised")


def test_not_applicable_is_no_answer_to_a_site_nobody_hears():
    assert told(verdict(CHECK, own=Own()))[0] == "inconclusive"
