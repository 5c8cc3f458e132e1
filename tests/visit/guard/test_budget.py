from __future__ import annotations

import random
from pathlib import Path

import pytest

from appliance.visit.guard.budget import MERGED, WINDOW, Budgets, Reservation, Spent
from appliance.visit.guard.kept import Kept
from tests.visit.clocks import START, FakeClock

PLC = "10.10.20.11"
HOUR = 3_600.0


def reserved(budgets: Budgets, packets: int, a_day: int = 600, address: str = PLC) -> Reservation:
    got = budgets.reserve(address, packets, a_day)
    assert isinstance(got, Reservation), got
    return got


def spend(budgets: Budgets, packets: int, a_day: int = 600) -> None:
    assert budgets.settle(reserved(budgets, packets, a_day), packets) is None


def test_a_visit_whose_upper_bound_does_not_fit_is_refused_in_words_and_costs_nothing():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    spend(budgets, 590)

    refused = budgets.reserve(PLC, 11, 600)

    assert refused == Spent(
        "10.10.20.11 had 590 of its 600 packets for 24 hours, and this may take 11"
    )
    assert budgets.left(PLC, 600) == 10
    assert isinstance(budgets.reserve(PLC, 10, 600), Reservation)


def test_settling_gives_back_what_was_not_sent():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    reservation = reserved(budgets, 60)
    assert budgets.left(PLC, 600) == 540

    budgets.settle(reservation, 13)

    assert budgets.left(PLC, 600) == 587
    assert budgets.used_ratio(PLC) == pytest.approx(13 / 600)


def test_settling_twice_gives_nothing_back():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    reservation = reserved(budgets, 60)
    budgets.settle(reservation, 13)

    assert budgets.settle(reservation, 0) is None
    assert budgets.left(PLC, 600) == 587


def test_more_than_was_reserved_is_charged_and_told_as_our_fault():
    budgets = Budgets(Kept.in_memory(), FakeClock())

    event = budgets.settle(reserved(budgets, 10), 12)

    assert event is not None
    assert (event.kind, event.subject) == ("budget-exceeded", PLC)
    assert "12 packets and 0 bytes were sent" in event.said
    assert budgets.left(PLC, 600) == 588


def test_a_packet_exactly_24_hours_old_still_counts_and_an_older_one_does_not():
    clock = FakeClock()
    budgets = Budgets(Kept.in_memory(), clock)
    spend(budgets, 600)

    clock.pass_(WINDOW)
    assert budgets.left(PLC, 600) == 0
    clock.pass_(0.5)
    assert budgets.left(PLC, 600) == 600


def test_what_is_kept_as_one_is_given_back_with_its_youngest_packet():
    clock = FakeClock()
    budgets = Budgets(Kept.in_memory(), clock)
    spend(budgets, 1)
    clock.pass_(MERGED - 1)
    spend(budgets, 599)

    clock.pass_(WINDOW - 1)
    assert budgets.left(PLC, 600) == 0
    clock.pass_(2)
    assert budgets.left(PLC, 600) == 600


def test_what_a_long_visit_sent_counts_from_its_end():
    clock = FakeClock()
    budgets = Budgets(Kept.in_memory(), clock)
    reservation = reserved(budgets, 600)
    clock.pass_(30 * HOUR)
    budgets.settle(reservation, 600)

    clock.pass_(23 * HOUR)
    assert budgets.left(PLC, 600) == 0


def test_a_reservation_never_settled_stays_charged_in_full_from_the_next_start(tmp_path: Path):
    clock = FakeClock()
    reserved(Budgets(Kept.open(tmp_path / "guard.db"), clock), 200)
    clock.pass_(10 * HOUR)

    # No close before: the process was killed.
    after = Budgets(Kept.open(tmp_path / "guard.db"), clock)

    assert after.left(PLC, 600) == 400
    clock.pass_(24 * HOUR)
    assert after.left(PLC, 600) == 400
    clock.pass_(1)
    assert after.left(PLC, 600) == 600


