"""snmp-v1v2c-disabled, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.snmp import SnmpAnswer, SnmpLevel, SnmpRefusals, SnmpSystem, SnmpTrial
from checks.facts.switches import SnmpAccess, SnmpMember
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-v1v2c-disabled"]


def trial(level, community, answer="silent"):
    return SnmpTrial(SnmpLevel(level), community, SnmpAnswer(answer))


OFF = (trial("v1", "configured"), trial("v2c", "configured"))
V3 = "authPriv as monitor"


def refusals(*trials, control=V3):
    return observed(SnmpRefusals(trials, control))


def test_holds_when_a_valid_community_is_silent_beside_a_control():
    answer = verdict(CHECK, refusals(*OFF))

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_an_answer():
    answer = verdict(CHECK, refusals(trial("v1", "public"), trial("v2c", "public", "answered")))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "The agent answers SNMP v2c."


def test_broken_when_we_ourselves_read_with_v2c():
    read = observed(SnmpSystem(SnmpLevel.V2C, "", "", "", "", ""))

    answer = verdict(CHECK, refusals(trial("v1", "configured"), control="v2c"), read)

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "The agent is read with SNMP v2c today."


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, refusals(*OFF), asset=asset(probing="never")))[0] == "not-applicable"


def test_could_not_see_from_silence_to_a_guessed_community():
    answer = verdict(CHECK, refusals(trial("v1", "public"), trial("v2c", "public")))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_without_a_control():
    assert told(verdict(CHECK, refusals(*OFF, control=""))) == ("inconclusive", "no-control")


def test_could_not_see_when_only_one_version_was_tried():
    assert told(verdict(CHECK, refusals(OFF[0])))[0] == "inconclusive"


def test_could_not_see_when_nothing_was_tried():
    assert told(verdict(CHECK, refusals())) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpRefusals")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")


@pytest.mark.parametrize(
    "left",
    [
        SnmpAccess("monitor", None, None, None, 2),
        SnmpAccess("monitor", (), (SnmpMember("v2c", "public", "ro"),), None, None),
    ],
)
def test_could_not_see_that_no_other_community_is_answered(left):
    answer = verdict(CHECK, refusals(*OFF), observed(left))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_holds_beside_tables_that_hold_v3_only():
    tables = SnmpAccess("monitor", (), (SnmpMember("usm", "monitor", "ro"),), None, None)

    assert told(verdict(CHECK, refusals(*OFF), observed(tables)))[0] == "pass"
