from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from appliance.visit.guard.breaker import CLEAN_VISITS, Breakers, Stand, Way
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.signs import Happened, Sign, Weight, sign_of
from checks.facts.modbus import ModbusIdentity
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.snmp import (
    SnmpAnswer,
    SnmpDefaultCommunities,
    SnmpLevel,
    SnmpRefusals,
    SnmpTrial,
)
from collectors import errors
from tests.visit.clocks import FakeClock

PLC = "10.10.20.11"
QUARTER = 900.0
OPENED = Sign(Weight.OPENED, "port 502 opened.")
LIFE = Sign(Weight.SIGN_OF_LIFE, "port 502 was refused.")
NOTHING = Sign(Weight.NOTHING, "nothing was sent.")
FAILURE = Sign(Weight.FAILURE, "no answer within 3 s.")
SLAM = Sign(Weight.AT_ONCE, "it accepted and closed within 200 ms.")


def unreachable(number: int | None) -> errors.Unreachable:
    error = errors.Unreachable(PLC, "no way there", "connecting")
    error.__cause__ = None if number is None else OSError(number, "no way")
    return error


def no_way_out(number: int) -> errors.NoWayOut:
    error = errors.NoWayOut(PLC, "our own machine has no route there", "connecting")
    error.__cause__ = OSError(number, "no way")
    return error


def silent(control: str = "", answer: SnmpAnswer = SnmpAnswer.SILENT) -> SnmpRefusals:
    return SnmpRefusals((SnmpTrial(SnmpLevel.V1, "configured", answer),), control)


# What happened, whether a permitted service is declared there, how it weighs.
ERRORS = [
    (errors.TimedOut(PLC, "silent"), True, Weight.FAILURE),
    (errors.TimedOut(PLC, "silent"), False, Weight.NOTHING),
    (errors.HungUp(PLC, "closed"), True, Weight.FAILURE),
    (errors.HungUp(PLC, "closed"), False, Weight.NOTHING),
    (errors.Filtered(PLC, "silent"), True, Weight.FAILURE),
    (errors.Filtered(PLC, "silent"), False, Weight.NOTHING),
    (errors.Refused(PLC, "closed"), True, Weight.SIGN_OF_LIFE),
    (errors.Refused(PLC, "closed"), False, Weight.SIGN_OF_LIFE),
    (unreachable(errno.EHOSTUNREACH), True, Weight.FAILURE),
    (unreachable(errno.ENETUNREACH), False, Weight.NOTHING),
    (unreachable(errno.EADDRNOTAVAIL), True, Weight.NOTHING),
    (unreachable(None), True, Weight.NOTHING),
    (no_way_out(errno.ENETUNREACH), True, Weight.NOTHING),
    (errors.Busy(PLC, "no session free"), True, Weight.AT_ONCE),
    (errors.Busy(PLC, "no session free"), False, Weight.AT_ONCE),
    (errors.Denied(PLC, "no credential"), True, Weight.NOTHING),
    (errors.Unintelligible(PLC, "garbage"), True, Weight.NOTHING),
    (errors.NotPermitted(PLC, "on hold"), True, Weight.NOTHING),
    (errors.BudgetSpent(PLC, "spent"), True, Weight.NOTHING),
]
FACTS = [
    (TcpPort(502, PortAnswer.OPEN, 900), False, Weight.OPENED),
    (TcpPort(502, PortAnswer.REFUSED), True, Weight.SIGN_OF_LIFE),
    (TcpPort(502, PortAnswer.FILTERED), True, Weight.FAILURE),
    (TcpPort(502, PortAnswer.FILTERED), False, Weight.NOTHING),
    (TcpPort(502, PortAnswer.UNREACHABLE), True, Weight.FAILURE),
    (TcpPort(502, PortAnswer.UNREACHABLE), False, Weight.NOTHING),
    (ModbusIdentity(1, False, 1), True, Weight.OPENED),
    (silent(), True, Weight.NOTHING),
    (SnmpDefaultCommunities((), ""), True, Weight.NOTHING),
    (silent(control="authPriv as monitor"), True, Weight.OPENED),
    (silent(answer=SnmpAnswer.REFUSED), True, Weight.OPENED),
]


@pytest.mark.parametrize(("error", "expected", "weight"), ERRORS)
def test_how_an_error_weighs(error: errors.CollectError, expected: bool, weight: Weight):
    sign = sign_of(Happened(expected=expected, error=error))

    assert sign.weight is weight
    assert str(error) in sign.why


def test_the_table_knows_every_error_of_the_family():
    family = {
        errors.CollectError,
        *errors.CollectError.__subclasses__(),
        errors.BudgetSpent,
        errors.NoWayOut,
    }

    assert {type(e) for e, _, _ in ERRORS} == family - {errors.CollectError}


