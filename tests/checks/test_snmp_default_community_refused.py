"""snmp-default-community-refused, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.snmp import SnmpAnswer, SnmpDefaultCommunities, SnmpLevel, SnmpTrial
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-default-community-refused"]


def trial(level, community, answer="silent"):
    return SnmpTrial(SnmpLevel(level), community, SnmpAnswer(answer))


SILENT = (trial("v2c", "public"), trial("v2c", "private"))


def defaults(*trials, control="authPriv as monitor"):
    return observed(SnmpDefaultCommunities(trials, control))


def test_holds_when_both_are_silent_beside_a_control():
    answer = verdict(CHECK, defaults(*SILENT))

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_an_answer():
    answer = verdict(CHECK, defaults(SILENT[1], trial("v2c", "public", "answered"), control=""))

    assert told(answer) == ("fail", "default-credential")
    assert answer.said == "The agent answers the default community public."


def test_not_applicable_to_an_asset_that_is_never_probed():
    answer = verdict(CHECK, defaults(*SILENT), asset=asset(probing="never"))

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_without_a_control():
    assert told(verdict(CHECK, defaults(*SILENT, control=""))) == ("inconclusive", "no-control")


def test_could_not_see_when_nothing_was_tried():
    assert told(verdict(CHECK, defaults())) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpDefaultCommunities")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