def test_what_an_earlier_process_reserved_cannot_be_settled_any_more():
    kept, clock = Kept.in_memory(), FakeClock()
    reservation = reserved(Budgets(kept, clock), 200)
    after = Budgets(kept, clock)

    assert after.settle(reservation, 0) is None
    assert after.left(PLC, 600) == 400


def test_a_stricter_class_counts_what_was_sent_under_the_old_one():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    spend(budgets, 700, a_day=6_000)

    assert isinstance(budgets.reserve(PLC, 1, 600), Spent)
    assert budgets.left(PLC, 600) == 0
    assert budgets.used_ratio(PLC) > 1


def test_addresses_do_not_share():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    spend(budgets, 600)

    assert isinstance(budgets.reserve("10.10.20.12", 600, 600), Reservation)


def test_a_slow_link_runs_out_of_bytes_and_uncounted_bytes_stay_charged():
    budgets = Budgets(Kept.in_memory(), FakeClock())
    first = budgets.reserve(PLC, 10, 600, octets=700, octets_a_day=1_000)
    assert isinstance(first, Reservation)
    refused = budgets.reserve(PLC, 10, 600, octets=400, octets_a_day=1_000)
    assert isinstance(refused, Spent)
    assert "carried 700 of its 1000 bytes" in refused.why

    budgets.settle(first, 5)
    assert budgets.octets_left(PLC, 1_000) == 300
    second = budgets.reserve(PLC, 10, 600, octets=300, octets_a_day=1_000)
    assert isinstance(second, Reservation)
    budgets.settle(second, 5, 100)
    assert budgets.octets_left(PLC, 1_000) == 200
    assert budgets.octets_left(PLC, None) is None


@pytest.mark.parametrize("step", [-400 * 86_400.0, -3_600.0, 3_600.0, 400 * 86_400.0])
def test_setting_the_wall_clock_gives_nothing_back_and_takes_nothing(step: float):
    clock = FakeClock()
    budgets = Budgets(Kept.in_memory(), clock)
    spend(budgets, 600)

    clock.step(step)
    assert budgets.left(PLC, 600) == 0
    clock.pass_(WINDOW + 1)
    assert budgets.left(PLC, 600) == 600


def test_time_switched_off_counts_when_the_clock_was_kept_right_before_and_after():
    kept, clock = Kept.in_memory(), FakeClock()
    spend(Budgets(kept, clock), 600)

    clock.reboot(off=25 * HOUR)

    assert Budgets(kept, clock).left(PLC, 600) == 600


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (False, False)])
def test_after_a_restart_an_unsynchronised_clock_gives_nothing_back(before: bool, after: bool):
    clock = FakeClock(synchronised=before)
    kept = Kept.in_memory()
    spend(Budgets(kept, clock), 600)

    clock.reboot(off=60)
    clock.step(400 * 86_400.0)
    clock.synchronised = after
    budgets = Budgets(kept, clock)

    assert budgets.left(PLC, 600) == 0
    clock.pass_(WINDOW)
    assert budgets.left(PLC, 600) == 600


def test_a_clock_set_back_before_a_restart_takes_at_most_another_day():
    kept, clock = Kept.in_memory(), FakeClock()
    spend(Budgets(kept, clock), 600)
    clock.reboot(off=60)
    clock.step(-400 * 86_400.0)

    budgets = Budgets(kept, clock)

    assert budgets.left(PLC, 600) == 0
    clock.pass_(WINDOW)
    assert budgets.left(PLC, 600) == 600


def test_an_appliance_that_restarts_often_still_gets_its_budget_back():
    kept, clock = Kept.in_memory(), FakeClock(synchronised=False)
    spend(Budgets(kept, clock), 600)

    for _ in range(25):
        clock.pass_(HOUR)
        Budgets(kept, clock)
        clock.reboot(off=1)

    assert Budgets(kept, clock).left(PLC, 600) == 600


def test_a_day_of_visits_every_minute_is_kept_in_little_room():
    kept, clock = Kept.in_memory(), FakeClock()
    budgets = Budgets(kept, clock)
    for _ in range(2_000):
        spend(budgets, 5, a_day=100_000)
        clock.pass_(60)

    value = kept.get("budget", PLC)
    assert value is not None
    assert len(value["charges"]) <= WINDOW / MERGED + 2


