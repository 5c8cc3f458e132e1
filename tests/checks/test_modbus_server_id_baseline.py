"""modbus-server-id-baseline, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedServerId
from checks.facts.modbus import ModbusServerId
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["modbus-server-id-baseline"]
RUNNING = asset(server_id=ExpectedServerId("b4", running=True))
EITHER = asset(server_id=ExpectedServerId("b4"))


def seen(number="b4", running=True, exception=None):
    return observed(ModbusServerId(1, number, "", running, exception))


def test_holds_when_id_and_run_indicator_are_the_recorded_ones():
    assert told(verdict(CHECK, seen(), asset=RUNNING)) == ("pass", "as-expected")
    assert told(verdict(CHECK, seen(running=False), asset=EITHER)) == ("pass", "as-expected")


def test_broken_by_another_id():
    answer = verdict(CHECK, seen("b5"), asset=RUNNING)

    assert told(answer) == ("fail", "differs")
    assert answer.said == "The server id is b5, not b4."


def test_broken_by_a_controller_that_stands_still():
    answer = verdict(CHECK, seen(running=False), asset=RUNNING)

    assert told(answer) == ("fail", "differs")
    assert answer.said == "The device does not run; recorded is that it runs."


def test_not_applicable_where_none_is_recorded():
    assert told(verdict(CHECK, seen()))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((), "not-asked"),
        ((seen("", None, 1),), "denied"),
        ((seen(running=None),), "not-comparable"),
        ((observed(Reason.NOT_PERMITTED, facts_type="ModbusServerId"),), "not-permitted"),
    ],
)
def test_could_not_see_it(given, reason):
    assert told(verdict(CHECK, *given, asset=RUNNING)) == ("inconclusive", reason)
