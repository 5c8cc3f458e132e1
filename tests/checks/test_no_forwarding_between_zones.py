"""no-forwarding-between-zones, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.gear import PLC_MAC, SWITCH, arp, bridge, interfaces, neighbours, port
from tests.checks.given import asset, observed, replace, told, verdict

CHECK = BY_ID["no-forwarding-between-zones"]
HERE = replace(SWITCH, foreign_networks=("10.0.9.0/24", "fd00:9::/64"))
QUIET = interfaces(port("1/1"))
AT_HOME = neighbours(arp(PLC_MAC, "10.0.0.1"))


def judged(*seen, on=HERE):
    return verdict(CHECK, *seen, asset=on)


def test_holds_when_it_neither_forwards_nor_meets_another_zone():
    assert told(judged(QUIET, AT_HOME))[0] == "pass"


def test_broken_by_forwarding():
    answer = judged(interfaces(port("1/1"), forwarding=True), neighbours(tables=()))

    assert answer.said == "The device forwards IP, and the inventory has it as no boundary."
    assert told(answer) == ("fail", "reachable")


def test_broken_by_a_second_home():
    answer = judged(QUIET, neighbours(arp(PLC_MAC, "10.0.9.7"), truncated=True))

    assert answer.said == "The device has an interface beside 10.0.9.7, in another zone."


@pytest.mark.parametrize("role", ["router", "firewall", "gateway"])
def test_not_applicable_to_a_boundary(role):
    answer = judged(interfaces(forwarding=True), AT_HOME, on=asset(role=role))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((interfaces(port("1/1"), forwarding=None), AT_HOME), "not-comparable"),
        ((QUIET, neighbours(bridge(PLC_MAC), tables=("bridge",))), "not-comparable"),
        ((QUIET, neighbours(arp(PLC_MAC, "10.0.0.1"), truncated=True)), "not-comparable"),
        ((QUIET, observed(Reason.TIMEOUT, facts_type="SnmpNeighbours")), "timeout"),
    ],
)
def test_could_not_see_enough(seen, reason):
    assert told(judged(*seen)) == ("inconclusive", reason)
