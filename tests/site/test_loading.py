from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.site.loading import SiteError, difference, load
from appliance.site.model import Port
from appliance.site.schema import json_schema
from appliance.site.yamltree import read

EXAMPLE = Path(__file__).parents[2] / "config" / "example"
BASE = """\
site: {id: s}
appliance: {id: a, vantage: dmz}
zones: [{id: dmz}, {id: control, networks: [10.0.1.0/24]}]
"""


def write(directory, text, base=BASE):
    (directory / "base.yaml").write_text(base)
    (directory / "more.yaml").write_text(text)
    return directory


def refused(directory):
    with pytest.raises(SiteError) as caught:
        load(directory)
    return [str(p) for p in caught.value.problems]


def test_the_example_site_loads_whole():
    site = load(EXAMPLE).site
    plc = site.asset("plc-filter-1")

    assert plc.probing == "standard"
    assert plc.identity.vendor == "Siemens"
    assert plc.identity.serial == "S-123"
    assert plc.address == "10.10.20.11"
    assert plc.service("tcp-4840").port == Port("tcp", 4840)
    assert plc.firmware.approved == ("V2.9.7",)
    assert site.zone("control").sl_t.of(4) == 1
    assert site.zone("dmz").sl_t.of(7) == 2
    assert site.conduit("dmz", "control").allow[2].source == "eng-ws-1"
    assert site.conduit("control", "dmz") is None
    assert site.vantage("dmz-plain").kind == "plain"
    assert site.credential("snmp-monitor").auth.protocol == "SHA-256"
    assert site.asset("gw-1").interface_in("dmz").address == "10.10.10.2"


def test_the_schema_accepts_every_file_of_the_example_and_refuses_a_misspelt_key():
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())

    for path in EXAMPLE.glob("*.yaml"):
        tree, _ = read(path, path.name)
        assert list(validator.iter_errors(tree.plain())) == []
    assert list(validator.iter_errors({"ziones": []}))