@pytest.mark.parametrize(("facts", "expected", "weight"), FACTS)
def test_how_an_answer_weighs(facts, expected: bool, weight: Weight):
    assert sign_of(Happened(expected=expected, facts=facts)).weight is weight


@pytest.mark.parametrize(
    ("happened", "weight"),
    [
        (Happened(True, error=errors.HungUp(PLC, "closed"), closed_after=0.199), Weight.AT_ONCE),
        (Happened(True, error=errors.HungUp(PLC, "closed"), closed_after=0.2), Weight.FAILURE),
        (
            Happened(False, facts=TcpPort(502, PortAnswer.OPEN), closed_after=0.01),
            Weight.AT_ONCE,
        ),
        (Happened(True, "ssh", error=errors.HungUp(PLC, "closed"), closed_after=9), Weight.AT_ONCE),
        (Happened(True, "ssh", error=errors.TimedOut(PLC, "silent")), Weight.FAILURE),
        (Happened(True, "http", facts=ModbusIdentity(1, True), http_status=503), Weight.AT_ONCE),
        (Happened(True, "http", facts=ModbusIdentity(1, True), http_status=500), Weight.OPENED),
        (Happened(True, error=errors.Denied(PLC, "wrong"), login=True), Weight.AT_ONCE),
        (Happened(True, error=errors.TimedOut(PLC, "silent"), login=True), Weight.FAILURE),
    ],
)
def test_what_only_the_asker_knows_can_open_it_at_once(happened: Happened, weight: Weight):
    assert sign_of(happened).weight is weight


def breakers(kept: Kept | None = None, clock: FakeClock | None = None):
    clock = clock or FakeClock()
    return Breakers(kept or Kept.in_memory(), clock), clock


def saw(parts: Breakers, sign: Sign, after: int = 2) -> str | None:
    event = parts.saw(PLC, sign, after=after, first=QUARTER)
    return event.kind if event else None


@pytest.mark.parametrize("after", [1, 2, 3])
def test_so_many_failures_in_a_row_open_it(after: int):
    parts, _ = breakers()
    for _ in range(after - 1):
        assert saw(parts, FAILURE, after) is None
        assert parts.stand(PLC).way is Way.CLOSED

    assert saw(parts, FAILURE, after) == "breaker-opened"
    assert parts.stand(PLC) == Stand(
        Way.OPEN, QUARTER, "10.10.20.11 is left alone for 15 min: no answer within 3 s."
    )


@pytest.mark.parametrize("between", [OPENED, LIFE])
def test_an_answer_between_two_failures_starts_the_count_anew(between: Sign):
    parts, _ = breakers()
    saw(parts, FAILURE)
    saw(parts, between)

    assert saw(parts, FAILURE) is None
    assert saw(parts, FAILURE) == "breaker-opened"


def test_what_says_nothing_neither_counts_nor_clears():
    parts, _ = breakers()
    saw(parts, FAILURE)
    saw(parts, NOTHING)

    assert saw(parts, FAILURE) == "breaker-opened"


def test_trouble_opens_it_at_once():
    parts, _ = breakers()

    assert saw(parts, SLAM, after=3) == "breaker-opened"


def test_what_was_still_under_way_does_not_lengthen_an_open_one():
    parts, _ = breakers()
    saw(parts, SLAM)
    for sign in (SLAM, FAILURE, OPENED):
        assert saw(parts, sign) is None

    assert parts.stand(PLC).wait == QUARTER


def test_a_slam_server_gets_one_connect_a_period_doubling_to_a_day():
    """A week of asking every second whether something may be sent, with restarts in between."""
    kept, clock = Kept.in_memory(), FakeClock()
    parts, start = Breakers(kept, clock), clock.monotonic()
    saw(parts, SLAM)
    connects = []
    while clock.monotonic() - start < 7 * 86_400:
        wait = parts.stand(PLC).wait
        if wait > 1:
            clock.pass_(wait - 0.5)
            assert parts.trial(PLC).way is Way.OPEN
        clock.pass_(0.5)
        parts = Breakers(kept, clock)
        if parts.trial(PLC).way is Way.HALF_OPEN:
            connects.append(clock.monotonic())
            assert parts.trial(PLC).way is Way.OPEN
            assert saw(parts, SLAM) == "breaker-stays-open"
    gaps = [round(b - a) for a, b in zip([start, *connects], connects, strict=False)]

    hours = [round(gap / 3600, 2) for gap in gaps]
    assert hours[:8] == [0.25, 0.5, 1, 2, 4, 8, 16, 24]
    assert set(hours[8:]) == {24}


