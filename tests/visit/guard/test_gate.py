"""Whom the gate lets nobody through to, whatever a target calls itself."""

from __future__ import annotations

import sqlite3

import pytest

from appliance.visit.control import CONTROL, Controls
from appliance.visit.guard import Guard, Kept
from collectors.errors import NotPermitted
from collectors.wire import Target, Wire
from collectors.wire.stopping import Phase
from tests.visit.clocks import FakeClock
from tests.visit.plan.sites import PLC, made, whole

HOST = "10.0.0.20"


def guard_of(site):
    return Guard(FakeClock(), Kept.in_memory(), site)


def with_asset(**asset):
    stated = {"zone": "dmz", "services": [{"port": "tcp/443", "protocol": "https"}], **asset}
    return made(assets=[*whole()["assets"], stated])


def to(asset, address, port=443, protocol="tcp"):
    return Target(asset, address, "tcp", port, protocol)


def visited(guard, address, packets=60):
    return guard.visiting(guard.restraints.budgets.reserve(address, packets, 6_000))


def test_an_asset_called_control_is_an_asset_and_no_control_host():
    guard = guard_of(with_asset(id="control", address="10.0.0.30"))

    with pytest.raises(NotPermitted, match="no visit to it is under way"):
        guard.may_connect(to("control", "10.0.0.30"))

    guard.restraints.holds.put("asset:control", "j-smit", "smoke")
    with visited(guard, "10.0.0.30"), pytest.raises(NotPermitted, match="smoke"):
        guard.may_connect(to("control", "10.0.0.30"))


def test_a_control_host_needs_no_visit():
    guard = guard_of(made())

    guard.may_connect(to(CONTROL, HOST))


@pytest.mark.parametrize("scope", ["site", "zone:dmz", "asset:jump-1"])
def test_a_hold_over_an_asset_holds_for_it_as_a_control_host_too(scope):
    guard = guard_of(with_asset(id="jump-1", address=HOST))

    guard.may_connect(to(CONTROL, HOST))
    guard.restraints.holds.put(scope, "j-smit", "smoke")

    with pytest.raises(NotPermitted, match="smoke"):
        guard.may_connect(to(CONTROL, HOST))


def test_another_assets_hold_leaves_the_control_host_alone():
    guard = guard_of(with_asset(id="jump-1", address=HOST))

    guard.restraints.holds.put("asset:plc", "j-smit", "smoke")

    guard.may_connect(to(CONTROL, HOST))


@pytest.mark.parametrize("never", [{"probing": "never"}, {"safety": True}])
async def test_an_asset_that_is_never_touched_is_no_control_host_either(never):
    site = with_asset(id="drive-2", address=HOST, **never)
    guard = guard_of(site)

    with pytest.raises(NotPermitted, match="never touched"):
        guard.may_connect(to(CONTROL, HOST))
    (seen,) = await Controls(site, Wire(guard)).seen_from(site.vantage("monitor"))
    assert seen.answered is None
    assert "never touched" in seen.said
    assert guard.loads[HOST].packets == 0


def test_a_visit_to_an_asset_that_left_the_inventory_ends_at_its_next_message():
    guard = guard_of(with_asset(id="panel-2", address="10.0.0.30"))
    target = to("panel-2", "10.0.0.30", protocol="https")

    with visited(guard, "10.0.0.30"):
        guard.may_connect(target)
        guard.may_send(target, 10)
        guard.adopt(made())

        with pytest.raises(NotPermitted, match="not in the inventory"):
            guard.may_send(target, 10)
        assert "no longer in the inventory" in guard.restraints.forbidden("panel-2")


def test_a_service_that_left_the_inventory_is_no_longer_spoken_to():
    guard = guard_of(with_asset(id="panel-2", address="10.0.0.30"))
    target = to("panel-2", "10.0.0.30", protocol="https")
    without = {"services": [{"port": "tcp/80", "protocol": "http"}]}

    with visited(guard, "10.0.0.30"):
        guard.may_connect(target)
        guard.adopt(with_asset(id="panel-2", address="10.0.0.30", **without))

        with pytest.raises(NotPermitted, match="not in the inventory"):
            guard.may_send(target, 10)


async def test_a_hold_ends_what_is_under_way_even_where_the_disk_does_not_take_it(disk):
    guard = Guard(FakeClock(), disk.kept, made())
    disk.takes_nothing()

    with guard.connections.entered(to("plc", PLC, 4840, "opcua")) as underway:
        with pytest.raises(sqlite3.OperationalError):
            guard.restraints.holds.put("site", "j-smit", "smoke")

        with pytest.raises(NotPermitted, match="smoke"):
            underway.checked(Phase.STOPPED)
