"""opcua-discovery-confined, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import Application, OpcUaDiscovery
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["opcua-discovery-confined"]
PLC = asset(name="Filter-1", zone_hosts=("10.0.0.1", "10.0.0.9", "hmi-1", "plc-1"))


def found(*hosts, name="Line"):
    return observed(OpcUaDiscovery((Application("urn:a", name, "Server", hosts),)))


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "10.0.0.9", "HMI-1", "hmi-1.plant.example", "filter-1"]
)
def test_holds_for_assets_of_the_zone(host):
    assert told(verdict(CHECK, found(host), asset=PLC)) == ("pass", "as-expected")


@pytest.mark.parametrize("host", ["10.9.9.9", "127.0.0.1", "fe80::1"])
def test_broken_by_an_address_that_is_no_asset_of_the_zone(host):
    answer = verdict(CHECK, found("10.0.0.1", host), asset=PLC)

    assert told(answer) == ("fail", "not-approved")
    assert answer.said == f"It names 'Line' at {host}, which is no asset of this zone."


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, found("10.0.0.1"), asset=asset(probing="never")))[0] == (
        "not-applicable"
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (found("elsewhere"), "not-comparable"),
        (found("10.0.0.1", "opc.tcp://[x"), "not-comparable"),
        (found(), "not-comparable"),
        (observed(OpcUaDiscovery(())), "not-comparable"),
        (observed(Reason.DENIED, facts_type="OpcUaDiscovery"), "denied"),
    ],
)
def test_could_not_see_whose_it_is(given, reason):
    assert told(verdict(CHECK, given, asset=PLC)) == ("inconclusive", reason)
