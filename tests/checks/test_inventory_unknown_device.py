"""inventory-unknown-device, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedZone, KnownDevice
from checks.facts.verdict import Reason
from tests.checks.gear import (
    HMI_MAC,
    PLC_MAC,
    STRANGER,
    arp,
    bridge,
    interfaces,
    lldp,
    neighbours,
    port,
)
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["inventory-unknown-device"]
KNOWN = (
    KnownDevice("sw-1", "control", "switch", (), ("10.0.0.2",), ("sw-1",)),
    KnownDevice("plc-1", "control", "plc", (PLC_MAC,), ("10.0.0.1",), ("plc-1",)),
    KnownDevice("hmi-1", "dmz", "hmi", (), ("10.0.9.1",), ("hmi-1",)),
    KnownDevice("fw-1", "control", "firewall", (), ("10.0.0.254",), ("fw-1",)),
)
ZONE = ExpectedZone("control", ("sw-1", "plc-1", "fw-1"), ("10.0.0.0/24",), KNOWN)


def judged(*seen, zone=ZONE):
    return verdict(CHECK, *seen, zone=zone, asset=None)


@pytest.mark.parametrize(
    "seen",
    [
        (neighbours(bridge(PLC_MAC)),),
        # The inventory has no MAC of hmi-1, but a router knows whose it is.
        (neighbours(bridge(HMI_MAC), arp(HMI_MAC, "10.0.9.1")),),
        (neighbours(bridge(PLC_MAC), lldp("SW-1")),),
        # Another zone's address is for that zone's own gear to tell.
        (neighbours(bridge(PLC_MAC), arp(STRANGER, "10.0.7.7")),),
        (neighbours(bridge(STRANGER)), interfaces(port("1/1", mac=STRANGER), asset="sw-1")),
        (
            neighbours(bridge(PLC_MAC)),
            neighbours(arp(PLC_MAC, "10.0.0.1"), tables=("arp",), asset="fw-1"),
        ),
    ],
)
def test_holds_when_everybody_seen_is_in_the_inventory(seen):
    assert told(judged(*seen))[0] == "pass"


@pytest.mark.parametrize(
    ("stranger", "said"),
    [
        (bridge(STRANGER, "1/7"), f"{STRANGER} on 1/7 of sw-1"),
        (arp(STRANGER, "10.0.0.99"), f"{STRANGER} (10.0.0.99) on vlan1 of sw-1"),
        (lldp("laptop", "1/7"), "laptop on 1/7 of sw-1"),
        (lldp("plc-9", "1/7", mac=STRANGER), f"{STRANGER} (plc-9) on 1/7 of sw-1"),
    ],
)
def test_broken_by_a_stranger_even_in_a_table_that_is_cut(stranger, said):
    answer = judged(neighbours(bridge(PLC_MAC), stranger, truncated=True))

    assert told(answer) == ("fail", "unexpected-open")
    assert answer.said == f"1 devices are not in the inventory: {said}."


def test_broken_by_a_stranger_though_another_switch_is_silent():
    silent = observed(Reason.TIMEOUT, facts_type="SnmpNeighbours", asset="sw-2")

    assert told(judged(silent, neighbours(bridge(STRANGER))))[0] == "fail"


def test_not_applicable_to_what_is_no_zone():
    assert told(judged(zone=None))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((), "not-asked"),
        ((neighbours(tables=()),), "not-comparable"),
        # What spoke to the switch itself is not what went through it.
        ((neighbours(arp(PLC_MAC, "10.0.0.1"), tables=("arp", "lldp")),), "not-comparable"),
        ((neighbours(bridge(PLC_MAC), truncated=True),), "not-comparable"),
        (
            (
                neighbours(bridge(PLC_MAC)),
                observed(Reason.TIMEOUT, facts_type="SnmpNeighbours", asset="sw-2"),
            ),
            "timeout",
        ),
    ],
)
def test_could_not_see_the_whole_memory_of_the_network(seen, reason):
    assert told(judged(*seen)) == ("inconclusive", reason)


def test_could_not_see_behind_a_switch_nobody_asked():
    second = KnownDevice("sw-2", "control", "switch", (), ("10.0.0.9",))
    zone = replace(ZONE, assets=(*ZONE.assets, "sw-2"), known=(*KNOWN, second))
    answer = judged(neighbours(bridge(PLC_MAC)), zone=zone)

    assert told(answer) == ("inconclusive", "not-asked")
    assert answer.where == ("sw-2",)


def test_could_not_see_with_a_router_alone_who_never_spoke_to_it():
    only = replace(ZONE, assets=("plc-1", "fw-1"))
    router = neighbours(arp(PLC_MAC, "10.0.0.1"), tables=("arp",), asset="fw-1")

    assert told(judged(router, zone=only)) == ("inconclusive", "not-comparable")