def test_a_process_that_dies_over_its_trial_has_had_it():
    kept, clock = Kept.in_memory(), FakeClock()
    parts = Breakers(kept, clock)
    saw(parts, FAILURE, after=1)
    clock.pass_(QUARTER)
    assert parts.trial(PLC).way is Way.HALF_OPEN

    after = Breakers(kept, clock)

    assert after.trial(PLC).way is Way.OPEN
    assert after.stand(PLC).wait == 2 * QUARTER


def test_a_trial_that_could_not_be_sent_decides_nothing():
    parts, clock = breakers()
    saw(parts, FAILURE, after=1)
    clock.pass_(QUARTER)
    parts.trial(PLC)

    assert saw(parts, NOTHING) is None
    assert parts.stand(PLC).way is Way.OPEN


@pytest.mark.parametrize(
    ("opening", "trial", "closes"),
    [
        (FAILURE, OPENED, True),
        (FAILURE, LIFE, True),
        (SLAM, OPENED, True),
        # A device out of sockets refuses.
        (SLAM, LIFE, False),
        (FAILURE, FAILURE, False),
        (FAILURE, SLAM, False),
    ],
)
def test_the_trial_decides(opening: Sign, trial: Sign, closes: bool):
    parts, clock = breakers()
    saw(parts, opening, after=1)
    clock.pass_(QUARTER)
    parts.trial(PLC)

    assert saw(parts, trial) == ("breaker-closed" if closes else "breaker-stays-open")
    assert (parts.stand(PLC).way is Way.CLOSED) is closes


def closed_again(parts: Breakers, clock: FakeClock) -> None:
    clock.pass_(parts.stand(PLC).wait)
    parts.trial(PLC)
    assert saw(parts, OPENED) == "breaker-closed"


def test_a_device_that_fails_again_soon_waits_twice_as_long():
    parts, clock = breakers()
    waits = []
    for _ in range(4):
        saw(parts, FAILURE, after=1)
        waits.append(parts.stand(PLC).wait)
        closed_again(parts, clock)
        for _ in range(CLEAN_VISITS - 1):
            assert parts.visited(PLC) is None

    assert waits == [QUARTER, 2 * QUARTER, 4 * QUARTER, 8 * QUARTER]


def test_clean_visits_in_a_row_forget_the_longer_pauses():
    parts, clock = breakers()
    saw(parts, FAILURE, after=1)
    closed_again(parts, clock)
    events = [parts.visited(PLC) for _ in range(CLEAN_VISITS)]

    assert [e.kind for e in events if e] == ["breaker-forgiven"]
    saw(parts, FAILURE, after=1)
    assert parts.stand(PLC).wait == QUARTER


def test_a_visit_with_a_failure_in_it_is_not_clean():
    parts, clock = breakers()
    saw(parts, SLAM)
    closed_again(parts, clock)
    for _ in range(10):
        saw(parts, FAILURE)
        saw(parts, OPENED)
        assert parts.visited(PLC) is None
    for _ in range(CLEAN_VISITS - 1):
        assert parts.visited(PLC) is None
    saw(parts, SLAM)

    assert parts.stand(PLC).wait == 2 * QUARTER


def test_it_stays_open_over_a_restart_and_whatever_the_clock_says(tmp_path: Path):
    clock = FakeClock(synchronised=False)
    saw(Breakers(Kept.open(tmp_path / "guard.db"), clock), SLAM)
    clock.step(400 * 86_400)
    clock.reboot()

    parts = Breakers(Kept.open(tmp_path / "guard.db"), clock)

    assert parts.stand(PLC).way is Way.OPEN
    clock.pass_(QUARTER)
    assert parts.stand(PLC).way is Way.HALF_OPEN


def test_one_address_does_not_open_anothers():
    parts, _ = breakers()
    saw(parts, SLAM)

    assert parts.stand("10.10.20.12") == Stand(Way.CLOSED)


def test_a_healthy_device_costs_no_write():
    kept = Kept.in_memory()
    parts = Breakers(kept, FakeClock())
    for _ in range(3):
        saw(parts, OPENED)
        parts.visited(PLC)

    assert kept.all("breaker") == {}


def test_a_breaker_opens_even_where_the_disk_does_not_take_it(disk):
    clock = FakeClock()
    parts = Breakers(disk.kept, clock)
    disk.takes_nothing()

    assert saw(parts, SLAM) == "breaker-opened"

    disk.takes_all()
    assert parts.stand(PLC).way is Way.OPEN


def test_a_trial_that_the_disk_does_not_take_is_not_granted(disk):
    clock = FakeClock()
    parts = Breakers(disk.kept, clock)
    saw(parts, SLAM)
    clock.pass_(QUARTER)
    disk.takes_nothing()

    with pytest.raises(sqlite3.OperationalError):
        parts.trial(PLC)

    assert parts.stand(PLC).way is Way.HALF_OPEN
