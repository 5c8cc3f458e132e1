from __future__ import annotations

from pathlib import Path

import pytest

from appliance.site.loading import load
from appliance.visit.guard.canary import Canaries, Seen
from appliance.visit.guard.commands import COMMANDS, Parts, hold_files, obey
from appliance.visit.guard.hold import Holds
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.latch import Choice, Latches
from appliance.visit.guard.peers import FOR_ALL, Peer, may
from appliance.visit.guard.stops import Stops
from appliance.visit.guard.trust import Fingerprint, Trusts
from tests.visit.clocks import FakeClock

EXAMPLE = Path(__file__).parents[3] / "config" / "example"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def parts(clock, tmp_path):
    kept = Kept.in_memory()
    return Parts(
        site=load(EXAMPLE).site,
        holds=Holds(kept, clock),
        trusts=Trusts(kept, clock),
        latches=Latches(kept, clock),
        stops=Stops(kept, clock),
        canaries=Canaries(kept, clock),
        hold_files=(tmp_path / "STOP",),
    )


def give(parts, command, who="j-smit", **words):
    return obey({"command": command, "why": "because", **words}, who, parts)


def test_a_hold_and_its_release_are_said_and_recorded(parts):
    held = give(parts, "hold", scope="zone:control")
    released = give(parts, "release", scope="zone:control")

    assert held.answer == {"said": [held.events[0].said]}
    assert held.events[0].kind == "hold.put"
    assert released.events[0].kind == "hold.released"
    assert parts.holds.all() == ()


def test_holding_needs_no_reason_and_everything_else_does(parts):
    assert give(parts, "hold", scope="site", why="").events

    for command, words in {
        "release": {"scope": "site"},
        "trust": {"asset": "plc-filter-1"},
        "rearm": {"credential": "opc-monitor"},
        "ack": {"subject": "site"},
    }.items():
        assert "say why" in give(parts, command, why=" ", **words).error
    assert parts.holds.holding("plc-filter-1", "control") is not None


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("hold", {"scope": "zone:contrl"}, "there is no zone contrl; write `control`"),
        ("hold", {"scope": "asset:plc"}, "there is no asset plc"),
        ("hold", {"scope": "plc-filter-1"}, "write site, zone:ID or asset:ID"),
        ("hold", {"scope": None}, "write site, zone:ID or asset:ID"),
        ("hold", {"scope": ["site"]}, "write site, zone:ID or asset:ID"),
        ("release", {"scope": "site"}, "nothing is"),
        ("trust", {}, "name one asset, or one type"),
        ("trust", {"asset": "gw-1", "zone": "dmz"}, "name one asset, or one type"),
        ("trust", {"asset": "gw-2"}, "there is no asset gw-2; write `gw-1`"),
        ("trust", {"type": "m340"}, "there is no type m340"),
        ("trust", {"zone": "dmz"}, "no asset of zone dmz is ever visited"),
        ("rearm", {"credential": "nope"}, "there is no credential nope"),
        ("rearm", {"credential": "opc-monitor"}, "is not latched"),
        ("ack", {"subject": "site"}, "has not stopped by itself; nothing has"),
        ("ack", {"subject": "control"}, "zone:control has not stopped"),
        ("ack", {"subject": "plc-filter-1"}, "nothing is suspected"),
        ("ack", {"subject": "gateway:gw-9"}, "there is no zone or asset gateway:gw-9"),
        ("ack", {"subject": {}}, "there is no zone or asset"),
        ("explode", {}, "unknown command 'explode'"),
        (None, {}, "unknown command None"),
    ],
)
def test_a_mistake_says_what_to_write_and_does_nothing(parts, command, words, said):
    obeyed = give(parts, command, **words)

    assert said in obeyed.error
    assert obeyed.answer == {"error": obeyed.error}
    assert obeyed.events == ()
    assert parts.holds.all() == ()


def test_a_hold_on_what_left_the_inventory_can_still_be_released(parts):
    parts.holds.put("asset:gone", "j-smit", "")

    assert give(parts, "release", scope="asset:gone").events


def test_a_hold_file_nobody_has_seen_yet_is_found_by_the_release(parts):
    parts.hold_files[0].write_text("smoke\n")
    assert "is still there" in give(parts, "release", scope="site").error

    parts.hold_files[0].unlink()
    assert [e.kind for e in give(parts, "release", scope="site").events] == ["hold.released"]


def supervised(parts, clock, asset):
    parts.trusts.begin(asset, Fingerprint())
    parts.trusts.alive(asset, clean=True)
    for _ in range(96):
        clock.pass_(900)
        parts.trusts.alive(asset, clean=True)


def test_a_zone_is_trusted_as_far_as_its_assets_are_ready(parts, clock):
    supervised(parts, clock, "plc-filter-1")
    obeyed = give(parts, "trust", zone="control")

    assert [e.subject for e in obeyed.events] == ["plc-filter-1"]
    assert any("gw-1 is planned" in line for line in obeyed.said)
    assert parts.trusts.permit("plc-filter-1").visit
    assert "before it already" in give(parts, "trust", type="s7-1515").error


async def test_a_latched_credential_is_rearmed(parts):
    async with parts.latches.trying(
        "opc-monitor", "10.10.20.11", Choice("secret", "d"), visit="v"
    ) as attempt:
        attempt.failed("BadUserAccessDenied")
    obeyed = give(parts, "rearm", credential="opc-monitor")

    assert obeyed.events[0].kind == "credential.rearmed"
    assert parts.latches.latched("opc-monitor", "10.10.20.11", "d") is None


@pytest.mark.parametrize("subject", ["control", "zone:control"])
def test_a_segment_that_stopped_twice_is_acknowledged_by_its_zone(parts, subject):
    for _ in range(2):
        for address in "123":
            parts.stops.began(address)
            parts.stops.answered(address)
            parts.stops.lost(address, "zone:control", devices=3)
        obeyed = give(parts, "ack", subject=subject)
        assert [e.kind for e in obeyed.events] == ["stop.ended"]

    assert parts.stops.all() == ()


@pytest.mark.parametrize("subject", ["plc-filter-1", "asset:plc-filter-1"])
def test_an_asset_that_may_have_suffered_is_acknowledged(parts, subject):
    parts.canaries.before("10.10.20.11", Seen("tcp-4840", 1_000, ""))
    parts.canaries.after("10.10.20.11", Seen("tcp-4840", None, "no answer"))
    assert parts.canaries.latched("10.10.20.11")

    assert give(parts, "ack", subject=subject).events
    assert parts.canaries.latched("10.10.20.11") is None


def test_root_tells_for_whom(parts):
    held = give(parts, "hold", who="root", scope="site", sudo_user="j-smit")
    claimed = give(parts, "hold", who="guest", scope="site", sudo_user="somebody-else")

    assert "by root for j-smit" in held.said[0]
    assert "by guest: " in claimed.said[0]


def test_every_command_but_hold_is_for_operators():
    stranger = Peer(1000, 1000)
    free = {c for c in COMMANDS if may(c, stranger, own=990, operators=500) is None}

    assert free == {"hold"} == COMMANDS & FOR_ALL


def test_hold_files_are_looked_for_in_the_run_directory_and_beside_the_configuration():
    assert hold_files(Path("/etc/upheld")) == (Path("/run/upheld/STOP"), Path("/etc/upheld/STOP"))
