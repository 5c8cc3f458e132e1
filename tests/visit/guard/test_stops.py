from __future__ import annotations

import pytest

from appliance.visit.guard.kept import Kept
from appliance.visit.guard.stops import Stops
from tests.visit.clocks import FakeClock

A, B = "zone:a", "zone:b"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def kept():
    return Kept.in_memory()


@pytest.fixture
def stops(kept, clock):
    return Stops(kept, clock)


def lose(stops, *addresses, segment=A, devices=10):
    events = []
    for address in addresses:
        stops.began(address)
        stops.answered(address)
        events += stops.lost(address, segment, devices=devices)
    return events


def canaries(stops, clock, *addresses, segment=A, rounds=3):
    events = []
    for _ in range(rounds):
        clock.pass_(60)
        for address in addresses:
            events += stops.canary(address, segment, answered=True)
    return events


@pytest.mark.parametrize(
    ("lost", "devices", "stopped"),
    [(2, 3, False), (3, 3, True), (3, 30, True), (3, 31, False), (4, 40, True), (5, 51, False)],
)
def test_three_devices_and_a_tenth_of_a_segment_stop_it(stops, lost, devices, stopped):
    events = lose(stops, *(f"10.0.0.{i}" for i in range(lost)), devices=devices)

    assert (stops.stopped(A) is not None) is stopped
    assert [e.kind for e in events] == ["stop.began"] * stopped
    assert stops.stopped(B) is None


def test_two_hundred_devices_cut_off_while_idle_stop_nothing(stops, clock):
    for i in range(200):
        stops.began(f"10.0.1.{i}")
        stops.answered(f"10.0.1.{i}")
    clock.pass_(30)
    for i in range(200):
        stops.began(f"10.0.1.{i}")

        assert stops.lost(f"10.0.1.{i}", f"zone:{i % 4}", devices=50) == ()

    assert stops.all() == ()


def test_a_device_lost_again_and_again_is_one_device(stops):
    assert lose(stops, *["10.0.0.1"] * 20) == []


def test_losses_further_apart_than_five_minutes_do_not_add_up(stops, clock):
    lose(stops, "1", "2")
    clock.pass_(301)

    assert lose(stops, "3") == []
    clock.pass_(299)
    lose(stops, "4")
    lose(stops, "5")
    assert stops.stopped(A).lost == ("3", "4", "5")


def test_silence_long_after_our_last_answered_packet_is_not_ours(stops, clock):
    for address in "123":
        stops.began(address)
        stops.answered(address)
    clock.pass_(301)

    assert [stops.lost(a, A, devices=3) for a in "123"] == [(), (), ()]


def test_two_segments_stop_the_site_and_every_segment_in_it(stops):
    lose(stops, "1", "2", "3")
    events = lose(stops, "4", "5", "6", segment=B)

    assert [e.subject for e in events] == [B, "site"]
    assert stops.stopped("zone:untouched").where == "site"
    assert "1, 2, 3, 4, 5, 6 fell silent after our packets" in stops.stopped(A).said


def test_the_first_stop_ends_after_three_clean_rounds(stops, clock):
    lose(stops, "1", "2", "3")

    assert canaries(stops, clock, "1", "2", "3", rounds=2) == []
    assert canaries(stops, clock, "1", "2", rounds=5) == []
    events = canaries(stops, clock, "3", rounds=1)
    assert [e.kind for e in events] == ["stop.ended"]
    assert stops.stopped(A) is None


def test_a_silent_canary_starts_the_rounds_of_its_device_anew(stops, clock):
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "1", "2", "3", rounds=2)
    stops.canary("2", A, answered=False)

    assert canaries(stops, clock, "1", "2", "3", rounds=2) == []
    assert canaries(stops, clock, "2", rounds=1) != []


def test_rounds_in_one_breath_are_one_round(stops, clock):
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "1", "2", "3", rounds=1)
    for address in "123" * 9:
        stops.canary(address, A, answered=True)

    assert stops.stopped(A).left == 2


def test_canaries_of_others_neither_help_nor_harm(stops, clock):
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "9", rounds=5)
    stops.canary("9", A, answered=False)

    assert stops.stopped(A).left == 3


def test_devices_lost_while_stopped_must_come_back_too(stops, clock):
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "1", "2", "3", rounds=2)
    lose(stops, "4")

    assert canaries(stops, clock, "1", "2", "3", rounds=4) == []
    assert canaries(stops, clock, "4", rounds=3) != []


@pytest.mark.parametrize(
    ("apart", "needs"),
    [(6 * 86_400, True), (7 * 86_400 - 400, True), (7 * 86_400 + 1, False)],
)
def test_a_repeat_within_seven_days_waits_for_a_person(stops, clock, apart, needs):
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "1", "2", "3")
    clock.pass_(apart - 180)
    lose(stops, "1", "2", "3")
    canaries(stops, clock, "1", "2", "3", rounds=5)

    assert (stops.stopped(A) is not None) is needs
    if needs:
        assert "waits for upheld ack zone:a" in stops.stopped(A).said
        assert [e.kind for e in stops.ack(A, "j-smit", "pump test")] == ["stop.ended"]
        assert stops.stopped(A) is None


def test_the_site_goes_on_with_the_last_of_its_segments(stops, clock):
    lose(stops, "1", "2", "3")
    lose(stops, "4", "5", "6", segment=B)

    assert [e.subject for e in canaries(stops, clock, "1", "2", "3")] == [A]
    assert stops.stopped(A).where == "site"
    assert [e.subject for e in canaries(stops, clock, "4", "5", "6", segment=B)] == [B, "site"]
    assert stops.all() == ()


def test_the_second_site_stop_waits_for_a_person_though_its_segments_do_not(stops, clock):
    lose(stops, "1", "2", "3")
    lose(stops, "4", "5", "6", segment=B)
    stops.ack("site", "j-smit", "")
    lose(stops, "11", "12", "13", segment="zone:c")
    lose(stops, "14", "15", "16", segment="zone:d")
    canaries(stops, clock, "11", "12", "13", segment="zone:c")
    canaries(stops, clock, "14", "15", "16", segment="zone:d")

    assert [s.where for s in stops.all()] == ["site"]
    assert stops.all()[0].needs_ack


def test_an_ack_of_the_site_lets_all_of_it_go_on(stops):
    lose(stops, "1", "2", "3")
    lose(stops, "4", "5", "6", segment=B)

    assert len(stops.ack("site", "j-smit", "power dip")) == 3
    assert stops.all() == ()
    assert stops.ack("site", "j-smit", "") == ()
    assert stops.ack("zone:none", "j-smit", "") == ()


def test_a_zone_may_be_called_site(stops):
    lose(stops, "1", "2", "3", segment="zone:site")

    assert stops.stopped(A) is None


def test_stops_losses_and_their_repeats_outlive_a_restart(stops, clock, kept):
    lose(stops, "1", "2")
    clock.reboot()
    stops = Stops(kept, clock)
    lose(stops, "3")
    clock.reboot()
    stops = Stops(kept, clock)

    assert stops.stopped(A).lost == ("1", "2", "3")
    canaries(stops, clock, "1", "2", "3")
    clock.reboot(off=86_400)
    stops = Stops(kept, clock)
    lose(stops, "1", "2", "3")
    assert stops.stopped(A).needs_ack


def test_a_clock_set_forward_makes_no_repeat_a_first(stops, clock):
    lose(stops, "1", "2", "3")
    stops.ack(A, "j-smit", "")
    clock.step(30 * 86_400)
    lose(stops, "1", "2", "3")

    assert stops.stopped(A).needs_ack
