"""The port plan, the network's own targets and a former community, from YAML to what is expected."""

from __future__ import annotations

import pytest

from appliance.site.expected import expected_for
from appliance.site.loading import load
from appliance.site.problems import SiteError
from checks.facts.standing import Subject

SITE = """\
site: {id: s}
appliance: {id: e, vantages: [{id: v, zone: control, source: 10.0.0.9}]}
zones: [{id: control, networks: [10.0.0.0/24]}, {id: dmz, networks: [10.0.9.0/24]}]
limits: {log_collectors: [10.0.0.5], time_servers: [10.0.0.7]}
credentials:
  - {id: old, kind: community, secret: {file: secrets/old}}
  - {id: pw, kind: password, user: u, secret: {file: secrets/pw}}
assets:
  - {id: plc-1, zone: control, address: 10.0.0.1, role: plc,
     identity: {mac: "00:1B:1B:00:00:01", name: FILTER1}}
  - id: sw-1
    zone: control
    address: 10.0.0.2
    role: switch
    services: [{port: udp/161, protocol: snmp, formerly: old}]
    ports: [{name: 1/1, to: plc-1}, {name: 1/2, to: [plc-1]}, {name: 1/8, uplink: true},
            {name: 1/9, spare: true}]
"""


def site(folder, text=SITE):
    (folder / "site.yaml").write_text(text)
    return load(folder).site


def test_a_port_knows_the_assets_behind_it(tmp_path):
    asset = expected_for(site(tmp_path), Subject("asset", asset="sw-1")).asset

    assert [p.name for p in asset.ports] == ["1/1", "1/2", "1/8", "1/9"]
    assert asset.ports[0].macs == asset.ports[1].macs == ("00:1b:1b:00:00:01",)
    assert set(asset.ports[0].names) == {"FILTER1", "plc-1"}
    assert (asset.ports[2].uplink, asset.ports[3].spare) == (True, True)
    assert asset.foreign_networks == ("10.0.9.0/24",)


def test_a_zone_knows_everybody_of_the_site_and_us(tmp_path):
    expected = expected_for(site(tmp_path), Subject("zone", zone="control"))

    assert expected.zone.networks == ("10.0.0.0/24",)
    assert [k.id for k in expected.zone.known] == ["plc-1", "sw-1", "e"]
    assert expected.zone.known[-1].addresses == ("10.0.0.9",)
    assert expected.zone.ports[0][1].name == "1/1"
    assert expected.limits.log_collectors == ("10.0.0.5",)
    assert expected.limits.time_servers == ("10.0.0.7",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: [plc-1]", "to: [plc-2]", "site.yaml:16: found to: `plc-2`, no asset; write "),
        ("to: plc-1", "to: plc-9", "site.yaml:16: found to: `plc-9`, no asset"),
        ("name: 1/2", "name: 1/1", "port of sw-1 with `1/1` a second time"),
        ("spare: true", "spare: true, uplink: true", "one of them"),
        ("formerly: old", "formerly: pw", "of kind password for snmp; write a credential of kind"),
        ("formerly: old", "formerly: older", "found formerly: `older`, no credential"),
        ("10.0.0.5]", "soc.example]", "found log_collectors: `soc.example`"),
    ],
)
def test_a_plan_that_does_not_hold_is_told_with_its_place(tmp_path, old, new, said):
    with pytest.raises(SiteError) as error:
        site(tmp_path, SITE.replace(old, new))

    assert said in str(error.value)
