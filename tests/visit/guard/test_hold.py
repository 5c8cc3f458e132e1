from __future__ import annotations

import os
import random
import socket
import sqlite3

import pytest

from appliance.visit.guard.hold import HoldFile, Holds, StillThere, file_hold, scope_of
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.peers import Peer, may, myself, peer_of
from tests.visit.clocks import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def kept():
    return Kept.in_memory()


@pytest.fixture
def holds(kept, clock):
    return Holds(kept, clock)


@pytest.mark.parametrize(
    ("scope", "asset", "zone", "held"),
    [
        ("site", "plc-1", "control", True),
        ("zone:control", "plc-1", "control", True),
        ("zone:control", "plc-1", "dmz", False),
        ("asset:plc-1", "plc-1", "control", True),
        ("asset:plc-1", "plc-2", "control", False),
        ("asset:plc-1", "plc-10", "control", False),
    ],
)
def test_a_hold_holds_its_scope_and_nothing_else(holds, scope, asset, zone, held):
    holds.put(scope, "j-smit", "start-up")

    assert (holds.holding(asset, zone) is not None) is held


def test_a_hold_says_who_why_and_since_when(holds):
    said = holds.put("zone:control", "j-smit", "tuning line 2").said

    assert said == "Zone control is on hold since 2026-03-02 08:00 UTC by j-smit: tuning line 2."


def test_a_hold_outlives_a_restart_and_a_clock_set_back(kept, clock, holds):
    holds.put("asset:plc-1", "j-smit", "maintenance")
    clock.reboot()
    clock.step(-10 * 365 * 86_400)

    assert Holds(kept, clock).holding("plc-1", "control").who == "j-smit"


def test_random_holds_and_releases_are_the_same_after_every_restart(kept, clock):
    chance, expected = random.Random(7), set()
    holds = Holds(kept, clock)
    scopes = ["site", "zone:a", "zone:b", "asset:p", "asset:q"]
    for _ in range(300):
        scope = chance.choice(scopes)
        if chance.random() < 0.5:
            holds.put(scope, chance.choice("xy"), "")
            expected.add(scope)
        else:
            assert (holds.release(scope, "x", "") is not None) is (scope in expected)
            expected.discard(scope)
        if chance.random() < 0.3:
            clock.reboot()
            holds = Holds(kept, clock)
        assert {h.scope for h in holds.all()} == expected
        held = holds.holding("p", "a")
        assert (held is not None) is bool(expected & {"site", "zone:a", "asset:p"})


def test_a_release_ends_all_holds_of_its_scope_and_names_them(holds):
    holds.put("site", "j-smit", "fire drill")
    holds.put("site", "m-bos", "also me")
    said = holds.release("site", "operator", "done").said

    assert "released by operator: done" in said
    assert "j-smit: fire drill" in said
    assert "m-bos: also me" in said
    assert holds.holding("plc-1", "control") is None
    assert holds.release("site", "operator", "again") is None


def test_holding_twice_keeps_the_first_moment_and_the_newest_reason(holds, clock):
    holds.put("site", "j-smit", "first")
    since = clock.now()
    clock.pass_(60)
    holds.put("site", "j-smit", "second")

    assert [(h.since, h.why) for h in holds.all()] == [(since, "second")]


def test_a_full_disk_keeps_nobody_from_stopping(disk, clock):
    stopped = []
    holds = Holds(disk.kept, clock)
    holds.in_force = stopped.append

    disk.takes_nothing()
    with pytest.raises(sqlite3.OperationalError):
        holds.put("site", "j-smit", "now")

    assert holds.holding("plc-1", "control") is not None
    assert len(stopped) == 1


def test_a_hold_the_disk_did_not_take_is_written_and_told_as_soon_as_it_does(disk, clock):
    file = HoldFile("/run/upheld/STOP", "uid 1000", "smoke in hall 3")
    holds = Holds(disk.kept, clock)
    disk.takes_nothing()
    with pytest.raises(sqlite3.OperationalError):
        holds.seen(file)
    assert holds.seen(file) is None

    disk.takes_all()
    told = holds.seen(file)

    assert told.kind == "hold.put"
    assert "smoke in hall 3" in told.said
    assert holds.seen(file) is None
    assert Holds(disk.again(), clock).holding("plc-1", "control") is not None


