"""inventory-device-unmoved, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedPort, ExpectedZone, KnownDevice
from checks.facts.verdict import Reason
from tests.checks.gear import HMI_MAC, PLC_MAC, STRANGER, arp, bridge, neighbours
from tests.checks.given import observed, replace, told, verdict

CHECK = BY_ID["inventory-device-unmoved"]
KNOWN = (
    KnownDevice("sw-1", "control", "switch", (), ("10.0.0.2",)),
    KnownDevice("plc-1", "control", "plc", (PLC_MAC,), ("10.0.0.1",)),
    KnownDevice("hmi-1", "control", "hmi", (HMI_MAC,), ("10.0.0.3",)),
)
PLAN = (("sw-1", ExpectedPort("1/1", ("plc-1",))),)
ZONE = ExpectedZone("control", ("sw-1", "plc-1", "hmi-1"), ("10.0.0.0/24",), KNOWN, PLAN)


def judged(*seen, zone=ZONE):
    return verdict(CHECK, *seen, zone=zone, asset=None)


def test_holds_when_addresses_and_ports_are_as_recorded():
    seen = (bridge(PLC_MAC), bridge(HMI_MAC, "1/5"), arp(PLC_MAC, "10.0.0.1"))

    assert told(judged(neighbours(*seen)))[0] == "pass"


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (arp(PLC_MAC, "10.0.0.3"), f"plc-1 ({PLC_MAC}) has the address 10.0.0.3."),
        (arp(STRANGER, "10.0.0.1"), f"10.0.0.1 of plc-1 is held by {STRANGER}."),
        (bridge(PLC_MAC, "1/4"), "plc-1 is on 1/4 of sw-1, not on 1/1."),
    ],
)
def test_broken_by_one_that_is_elsewhere(moved, said):
    answer = judged(neighbours(bridge(HMI_MAC, "1/5"), moved, truncated=True))

    assert told(answer) == ("fail", "differs")
    assert answer.said == said


A_MAC, B_MAC, BOTH = "00:1b:1b:00:00:0a", "00:1b:1b:00:00:0b", "00:00:5e:00:01:07"
PAIR = replace(
    ZONE,
    assets=("sw-1", "plc-a", "plc-b"),
    known=(
        KNOWN[0],
        KnownDevice("plc-a", "control", "plc", (A_MAC, BOTH), ("10.0.0.11", "10.0.0.10")),
        KnownDevice("plc-b", "control", "plc", (B_MAC, BOTH), ("10.0.0.12", "10.0.0.10")),
    ),
    ports=(
        ("sw-1", ExpectedPort("1/1", ("plc-a",))),
        ("sw-1", ExpectedPort("1/2", ("plc-b",))),
    ),
)


@pytest.mark.parametrize(
    "now",
    [
        (arp(A_MAC, "10.0.0.10"),),
        (arp(B_MAC, "10.0.0.10"),),
        (arp(BOTH, "10.0.0.10"), bridge(BOTH, "1/1")),
        (arp(BOTH, "10.0.0.10"), bridge(BOTH, "1/2")),
    ],
)
def test_holds_whichever_of_a_redundant_pair_has_their_address_now(now):
    seen = (bridge(A_MAC, "1/1"), bridge(B_MAC, "1/2"), *now)

    assert told(judged(neighbours(*seen), zone=PAIR))[0] == "pass"


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (arp(STRANGER, "10.0.0.10"), f"10.0.0.10 of plc-a is held by {STRANGER}."),
        (arp(A_MAC, "10.0.0.12"), f"plc-a ({A_MAC}) has the address 10.0.0.12."),
        (bridge(BOTH, "1/4"), "plc-a is on 1/4 of sw-1, not on 1/1."),
        (bridge(A_MAC, "1/2"), "plc-a is on 1/2 of sw-1, not on 1/1."),
    ],
)
def test_broken_by_a_pair_that_is_where_neither_is_recorded(moved, said):
    assert judged(neighbours(moved), zone=PAIR).said == said


def test_not_applicable_without_a_recorded_mac():
    bare = tuple(replace(k, macs=()) for k in KNOWN)

    assert told(judged(neighbours(bridge(PLC_MAC)), zone=replace(ZONE, known=bare)))[0] == (
        "not-applicable"
    )


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((), "not-asked"),
        ((neighbours(bridge(PLC_MAC), truncated=True),), "not-comparable"),
        ((neighbours(arp(PLC_MAC, "10.0.0.1"), tables=("arp",)),), "not-comparable"),
        ((observed(Reason.TIMEOUT, facts_type="SnmpNeighbours"),), "timeout"),
    ],
)
def test_could_not_see_where_they_are(seen, reason):
    assert told(judged(*seen)) == ("inconclusive", reason)


@pytest.mark.parametrize("away", [False, True])
def test_broken_by_one_that_no_switch_remembers_unless_it_may_be_away(away):
    known = tuple(replace(k, away=away) for k in KNOWN)
    answer = judged(neighbours(bridge(HMI_MAC, "1/5")), zone=replace(ZONE, known=known))

    assert told(answer)[0] == ("pass" if away else "fail")
    if not away:
        assert answer.said == "No switch has seen plc-1, planned on its port."
        assert answer.rests_on == "silence"


def test_what_holds_says_of_how_many():
    seen = (bridge(PLC_MAC), bridge(STRANGER, "1/5"))

    assert judged(neighbours(*seen)).said.startswith("1 of the 2 assets with a recorded MAC")


def test_could_not_see_any_of_the_recorded_macs_where_nobody_is_planned():
    answer = judged(neighbours(bridge(STRANGER)), zone=replace(ZONE, ports=()))

    assert told(answer) == ("inconclusive", "not-comparable")