def test_the_digest_follows_the_content_and_not_its_split_over_files(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assets = (
        "{id: p1, zone: control, address: 10.0.1.1}",
        "{id: p2, zone: control, address: 10.0.1.2}",
    )
    write(one, f"assets: [{assets[0]}, {assets[1]}]")
    write(two, f"assets: [{assets[1]}]")
    (two / "deeper").mkdir()
    (two / "deeper" / "z.yaml").write_text(f"assets: [{assets[0]}]")

    assert load(one).digest == load(two).digest


def test_texts_of_digits_stay_what_was_written(tmp_path):
    write(
        tmp_path,
        "assets: [{id: p, zone: control, address: 10.0.1.1, firmware: {approved: [2.10, 7]},"
        " identity: {serial: 007, order_number: 12, mac: 10:11:22:33:44:55}}]",
    )
    asset = load(tmp_path).site.asset("p")

    assert asset.firmware.approved == ("2.10", "7")
    assert asset.identity.serial == "007"
    assert asset.identity.mac == "10:11:22:33:44:55"


ASSET = "{id: p, zone: control, address: 10.0.1.1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ziones: []", "more.yaml:1: found unknown key `ziones`; write `zones`"),
        ("\nlimits:\n  coverrage: 5", "more.yaml:3: found unknown key `coverrage`; write `coverage`"),
        ("zones: [{id: dmz}]", "more.yaml:1: found zone `dmz` a second time (first in base.yaml:3)"),
        ("site: {id: t}", "more.yaml:1: found `site.id` a second time (first in base.yaml:1)"),
        (f"assets: [{ASSET}, type: t}}]", "found type: `t`, no type"),
        ("assets: [{id: p, zone: kontrol, address: 10.0.1.1}]", "no zone; write `control`"),
        ("assets: [{id: p, address: 10.0.1.1}]", "more.yaml:1: found no `zone` in p"),
        (f"assets: [{ASSET}, behind: gw}}]", "found behind: `gw`, no asset"),
        (f"assets: [{ASSET}, behind: p}}]", "an asset behind itself"),
        (f"assets: [{ASSET}, behind: dmz}}]", "found behind: `dmz`, a zone; write `p`"),
        (f"assets: [{ASSET}, every: 5min}}]", "found every: `5min`; write a whole number and a unit"),
        (f"assets: [{ASSET}, probing: rough}}]", "write fragile, standard, robust or never"),
        (f"assets: [{ASSET}, presence: never}}]", "write always, or {seen_within: 7d}"),
        (f"assets: [{ASSET}, interfaces: []}}]", "write address or interfaces, one of them"),
        ("assets: [{id: p, zone: control}]", "found no `interfaces` in p"),
        ("assets: [{id: p, zone: control, address: h}]", "found address: `h`; write an IP address"),
        ("assets: [{id: p, zone: control, address: 10.0.2.1}]", "outside the networks of zone control"),
        ("assets: [{id: p, zone: dmz, address: 8.8.8.8}]", "a public address"),
        (f"assets: [{ASSET}}}, {{id: q, zone: control, address: 10.0.1.1}}]", "`10.0.1.1` a second time"),
        (f"assets: [{ASSET}, services: [{{port: tcp/1}}]}}]", "found no `protocol`"),
        (f"assets: [{ASSET}, services: [{{port: tcp/161, protocol: snmp}}]}}]", "write udp/161 for snmp"),
        (f"assets: [{ASSET}, services: [{{port: tcp/502, protocol: modbus, unit: 0}}]}}]",
         "found unit: `0`; write a number of at least 1"),
        (f"assets: [{ASSET}, services: [{{port: tcp/1, protocol: opcua, credential: x}}]}}]",
         "found credential: `x`, no credential"),
        ("conduits: [{id: c, from: dmz, to: nowhere}]", "found to: `nowhere`, no zone"),
        ("conduits: [{id: c, from: dmz, to: dmz}]", "a conduit from dmz to itself"),
        ("conduits: [{id: c, from: dmz, to: control}, {id: d, from: dmz, to: control}]",
         "a second conduit from dmz to control"),
        ("conduits: [{id: c, from: dmz, to: control, denies_by: magic}]", "write drop or reset"),
        ("conduits: [{id: c, from: dmz, to: control, allow: [tcp/0]}]", "found allow: `tcp/0`; write tcp/NUMBER"),
        ("closed_ports: [80]", "found closed_ports: `80`; write tcp/NUMBER"),
        ("external_paths: [{id: v, kind: vendor, ends_at: x}]", "found ends_at: `x`, no zone"),
        ("credentials: [{id: c, kind: passwd, user: m}]", "found kind: `passwd`; write a kind: password"),
        ("outlets: {mqtt: {broker: http://b}}", "write mqtts://HOST:PORT"),
        ("appliance: {web: {listen: 0.0.0.0:80}}", "without_tls: true if you mean it"),
        ("appliance: {control: [tcp/h:443]}", "found control: `tcp/h:443`; write an IP address"),
        ("limits: {coverage: 0}", "found coverage: `0`; write a number of at least 1"),
        ("limits: 5", "found limits: `5`; write a map of keys"),
        ("- a", "more.yaml:1: found a file that is no map"),
        ("a: [", "found what is no YAML"),
        ("a: &a [*a]", "an alias that refers to itself"),
        ("site: !!binary aGk=", "the tag tag:yaml.org,2002:binary"),
        ("limits: {coverage: 5, coverage: 6}", "found `coverage` a second time"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_what_to_write(tmp_path, text, expected):
    found = refused(write(tmp_path, text))

    assert any(expected in line for line in found), found
    assert any(line.startswith("more.yaml") for line in found), found


def test_all_mistakes_are_told_together_and_each_once(tmp_path):
    text = """\
types:
  - {id: t, services: [{port: tcp/99999, protocol: opcua}]}
assets:
  - {id: p, type: t, zone: control, address: 10.0.1.1}
  - {id: q, type: t, zone: control, address: 10.0.1.2, every: soon}
"""
    found = refused(write(tmp_path, text))

    assert [line.split(": ")[0] for line in found] == ["more.yaml:2", "more.yaml:5"]


@pytest.mark.parametrize(
    "credential",
    [
        "{id: c, kind: password, user: u, secret: hunter2}",
        "{id: c, kind: community, secret: [hunter2]}",
        "{id: c, kind: community, secret: {value: hunter2}}",
        "{id: c, kind: community, password: hunter2}",
        "{id: c, kind: certificate, certificate: a.pem, key: hunter2}",
        "{id: c, kind: snmpv3, user: u, auth: {protocol: SHA-256, secret: hunter2}}",
        "{id: c, kind: snmpv3, user: u, auth: hunter2}",
        "{id: c, kind: password, user: u, secret: {file: ok}, key: hunter2}",
    ],
)
def test_a_secret_written_as_a_value_is_refused_and_not_repeated(tmp_path, credential):
    found = refused(write(tmp_path, f"credentials: [{credential}]"))

    assert found
    assert "hunter2" not in "\n".join(found)


def test_a_login_of_the_wrong_kind_is_told(tmp_path):
    text = """\
credentials: [{id: c, kind: community, secret: {file: c}}]
assets:
  - {id: p, zone: control, address: 10.0.1.1, services: [{port: tcp/4840, protocol: opcua, credential: c}]}
"""
    assert (
        "more.yaml:3: found credential: `c` of kind community for opcua"
        in refused(write(tmp_path, text))[0]
    )


def test_assets_behind_one_gateway_share_its_address_with_distinct_units(tmp_path):
    text = """\
assets:
  - {id: gw, zone: control, address: 10.0.1.1}
  - {id: m1, zone: control, address: 10.0.1.1, behind: gw, services: [{port: tcp/502, protocol: modbus, unit: 1}]}
  - {id: m2, zone: control, address: 10.0.1.1, behind: gw, services: [{port: tcp/502, protocol: modbus, unit: %d}]}
"""
    write(tmp_path, text % 2)
    assert len(load(tmp_path).site.assets) == 3

    write(tmp_path, text % 1)
    assert "more.yaml:4: found unit 1 at 10.0.1.1 a second time" in refused(tmp_path)[0]


def test_a_missing_an_empty_and_a_file_for_a_directory_are_clear(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()

    assert "found no such directory" in refused(tmp_path / "nowhere")[0]
    assert "found a file" in refused(tmp_path / "file")[0]
    assert "upheld config init" in refused(tmp_path / "empty")[0]


def test_records_and_profiles_are_no_part_of_the_site_and_yml_is_not_left_out_in_silence(tmp_path):
    write(tmp_path, "")
    for folder in ("records", "profiles"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.yaml").write_text("nonsense: [")
    load(tmp_path)

    (tmp_path / "assets.yml").write_text("assets: []")
    assert refused(tmp_path) == ["assets.yml: found the ending .yml; write the ending .yaml"]


def test_bytes_that_are_not_utf8_are_told(tmp_path):
    write(tmp_path, "")
    (tmp_path / "b.yaml").write_bytes(b"site: \xff")

    assert "b.yaml: found bytes that are not UTF-8" in refused(tmp_path)[0]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "zones", "assets", "types", "type", "services", "port", "credentials", "kind",
                 "interfaces", "address", "appliance", "vantages", "conduits", "allow", "sl_t"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_whatever_is_written_is_a_site_or_a_site_error(tmp_path, value):
    (tmp_path / "x.yaml").write_text(json.dumps(value))
    with pytest.raises(SiteError) as caught:
        load(tmp_path)
    assert all(str(p) for p in caught.value.problems)


def test_a_difference_names_what_changed(tmp_path):
    write(tmp_path, f"assets: [{ASSET}, services: [{{port: tcp/4840, protocol: opcua}}]}}]")
    old = load(tmp_path).plain
    write(tmp_path, f"assets: [{ASSET}, probing: robust, services: []}}]\nclosed_ports: [tcp/21]")
    lines = difference(old, load(tmp_path).plain)

    assert difference(old, old) == ()
    assert "assets.p.probing: fragile -> robust" in lines
    assert any(line.startswith("assets.p.services.tcp/4840: removed") for line in lines)
    assert any(line.startswith("closed_ports") for line in lines)


@pytest.mark.parametrize("kind", ["password", "snmpv3"])
@pytest.mark.parametrize(
    "user", ["admin", "Administrator", "operator", "ENGINEER", "root", "hmi", " admin "]
)
def test_an_account_people_work_with_is_refused(tmp_path, kind, user):
    secret = ", secret: {file: x}" if kind == "password" else ""
    write(tmp_path, f"credentials: [{{id: c, kind: {kind}, user: '{user}'{secret}}}]")
    (line,) = refused(tmp_path)

    assert "write a dedicated account for monitoring" in line


def test_a_user_whose_name_only_begins_like_theirs_is_not(tmp_path):
    write(tmp_path, "credentials: [{id: c, kind: snmpv3, user: admin-monitor}]")

    assert load(tmp_path).site.credential("c").user == "admin-monitor"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("window: [Mon 6-8]", "write a window such as"),
        ("window: Mon 06:00-08:00", "a list"),
        ("blackout_file: relative/path", "write an absolute path"),
        ("blackout_file: /", "write an absolute path"),
        ("blackout_file: [/a]", "write an absolute path"),
    ],
)
def test_when_a_zone_may_be_visited_is_checked(tmp_path, key, expected):
    write(tmp_path, "", base=BASE.replace("{id: dmz}", f"{{id: dmz, {key}}}"))

    assert any(expected in line for line in refused(tmp_path))


def test_the_example_says_when_its_zone_may_be_visited():
    zone = load(EXAMPLE).site.zone("control")

    assert [str(w) for w in zone.window] == ["Mon-Fri 20:00-05:00", "Sat-Sun 08:00-18:00"]
    assert zone.blackout_file == "/run/plant/control-blackout"
    assert load(EXAMPLE).site.zone("dmz").window == ()
