from __future__ import annotations

import pytest

from appliance.site.problems import SiteError
from appliance.site.profiles import firmware_oid, firmware_oids, profiles

OWN = """\
profiles:
  - {id: moxa-eds-510e, vendor: Moxa, family: mine, sys_object_id: 1.3.6.1.4.1.8691.7.84,
     firmware: 1.2.3.0, source: measured}
"""


def test_the_profiles_that_ship_load_and_name_instances():
    assert {p.vendor for p in profiles()} >= {"Moxa", "Hirschmann", "Westermo", "Cisco", "Siemens"}
    assert all(oid.endswith(".0") for oid in firmware_oids().values())


@pytest.mark.parametrize(
    ("object_id", "oid"),
    [
        ("1.3.6.1.4.1.8691.7.84", "1.3.6.1.4.1.8691.7.84.1.4.0"),
        (".1.3.6.1.4.1.15004.2.1", "1.3.6.1.4.1.15004.4.2.3.3.0"),
        ("1.3.6.1.4.1.8691.7.840", None),
        ("1.3.6.1.4.1.9.1.1", None),
        ("", None),
    ],
)
def test_the_longest_prefix_by_whole_arcs_decides(object_id, oid):
    assert firmware_oid(object_id, firmware_oids()) == oid


def test_a_sites_own_profile_wins(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.yaml").write_text(OWN)

    assert firmware_oids(tmp_path)["1.3.6.1.4.1.8691.7.84"] == "1.2.3.0"


@pytest.mark.parametrize("text", ["profils: []", "profiles: [{id: x}]", "a: [", "profiles: [5]"])
def test_a_profile_that_does_not_hold_is_told_with_its_place(tmp_path, text):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.yaml").write_text(text)
    with pytest.raises(SiteError, match=r"profiles/own\.yaml:[12]: found"):
        firmware_oids(tmp_path)
