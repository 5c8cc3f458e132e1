"""snmp-manager-restricted, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.snmp import SnmpElsewhere, SnmpManagers
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, service, told, verdict

CHECK = BY_ID["snmp-manager-restricted"]
AGENT = service(161, "snmp", "udp", login="snmpv3", second_look="dmz-plain")
SILENT = SnmpManagers(
    source="10.10.10.6",
    manager="10.10.10.5",
    asked="v3 engine discovery",
    answer=SnmpElsewhere.SILENT,
    control="v3 engine discovery",
    heard="tcp-443 of plc-1",
)


def look(facts: SnmpManagers = SILENT, **changes):
    return observed(facts, vantage="dmz-plain", vantage_kind="plain", **changes)


def judged(*looks, agent=AGENT, **more):
    return verdict(CHECK, *looks, service=agent, **more)


def elsewhere(answer: str, **changes) -> SnmpManagers:
    return replace(SILENT, answer=SnmpElsewhere(answer), **changes)


def test_holds_when_a_stranger_is_not_answered_and_the_manager_is():
    answer = judged(look())

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"
    assert "10.10.10.6" in answer.said
    assert "tcp-443 of plc-1" in answer.said


def test_holds_when_the_port_is_closed_to_a_stranger_only():
    answer = judged(look(elsewhere("closed", heard="")))

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "answer"


def test_broken_by_any_answer_to_a_stranger():
    answer = judged(look(elsewhere("answered", control="", heard="")))

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "The agent answers 10.10.10.6, which is no approved manager, to v3 engine discovery."
    )
    assert answer.where == ("10.10.10.6",)


def test_not_applicable_without_a_second_address_in_the_zone():
    alone = service(161, "snmp", "udp", login="snmpv3")

    assert told(judged(agent=alone))[0] == "not-applicable"
    assert told(judged(look(), agent=alone))[0] == "not-applicable"


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(judged(look(), asset=asset(probing="never")))[0] == "not-applicable"


@pytest.mark.parametrize("answer", ["silent", "closed"])
def test_could_not_see_when_the_manager_was_not_answered_either(answer):
    seen = judged(look(elsewhere(answer, control="")))

    assert told(seen) == ("inconclusive", "no-control")


def test_could_not_see_silence_where_nobody_answered_that_address():
    assert told(judged(look(elsewhere("silent", heard="")))) == ("inconclusive", "no-control")


@pytest.mark.parametrize("manager", ["", "10.10.10.6"])
@pytest.mark.parametrize("answer", ["silent", "closed", "answered"])
def test_could_not_see_from_one_address_only(manager, answer):
    seen = judged(look(elsewhere(answer, manager=manager)))

    assert told(seen) == ("inconclusive", "not-comparable")


def test_could_not_see_in_a_run_whose_control_hosts_were_silent():
    assert told(judged(look(blind=True))) == ("inconclusive", "blind")


@pytest.mark.parametrize("reason", [Reason.BLIND, Reason.UNREACHABLE, Reason.NOT_PERMITTED])
def test_could_not_see_a_gap(reason):
    gap = observed(reason, facts_type="SnmpManagers", vantage="dmz-plain", vantage_kind="plain")

    assert told(judged(gap)) == ("inconclusive", reason)


def test_could_not_see_what_another_vantage_saw_or_saw_across_a_conduit():
    assert told(judged(look(conduit="dmz-control"))) == ("inconclusive", "not-asked")
    assert told(judged(observed(SILENT))) == ("inconclusive", "not-asked")


def test_the_newest_look_decides():
    assert told(judged(look(), look(elsewhere("answered"))))[0] == "fail"
