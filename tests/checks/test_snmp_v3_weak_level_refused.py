"""snmp-v3-weak-level-refused, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.snmp import SnmpAnswer, SnmpLevel, SnmpRefusals, SnmpTrial
from checks.facts.verdict import Reason
from tests.checks.gear import SNMP
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["snmp-v3-weak-level-refused"]
NONE, AUTH = SnmpLevel.NO_AUTH_NO_PRIV, SnmpLevel.AUTH_NO_PRIV
YES, NO, SILENT = SnmpAnswer.ANSWERED, SnmpAnswer.REFUSED, SnmpAnswer.SILENT


def refusals(*answers, control="authPriv as monitor"):
    trials = [SnmpTrial(level, "", answer) for level, answer in zip((NONE, AUTH), answers)]  # noqa: B905
    return observed(SnmpRefusals(tuple(trials), control))


def judged(seen, on=SNMP):
    return verdict(CHECK, seen, service=on)


@pytest.mark.parametrize(
    ("answers", "rests"),
    [((NO, NO), "answer"), ((NO, SILENT), "silence"), ((SILENT,) * 2, "silence")],
)
def test_holds_when_neither_lower_level_is_answered(answers, rests):
    answer = judged(refusals(*answers))

    assert told(answer)[0] == "pass"
    assert answer.rests_on.value == rests


@pytest.mark.parametrize("answers", [(YES, NO), (SILENT, YES), (YES, YES)])
def test_broken_by_one_answer(answers):
    assert told(judged(refusals(*answers))) == ("fail", "unprotected")


def test_broken_names_the_level():
    answer = judged(refusals(NO, YES, control=""))

    assert answer.said == "The agent answers our user at authNoPriv too."


def test_not_applicable_to_a_community():
    answer = judged(refusals(), on=service(161, "snmp", "udp", login="community"))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (refusals(NO), "not-asked"),
        (refusals(), "not-asked"),
        (refusals(SILENT, SILENT, control=""), "no-control"),
        (observed(Reason.TIMEOUT, facts_type="SnmpRefusals"), "timeout"),
    ],
)
def test_could_not_see_enough(seen, reason):
    assert told(judged(seen)) == ("inconclusive", reason)
