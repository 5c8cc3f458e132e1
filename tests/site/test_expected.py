from __future__ import annotations

from pathlib import Path

import pytest

from appliance.site.expected import expected_for
from appliance.site.loading import load
from checks.facts.codec import digest, plain
from checks.facts.expected import Flow
from checks.facts.standing import Subject

EXAMPLE = Path(__file__).parents[2] / "config" / "example"


@pytest.fixture(scope="module")
def site():
    return load(EXAMPLE).site


def test_a_service_gets_its_asset_and_itself(site):
    expected = expected_for(site, Subject("service", "control", "plc-filter-1", "tcp-4840"))

    assert expected.service.login == "password"
    assert expected.service.variables == ("ns=3;s=Setpoint",)
    assert expected.asset.firmware_approved == ("V2.9.7",)
    assert expected.asset.mac == "00:1b:1b:00:00:01"
    assert expected.limits.max_clock_offset_ms == 5_000
    assert expected.conduit is None


def test_an_asset_gets_what_its_inventory_says(site):
    asset = expected_for(site, Subject("asset", "control", "gw-1")).asset

    assert asset.closed_ports == (21, 23, 80)
    assert asset.addresses == ("10.10.20.1", "10.10.10.2")
    assert asset.mac == "00:80:63:00:00:02"
    assert asset.presence_seconds == 7 * 86_400


def test_a_conduit_gets_its_flows(site):
    conduit = expected_for(site, Subject("conduit", conduit="dmz-control")).conduit

    assert conduit.allow[0] == Flow("tcp", 4840)
    assert conduit.allow[2] == Flow("tcp", 102, "eng-ws-1", "plc-filter-1")
    assert conduit.modbus_ports == ()
    assert not conduit.from_untrusted


def test_a_conduit_knows_what_is_behind_it_and_whether_it_begins_among_strangers(tmp_path):
    (tmp_path / "site.yaml").write_text(
        """
site: {id: s}
appliance: {id: a, vantage: office}
zones:
  - {id: office, untrusted: true}
  - {id: cell, networks: [10.0.0.0/24]}
conduits: [{id: in, from: office, to: cell}, {id: out, from: cell, to: office}]
assets:
  - {id: plc, zone: cell, address: 10.0.0.1, services: [{port: tcp/102, protocol: s7},
      {port: tcp/44818, protocol: enip}]}
  - {id: hmi, zone: cell, address: 10.0.0.2, services: [{port: tcp/2222, protocol: ssh},
      {port: tcp/443, protocol: https}, {port: tcp/502, protocol: modbus}]}
"""
    )
    loaded = load(tmp_path).site

    inward = expected_for(loaded, Subject("conduit", conduit="in")).conduit
    outward = expected_for(loaded, Subject("conduit", conduit="out")).conduit

    assert inward.programming_ports == (("plc", 102), ("plc", 44818))
    assert inward.admin_ports == (("hmi", 443), ("hmi", 2222))
    assert inward.from_untrusted
    assert (outward.programming_ports, outward.admin_ports) == ((), ())
    assert not outward.from_untrusted


def test_a_zone_gets_its_assets_and_the_site_its_limits(site):
    assert expected_for(site, Subject("zone", "control")).zone.assets == ("gw-1", "plc-filter-1")
    assert expected_for(site, Subject("site")).limits.coverage_percent == 90


@pytest.mark.parametrize(
    "subject",
    [
        Subject("service", "control", "plc-filter-1", "tcp-9"),
        Subject("asset", "control", "nobody"),
        Subject("conduit", conduit="none"),
        Subject("zone", "none"),
        Subject("planet"),
    ],
)
def test_a_subject_the_site_does_not_have_is_a_key_error(site, subject):
    with pytest.raises(KeyError):
        expected_for(site, subject)


def test_expectations_have_a_digest(site):
    assert digest(plain(expected_for(site, Subject("asset", "control", "gw-1"))))
