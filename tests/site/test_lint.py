import pytest

from appliance.site.lint import lint, unwatched
from appliance.site.model import Site

BASE = {
    "site": {"id": "bench"},
    "appliance": {
        "id": "edge",
        "vantages": [
            {"id": "monitor", "zone": "dmz", "source": "10.0.0.5"},
            {"id": "plain", "zone": "dmz", "source": "10.0.0.6", "kind": "plain"},
        ],
    },
    "zones": [
        {"id": "dmz", "networks": ["10.0.0.0/24"], "sl_t": 2},
        {"id": "cell", "networks": ["10.0.1.0/24"], "sl_t": 2},
    ],
    "conduits": [{"id": "dmz-cell", "from": "dmz", "to": "cell", "allow": ["tcp/502"]}],
    "assets": [
        {
            "id": "plc",
            "zone": "cell",
            "address": "10.0.1.2",
            "role": "plc",
            "services": [{"port": "tcp/502", "protocol": "modbus"}],
        }
    ],
}


def warnings(**changes):
    return [str(w) for w in lint(Site.model_validate({**BASE, **changes}))]


def plus(**asset):
    return [*BASE["assets"], {"id": "more", "zone": "cell", "address": "10.0.1.3", **asset}]


def test_a_plain_configuration_makes_nobody_wonder():
    assert warnings() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"assets": plus(safety=True)},
            (
                "cell: more of the safety system beside 1 other assets; "
                "62443-3-2 wants safety related assets in a zone of their own"
            ),
        ),
        (
            {"assets": plus(link={"kind": "radio"})},
            (
                "more: reached by radio in zone cell beside controllers; "
                "62443-3-2 wants wireless devices in a zone of their own"
            ),
        ),
        (
            {"assets": plus(presence={"seen_within": "7d"}, role="workstation")},
            (
                "more: present only now and then in zone cell beside controllers; "
                "62443-3-2 wants temporarily connected devices in a zone of their own"
            ),
        ),
        (
            {
                "zones": [
                    {"id": "dmz", "networks": ["10.0.0.0/16"], "sl_t": 2},
                    {"id": "cell", "networks": ["10.0.1.0/24"], "sl_t": 3},
                ]
            },
            (
                "dmz: network 10.0.0.0/16 shared with zone cell, which has another SL-T; "
                "nothing stands between them that could hold the higher level"
            ),
        ),
        (
            {"conduits": [{"id": "dmz-cell", "from": "dmz", "to": "cell", "allow": ["tcp/4840"]}]},
            (
                "dmz-cell: tcp/4840 allowed, and no asset behind it offers that; "
                "a permit nobody uses is a hole nobody watches"
            ),
        ),
        (
            {"conduits": [{"id": "dmz-cell", "from": "dmz", "to": "cell"}]},
            (
                "dmz-cell: a conduit that allows nothing; "
                "leave it out if nothing crosses: what is not listed is denied anyway"
            ),
        ),
        (
            {"conduits": []},
            (
                "cell: no vantage in it, and no conduit to it from one; "
                "none of its assets is ever looked at"
            ),
        ),
        (
            {"appliance": {"id": "edge", "vantage": "dmz"}},
            (
                "dmz-cell: no plain vantage in zone dmz; its checks can fail but never pass: "
                "a permitted vantage sees what others may not"
            ),
        ),
        (
            {
                "credentials": [{"id": "read", "kind": "community", "secret": {"file": "s"}}],
                "assets": plus(
                    services=[{"port": "udp/161", "protocol": "snmp", "credential": "read"}]
                ),
            },
            (
                "more: community read on udp/161; "
                "SNMP v1 and v2c send it in the clear to whoever holds the address"
            ),
        ),
    ],
)
def test_what_makes_one_wonder_is_named_with_its_reason(changes, said):
    assert warnings(**changes) == [said]


def test_equal_levels_on_one_network_are_nobodys_concern():
    zones = [{**zone, "networks": ["10.0.0.0/16"]} for zone in BASE["zones"]]
    assert warnings(zones=zones) == []


def test_the_conduits_no_plain_vantage_sees_are_listed():
    site = Site.model_validate({**BASE, "appliance": {"id": "edge", "vantage": "dmz"}})
    assert [c.id for c in unwatched(site)] == ["dmz-cell"]
    assert unwatched(Site.model_validate(BASE)) == ()


MANAGED = [{**BASE["zones"][0]}, BASE["zones"][1], {"id": "admin", "management": True}]


@pytest.mark.parametrize(
    ("allow", "said"),
    [
        (["tcp/502", "tcp/22"], ["tcp/22"]),
        (["tcp/502", {"port": "tcp/8443", "to": "more"}], ["tcp/8443"]),
        # Who reads for us is named, so it is nobody else's way in.
        (["tcp/502", {"port": "tcp/8443", "from": "monitor"}], []),
        (["tcp/502"], []),
    ],
)
def test_administration_from_elsewhere_is_named_once_a_zone_is_marked_for_it(allow, said):
    assets = plus(services=[{"port": "tcp/8443", "protocol": "https", "paths": ["/"]}])
    conduits = [{"id": "dmz-cell", "from": "dmz", "to": "cell", "allow": allow}]
    found = [w for w in warnings(zones=MANAGED, conduits=conduits, assets=assets) if "admini" in w]

    assert found == [
        f"dmz-cell: {port} for administration allowed from zone dmz; "
        "the site is administered from zone admin"
        for port in said
    ]
    unmarked = warnings(conduits=conduits, assets=assets)
    assert not [w for w in unmarked if "administ" in w]
