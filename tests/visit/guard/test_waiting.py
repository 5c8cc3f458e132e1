"""What stands until a person has looked at it, as whoever alerts is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.site.loading import load
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.latch import Choice
from appliance.visit.guard.restraint import Restraints, segment_of
from appliance.visit.guard.stops import AGAIN_WITHIN
from appliance.visit.guard.waiting import standing_alarms
from tests.visit.clocks import FakeClock

EXAMPLE = Path(__file__).parents[3] / "config" / "example"


@pytest.fixture
def site():
    return load(EXAMPLE).site


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def held(site, clock):
    return Restraints(Kept.in_memory(), clock, site)


def keys(site, held):
    return [alarm.key for alarm in standing_alarms(site, held)]


def lose(held, asset):
    """Three devices of the asset's segment fall silent after our packets."""
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        held.stops.began(address)
        held.stops.answered(address)
        held.stops.lost(address, segment_of(asset), devices=3)


def test_nothing_stands_where_nothing_happened_and_a_hold_is_no_alarm(site, held):
    held.holds.put("site", "j-smit", "start-up", "command")

    assert keys(site, held) == []


def test_a_suspected_impact_stands_until_it_is_acknowledged(site, held):
    asset = site.assets[0]
    held.canaries.after(asset.address, Seen("tcp-502", None, "no answer"))

    assert f"suspected-impact.{asset.id}" in keys(site, held)
    held.canaries.ack(asset.address, "j-smit", "a fuse")
    assert keys(site, held) == []


def test_only_the_stop_that_waits_for_somebody_is_one(site, held, clock):
    asset = site.assets[0]
    lose(held, asset)
    (first,) = held.stops.all()
    assert keys(site, held) == []

    held.stops.ack(first.where, "j-smit", "seen")
    clock.pass_(AGAIN_WITHIN / 2)
    lose(held, asset)
    (alarm,) = standing_alarms(site, held)
    assert alarm.key.startswith("stop.")
    assert alarm.remedy.startswith("upheld ack ")


async def test_a_credential_is_one_when_it_is_latched_everywhere(site, held):
    async with held.latches.trying(
        "c", "192.0.2.1", Choice("secret", "digest"), visit="v", patience=0.0
    ) as attempt:
        attempt.failed("BadUserAccessDenied")

    # It had worked nowhere, so it is tried nowhere.
    assert keys(site, held) == ["credential.c"]
    held.latches.rearm("c", "j-smit", "mended")
    assert keys(site, held) == []


async def test_a_credential_that_one_asset_refuses_is_none(site, held):
    for address, result in (("192.0.2.1", "worked"), ("192.0.2.2", "failed")):
        async with held.latches.trying(
            "c", address, Choice("secret", "digest"), visit=address, patience=0.0
        ) as attempt:
            attempt.worked() if result == "worked" else attempt.failed("BadUserAccessDenied")

    assert [name for name, _ in held.latches.all()] == ["c"]
    assert keys(site, held) == []
