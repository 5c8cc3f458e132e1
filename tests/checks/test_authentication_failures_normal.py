"""authentication-failures-normal, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.gear import changes
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["authentication-failures-normal"]
DAY = 8_640_000


def counted(days=1.0, communities=0, digests=0, users=0):
    return changes(
        uptime_centiseconds=None if days is None else int(days * DAY),
        bad_communities=communities,
        wrong_digests=digests,
        unknown_users=users,
    )


@pytest.mark.parametrize("seen", [counted(), counted(0.1, 63, 10, 10), counted(10, 630, 100, 100)])
def test_holds_when_the_counters_grew_no_faster_than_our_own_tests_explain(seen):
    assert told(verdict(CHECK, seen))[0] == "pass"


def test_counts_of_longer_than_an_uptime_can_tell_are_over_all_of_that_time():
    seen = changes(
        uptime_centiseconds=DAY,
        engine_seconds=498 * 86_400,
        bad_communities=498,
        wrong_digests=0,
        unknown_users=0,
    )

    assert verdict(CHECK, seen).said.startswith("In 498.0 days")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (counted(1, 64), "In 1.0 days the agent counted 64 wrong communities."),
        (counted(2, 0, 21, None), "In 2.0 days the agent counted 21 wrong digests."),
        (counted(0.1, 0, 0, 11), "In 1.0 days the agent counted 11 unknown users."),
    ],
)
def test_broken_by_one_counter(seen, said):
    answer = verdict(CHECK, seen)

    assert told(answer) == ("fail", "differs")
    assert answer.said == said


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, counted(), asset=asset(probing="never")))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (counted(None), "not-comparable"),
        (counted(1, None, None, None), "not-comparable"),
        (counted(1, 0, None, 0), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpChanges"), "timeout"),
    ],
)
def test_could_not_see_the_counters(seen, reason):
    assert told(verdict(CHECK, seen)) == ("inconclusive", reason)
