import pytest

from appliance.visit.guard.kept import Kept
from appliance.visit.guard.sessions import Sessions
from tests.visit.clocks import FakeClock

PLC, HMI = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def clock():
    return FakeClock()


def test_a_session_that_ended_well_leaves_nothing_behind(clock):
    sessions = Sessions(Kept.in_memory(), clock)
    with sessions.open(PLC, 30_000):
        assert sessions.wait(PLC) == 60
        assert sessions.wait(HMI) == 0
    assert sessions.wait(PLC) == 0


def test_one_that_failed_is_waited_for(clock):
    sessions = Sessions(Kept.in_memory(), clock)
    with pytest.raises(OSError), sessions.open(PLC, 30_000):
        raise OSError
    clock.pass_(59)
    assert sessions.wait(PLC) == pytest.approx(1)
    clock.pass_(1)
    assert sessions.wait(PLC) == 0


def test_a_long_session_is_waited_for_as_long_as_it_may_last(clock):
    sessions = Sessions(Kept.in_memory(), clock)
    with pytest.raises(OSError), sessions.open(PLC, 3_600_000):
        raise OSError
    clock.pass_(600)
    assert sessions.wait(PLC) == pytest.approx(3000)


def test_what_the_device_keeps_longer_than_it_was_asked_is_waited_for(clock):
    sessions = Sessions(Kept.in_memory(), clock)
    with sessions.open(PLC, 30_000):
        sessions.lasts(PLC, 3_600_000)
        sessions.left_open(PLC)
    clock.pass_(600)
    assert sessions.wait(PLC) == pytest.approx(3000)


@pytest.mark.parametrize(("said", "waited"), [(10_000, 60), (-1, 60), (10**15, 86_400)])
def test_a_device_neither_shortens_the_wait_nor_makes_it_endless(clock, said, waited):
    sessions = Sessions(Kept.in_memory(), clock)
    with sessions.open(PLC, 30_000):
        sessions.lasts(PLC, said)
        sessions.left_open(PLC)
    assert sessions.wait(PLC) == waited


def test_sudden_death_is_remembered_across_a_restart(clock, tmp_path):
    first = Kept.open(tmp_path / "guard.db")
    held = Sessions(first, clock).open(PLC, 30_000)
    held.__enter__()
    first.close()
    clock.step(86_400)
    assert Sessions(Kept.open(tmp_path / "guard.db"), clock).wait(PLC) == 60


def test_one_the_device_was_not_heard_to_close_is_waited_for(clock):
    sessions = Sessions(Kept.in_memory(), clock)
    with sessions.open(PLC, 30_000):
        sessions.left_open(PLC)
    assert sessions.wait(PLC) == 60
    clock.pass_(60)
    with sessions.open(PLC, 30_000):
        pass
    assert sessions.wait(PLC) == 0
