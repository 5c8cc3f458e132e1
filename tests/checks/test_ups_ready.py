"""ups-ready, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.equipment import SnmpPower
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["ups-ready"]
UPS = asset(id="ups-1", role="ups", runtime_seconds=1200)


def power(battery="normal", source="normal", test="passed", minutes=45):
    return observed(SnmpPower(battery, source, test, minutes, 100, 0))


@pytest.mark.parametrize("source", ["normal", "booster", "reducer"])
@pytest.mark.parametrize("test", ["passed", "none", "aborted", "running", ""])
def test_holds_when_a_normal_battery_stands_behind_the_output(source, test):
    answer = verdict(CHECK, power(source=source, test=test), asset=UPS)

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == (
        "The battery is normal and stands behind the output, and lasts 45 minutes."
    )


def test_holds_without_a_stated_time_where_none_is_shown():
    answer = verdict(CHECK, power(minutes=None), asset=asset(role="ups"))

    assert told(answer)[0] == "pass"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (power(battery="low"), "The battery is low."),
        (power(battery="depleted", source=""), "The battery is depleted."),
        (
            power(source="battery"),
            "The output comes from battery, so nothing stands behind it.",
        ),
        (power(source="bypass"), "The output comes from bypass, so nothing stands behind it."),
        (power(test="error"), "The last test of the battery failed."),
        (power(minutes=19), "The battery lasts 19 minutes; 20 are wanted."),
        (power(minutes=0), "The battery lasts 0 minutes; 20 are wanted."),
    ],
)
def test_broken_by_a_battery_that_would_not_last(given, said):
    answer = verdict(CHECK, given, asset=UPS)

    assert told(answer)[0] == "fail"
    assert answer.said == said


@pytest.mark.parametrize("role", ["plc", "switch", "other"])
def test_not_applicable_to_what_is_no_ups(role):
    assert told(verdict(CHECK, power(battery="low"), asset=asset(role=role)))[0] == (
        "not-applicable"
    )


@pytest.mark.parametrize(
    "given",
    [
        power(battery=""),
        power(battery="unknown"),
        power(battery="9"),
        power(source=""),
        power(source="other"),
        power(minutes=None),
        power("", "", "", None),
    ],
)
def test_could_not_see_all_it_takes(given):
    assert told(verdict(CHECK, given, asset=UPS)) == ("inconclusive", "not-comparable")


def test_could_not_see_a_silent_ups():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpPower")

    assert told(verdict(CHECK, gap, asset=UPS)) == ("inconclusive", "timeout")
