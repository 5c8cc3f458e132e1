"""port-authentication-on, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.gear import SWITCH, setting, settings
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["port-authentication-on"]


def dot1x(value):
    return settings(setting(value, ("on",), "port-authentication-on", "802.1X"))


def test_holds_when_the_switch_says_on():
    assert told(verdict(CHECK, dot1x("on"), asset=SWITCH))[0] == "pass"


def test_broken_when_it_says_off():
    answer = verdict(CHECK, dot1x("off"), asset=SWITCH)

    assert told(answer) == ("fail", "not-configured")
    assert answer.said == "802.1X is off, not on."


def test_not_applicable_to_what_is_no_switch():
    answer = verdict(CHECK, dot1x("off"), asset=asset(role="router"))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (dot1x(""), "not-comparable"),
        (dot1x("7"), "not-comparable"),
        (settings(), "not-comparable"),
        (settings(setting("off")), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpSettings"), "timeout"),
    ],
)
def test_could_not_see_it(seen, reason):
    assert told(verdict(CHECK, seen, asset=SWITCH)) == ("inconclusive", reason)
