from __future__ import annotations

import re

import pytest

from appliance.site.problems import SiteError
from appliance.site.profiles import firmware_oid, firmware_oids, profiles

OWN = """\
profiles:
  - id: moxa-etherdevice
    vendor: Moxa
    match: {sys_object_id: [1.3.6.1.4.1.8691.7]}
    firmware: [{part: main, at: [1.2.3.0]}]
    source: measured
"""


def written(folder, text):
    (folder / "profiles").mkdir()
    (folder / "profiles" / "own.yaml").write_text(text)
    return folder


def test_the_profiles_that_ship_load_and_are_told_apart():
    found = profiles()

    assert len(found) >= 60
    assert {p.vendor for p in found} >= {"Moxa", "Hirschmann", "Westermo", "Cisco", "Siemens"}
    assert all(p.plain().id == p.id for p in found)


@pytest.mark.parametrize(
    ("object_id", "oid"),
    [
        (".1.3.6.1.4.1.15004.2.1", "1.3.6.1.4.1.15004.4.2.3.3.0"),
        ("1.3.6.1.4.1.4329.6.1.2.1.2", "1.3.6.1.4.1.4329.6.3.2.1.1.5.0"),
        ("1.3.6.1.4.1.150040.2.1", None),
        ("1.3.6.1.4.1.9.1.1", None),
        ("", None),
    ],
)
def test_the_longest_prefix_by_whole_arcs_decides(object_id, oid):
    assert firmware_oid(object_id, firmware_oids()) == oid


def test_no_description_alone_lends_a_firmware_oid_to_every_net_snmp_agent():
    assert firmware_oid("1.3.6.1.4.1.8072.3.2.10", firmware_oids()) is None


def test_a_sites_own_profile_wins(tmp_path):
    assert firmware_oids(written(tmp_path, OWN))["1.3.6.1.4.1.8691.7"] == "1.2.3.0"


def test_a_profile_that_matches_as_another_does_is_told(tmp_path):
    with pytest.raises(SiteError, match="`mine` that matches what `moxa-etherdevice` does"):
        profiles(written(tmp_path, OWN.replace("id: moxa-etherdevice", "id: mine")))


@pytest.mark.parametrize("text", ["profils: []", "profiles: [{id: x}]", "a: [", "profiles: [5]"])
def test_a_profile_that_does_not_hold_is_told_with_its_place(tmp_path, text):
    with pytest.raises(SiteError, match=r"profiles/own\.yaml:[12]: found"):
        firmware_oids(written(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "wrong", "where", "write"),
    [
        ("match: {}", "match", 4, "sys_object_id or another way"),
        ("match: {sys_object_id: [1.3.x]}", "match.sys_object_id.0", 4, "pattern"),
        ("match: {sys_descr: '('}", "match.sys_descr", 4, "a regular expression"),
        ("serial: [{below: 1.0, oid: 1.2.0}]", "serial.0", 4, "oid or below, one of them"),
        ("serial: [{oid: 1.2.0, regex: 'S'}]", "serial.0.regex", 4, "one .group."),
        ("serials: []", "serials", 4, "Extra inputs are not permitted"),
        (
            "switches: [{name: a, oid: 1.2.0, words: {'1': on}, wanted: [no], control: config-saved}]",
            "switches.0",
            4,
            "in wanted only words of words, not no",
        ),
        (
            "switches: [{name: a, oid: 1.2.0, words: {'1': on}, wanted: [on], control: nobody}]",
            "switches.0.control",
            4,
            "mgmt-plane-hardened",
        ),
    ],
)
def test_each_mistake_names_its_line_its_key_and_what_to_write(tmp_path, line, wrong, where, write):
    text = OWN.replace("    match", f"    {line}\n    match", 1)
    if line.startswith("match"):
        text = OWN.replace("match: {sys_object_id: [1.3.6.1.4.1.8691.7]}", line)

    with pytest.raises(SiteError) as error:
        profiles(written(tmp_path, text))

    said = str(error.value)
    assert f"profiles/own.yaml:{where}: found {wrong} as no profile has it; write " in said
    assert re.search(write, said)
