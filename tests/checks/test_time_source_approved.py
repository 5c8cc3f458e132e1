"""time-source-approved, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import Limits
from checks.facts.verdict import Reason
from tests.checks.gear import settings
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["time-source-approved"]
NTP = Limits(time_servers=("10.0.0.7", "10.0.0.8"))


def test_holds_when_every_server_is_approved():
    assert told(verdict(CHECK, settings(time_servers=("10.0.0.8",)), limits=NTP))[0] == "pass"


def test_broken_by_one_foreign_server():
    answer = verdict(CHECK, settings(time_servers=("10.0.0.8", "pool.example")), limits=NTP)

    assert told(answer) == ("fail", "differs")
    assert answer.said == ("The device follows pool.example; approved is 10.0.0.7 or 10.0.0.8.")


def test_not_applicable_where_the_site_names_no_servers():
    assert told(verdict(CHECK, settings(time_servers=("192.0.2.1",))))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (settings(time_servers=None), "not-comparable"),
        (settings(time_servers=()), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpSettings"), "timeout"),
    ],
)
def test_could_not_see_a_server(seen, reason):
    assert told(verdict(CHECK, seen, limits=NTP)) == ("inconclusive", reason)
