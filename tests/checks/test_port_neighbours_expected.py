"""port-neighbours-expected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedPort
from checks.facts.verdict import Reason
from tests.checks.gear import (
    HMI_MAC,
    PLC_MAC,
    STRANGER,
    SWITCH,
    arp,
    bridge,
    interfaces,
    lldp,
    neighbours,
    port,
)
from tests.checks.given import observed, replace, told, verdict

CHECK = BY_ID["port-neighbours-expected"]
PLAN = (
    ExpectedPort("1/1", ("plc-1",), (PLC_MAC,), ("10.0.0.1",), ("plc-1", "FILTER1")),
    ExpectedPort("1/8", uplink=True),
    ExpectedPort("1/9", spare=True),
)
PORTS = interfaces(port("1/1"), port("1/8"), port("1/2", "down"))


def judged(seen, ports=PORTS, plan=PLAN):
    return verdict(CHECK, ports, seen, asset=replace(SWITCH, ports=plan))


@pytest.mark.parametrize(
    "seen",
    [
        (bridge(PLC_MAC),),
        (bridge(PLC_MAC), bridge(STRANGER, "1/8"), lldp("far-switch", "1/8")),
        (bridge(PLC_MAC), lldp("filter1")),
        (bridge(PLC_MAC), lldp("?", mac=STRANGER, address="10.0.0.1")),
        # Who merely spoke to the switch is at no port of it.
        (bridge(PLC_MAC), arp(STRANGER, "10.0.0.99", "1/1")),
    ],
)
def test_holds_when_everybody_is_where_they_are_planned(seen):
    assert told(judged(neighbours(*seen)))[0] == "pass"


def test_holds_by_the_alias_of_a_port():
    ports = interfaces(port("Gi1/0/1", alias="1/1"))

    assert told(judged(neighbours(bridge(PLC_MAC, "Gi1/0/1")), ports))[0] == "pass"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (bridge(HMI_MAC), f"{HMI_MAC} is on port 1/1."),
        (bridge(PLC_MAC, "1/9"), f"{PLC_MAC} is on port 1/9."),
        (bridge(PLC_MAC, "1/2"), f"{PLC_MAC} is on port 1/2."),
        (lldp("laptop"), "laptop is on port 1/1."),
        # The name over LLDP is easily said: with a MAC of another it does not count.
        (lldp("plc-1", mac=STRANGER), "plc-1 is on port 1/1."),
    ],
)
def test_broken_by_somebody_who_is_not_planned_there(seen, said):
    answer = judged(neighbours(seen, truncated=True))

    assert told(answer) == ("fail", "differs")
    assert answer.said == said


def test_broken_by_a_link_that_is_not_in_the_plan():
    answer = judged(neighbours(bridge(PLC_MAC)), interfaces(port("1/1"), port("1/3")))

    assert answer.said == "port 1/3 has a link and no place in the plan."


@pytest.mark.parametrize("spare", [port("1/9"), port("Gi1/0/9", alias="1/9")])
def test_broken_by_a_link_on_a_spare_port_where_nobody_speaks(spare):
    answer = judged(neighbours(bridge(PLC_MAC)), interfaces(port("1/1"), spare))

    assert told(answer) == ("fail", "differs")
    assert answer.said == f"port {spare.name} has a link and is spare in the plan."
    assert answer.where == (spare.name,)


def test_holds_when_a_spare_port_is_up_without_a_link():
    ports = interfaces(port("1/1"), port("1/9", "down"))

    assert told(judged(neighbours(bridge(PLC_MAC)), ports))[0] == "pass"


def test_not_applicable_without_a_plan():
    assert told(judged(neighbours(bridge(STRANGER)), plan=()))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("ports", "seen", "reason"),
    [
        (PORTS, neighbours(lldp("plc-1"), tables=("lldp",)), "not-comparable"),
        (PORTS, neighbours(tables=()), "not-comparable"),
        (PORTS, neighbours(bridge(PLC_MAC), truncated=True), "not-comparable"),
        (interfaces(port("1/1"), truncated=True), neighbours(bridge(PLC_MAC)), "not-comparable"),
        (PORTS, observed(Reason.TIMEOUT, facts_type="SnmpNeighbours"), "timeout"),
    ],
)
def test_could_not_see_enough(ports, seen, reason):
    assert told(judged(seen, ports)) == ("inconclusive", reason)