class World:
    """True time and every packet, beside budgets that only know what their clock tells them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.a_day = self.dice.choice([60, 600, 6_000])
        self.kept = Kept.in_memory()
        self.clock = FakeClock(synchronised=self.dice.random() < 0.7)
        self.budgets = Budgets(self.kept, self.clock)
        self.now = 0.0
        self.visiting: Reservation | None = None
        self.begun = 0.0
        self.visits = 0
        self.sent: list[tuple[float, int]] = []

    def wait(self) -> None:
        seconds = self.dice.choice([1.0, 60.0, 899.0, 900.0, 3_600.0, 20_000.0, 43_200.0, 86_000.0])
        self.now += seconds
        self.clock.pass_(seconds)

    def begin(self) -> None:
        if self.visiting is None:
            share = self.dice.choice([self.a_day // 8, self.a_day // 3])
            packets = max(1, min(share, self.budgets.left(PLC, self.a_day)))
            got = self.budgets.reserve(PLC, packets, self.a_day)
            if isinstance(got, Reservation):
                self.visiting, self.begun = got, self.now
                self.visits += 1

    def end(self) -> None:
        if self.visiting is not None:
            most = self.visiting.packets
            packets = most if self.dice.random() < 0.9 else self.dice.randint(0, most)
            self._send(packets)
            self.budgets.settle(self.visiting, packets)
            self.visiting = None

    def crash(self) -> None:
        if self.visiting is not None:
            self._send(self.visiting.packets)
            self.visiting = None
        self.budgets = Budgets(self.kept, self.clock)

    def reboot(self) -> None:
        if self.visiting is not None:
            self._send(self.visiting.packets)
            self.visiting = None
        off = self.dice.choice([5.0, 3_600.0, 50_000.0])
        self.clock.reboot(off=off, since_boot=10.0)
        self.now += off + 10.0
        self.budgets = Budgets(self.kept, self.clock)

    def step(self) -> None:
        if not self.clock.synchronised:
            self.clock.step(self.dice.choice([-1, 1]) * self.dice.choice([60.0, 86_400.0, 4e7]))

    def synchronise(self) -> None:
        """Whoever keeps the clock sets it right; later he may be lost again."""
        self.clock.synchronised = not self.clock.synchronised
        if self.clock.synchronised:
            self.clock.step((START - self.clock.now()).total_seconds() + self.now)

    def worst(self) -> int:
        """The most packets in any 24 hours, both ends included."""
        return max(
            (
                sum(n for at, n in self.sent if since <= at <= since + WINDOW)
                for since, _ in self.sent
            ),
            default=0,
        )

    def _send(self, packets: int) -> None:
        early = self.dice.choice([0, packets // 2, packets])
        self.sent += [(self.begun, early), (self.now, packets - early)]


@pytest.mark.parametrize("seed", range(60))
def test_no_24_hours_ever_hold_more_than_the_budget_whatever_happens(seed: int):
    world = World(seed)
    happens = [world.wait, world.begin, world.end]
    rarely = [world.crash, world.reboot, world.step, world.synchronise]

    for _ in range(250):
        world.dice.choices([*happens, *rarely], [20, 9, 9, 1, 1, 1, 1])[0]()

    assert world.visits > 5
    assert world.worst() <= world.a_day


def test_the_oracle_sees_that_budgets_do_run_out_and_come_back():
    """The simulation above would be worthless if nothing were ever refused or given back."""
    clock = FakeClock()
    budgets = Budgets(Kept.in_memory(), clock)
    outcomes = []
    for _ in range(48):
        got = budgets.reserve(PLC, 50, 600)
        outcomes.append(isinstance(got, Reservation))
        if isinstance(got, Reservation):
            budgets.settle(got, 50)
        clock.pass_(HOUR)

    # The 13th has to wait until the first is 24 hours gone.
    assert outcomes == [True] * 12 + [False] * 13 + [True] * 12 + [False] * 11