def test_a_hold_that_is_released_on_a_disk_that_takes_nothing_stays(disk, clock):
    holds = Holds(disk.kept, clock)
    holds.put("site", "j-smit", "now")
    disk.takes_nothing()

    with pytest.raises(sqlite3.OperationalError):
        holds.release("site", "j-smit", "over")

    assert holds.holding("plc-1", "control") is not None


@pytest.mark.parametrize("text", ["", "zone:", "plc-1", "asset", "site:x", "segment:a"])
def test_a_scope_that_is_none_says_what_to_write(text):
    with pytest.raises(ValueError, match="write site, zone:ID or asset:ID"):
        scope_of(text)


def test_a_hold_file_holds_the_site_until_it_is_gone_and_somebody_releases(holds, clock, kept):
    file = HoldFile("/run/upheld/STOP", "uid 1000", "smoke in hall 3")
    event = holds.seen(file)

    assert event.kind == "hold.put"
    assert holds.seen(file) is None
    assert holds.holding("plc-1", "control").why == "smoke in hall 3"
    with pytest.raises(StillThere, match="/run/upheld/STOP is still there"):
        holds.release("site", "operator", "")

    assert holds.seen(None) is None
    clock.reboot()
    holds = Holds(kept, clock)

    assert holds.holding("plc-1", "control") is not None
    assert holds.release("site", "operator", "") is not None
    assert holds.holding("plc-1", "control") is None


def test_a_file_that_is_still_there_after_a_restart_is_no_second_hold(holds, clock, kept):
    file = HoldFile("/run/upheld/STOP", "uid 1000", "smoke")
    holds.seen(file)
    clock.reboot()
    again = Holds(kept, clock)

    assert again.seen(file) is None
    assert len(again.all()) == 1


def test_since_when_nothing_was_sent(holds, clock):
    assert holds.quiet_since(clock.now()) is None

    last = clock.now()
    clock.pass_(60)
    holds.put("zone:control", "j-smit", "")
    assert holds.quiet_since(last) is None

    holds.put("site", "j-smit", "")
    assert holds.quiet_since(last) == last
    assert holds.quiet_since(None) == clock.now()


def test_the_first_line_of_a_hold_file_is_the_reason_and_its_owner_the_who(tmp_path):
    (tmp_path / "STOP").write_text("\nsmoke \x1b[31min hall 3\nmore\n")
    found = file_hold([tmp_path / "none", tmp_path / "STOP"])

    assert found.why == "smoke  [31min hall 3"
    assert found.who == f"uid {os.getuid()}"


def test_no_hold_file_is_no_hold(tmp_path):
    assert file_hold([tmp_path / "STOP", tmp_path / "missing" / "STOP"]) is None


def _pipe(path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.touch(),
        lambda p: p.mkdir(),
        lambda p: p.symlink_to("/nowhere/at/all"),
        lambda p: p.write_bytes(b"\xff\xfe\x00"),
        lambda p: p.write_bytes(b"x" * 5_000_000),
        _pipe,
    ],
    ids=["empty", "directory", "broken link", "no text", "huge", "pipe"],
)
def test_whatever_bears_the_name_holds(tmp_path, make):
    make(tmp_path / "STOP")
    found = file_hold([tmp_path / "STOP"])

    assert 0 < len(found.why) <= 500


OWN, OPERATORS = 990, 500


@pytest.mark.parametrize(
    ("peer", "starts"),
    [
        (Peer(0, 0), True),
        (Peer(OWN, OWN), True),
        (Peer(1000, 1000, frozenset({OPERATORS})), True),
        (Peer(1000, OPERATORS), True),
        (Peer(1000, 1000, frozenset({501})), False),
        (Peer(65534, 65534), False),
    ],
)
@pytest.mark.parametrize(
    "command", ["release", "trust", "rearm", "ack", "check", "reload", "", "something new"]
)
def test_more_people_may_stop_than_start(peer, starts, command):
    assert (may(command, peer, own=OWN, operators=OPERATORS) is None) is starts
    assert may("hold", peer, own=OWN, operators=OPERATORS) is None
    assert may("status", peer, own=OWN, operators=OPERATORS) is None


def test_without_the_group_only_root_and_the_daemon_start():
    why = may("release", Peer(1000, 0), own=OWN, operators=None)

    assert "upheld-operators" in why
    assert "hold is open to you" in why


def test_the_kernel_names_the_peer_of_a_socket():
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_of(one) == myself()
