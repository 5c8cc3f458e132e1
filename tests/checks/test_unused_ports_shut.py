"""unused-ports-shut, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedPort
from checks.facts.verdict import Reason
from tests.checks.gear import SWITCH, interfaces, port
from tests.checks.given import observed, replace, told, verdict

CHECK = BY_ID["unused-ports-shut"]
SHUT = port("1/2", "down", "down")


def judged(seen, *plan):
    return verdict(CHECK, seen, asset=replace(SWITCH, ports=plan))


def test_holds_when_every_dark_port_is_shut_or_planned():
    loopback = port("lo", "down", ethernet=False)

    assert told(judged(interfaces(port("1/1"), SHUT, loopback)))[0] == "pass"
    kept = interfaces(port("1/1"), port("1/3", "down", alias="Spare"))
    assert told(judged(kept, ExpectedPort("spare", spare=True)))[0] == "pass"
    assert told(judged(kept, ExpectedPort("1/3", assets=("plc-1",))))[0] == "pass"


@pytest.mark.parametrize("oper", ["down", "6", "7"])
def test_broken_by_one_port_that_is_open_and_dark(oper):
    answer = judged(interfaces(port("1/1"), SHUT, port("1/3", oper), truncated=True))

    assert told(answer) == ("fail", "unexpected-open")
    assert answer.said == "1 of 3 ports are open without a link: 1/3."
    assert answer.where == ("1/3",)


def test_not_applicable_without_ethernet_ports():
    assert told(judged(interfaces(port("lo", ethernet=False))))[0] == "not-applicable"


@pytest.mark.parametrize(
    "seen",
    [
        interfaces(port("1/1"), truncated=True),
        interfaces(port("1/1"), port("1/2", "")),
        interfaces(port("1/1"), port("1/2", "up", "")),
        interfaces(port("1/1"), port("1/2", "4")),
    ],
)
def test_could_not_see_enough(seen):
    assert told(judged(seen)) == ("inconclusive", "not-comparable")


def test_could_not_see_a_silent_switch():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpInterfaces")

    assert told(judged(gap)) == ("inconclusive", "timeout")
