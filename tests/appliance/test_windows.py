"""When a zone may be visited: through the rounds, in production, on the test's clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from appliance.running import turns
from checks.facts.verdict import Reason
from tests.appliance.passing import lived
from tests.appliance.processes import free_port
from tests.appliance.production import Works, trusted
from tests.visit.clocks import FakeClock

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _seldom(monkeypatch):
    monkeypatch.setattr(turns, "LOOK_SECONDS", 1800.0)


def sending(rounds, clock):
    """The moments at which packets left, from now on."""
    moments, before = [], rounds.guard.sent

    def sent(target, packets, octets):
        if packets:
            moments.append(clock.now())
        before(target, packets, octets)

    rounds.guard.sent = sent
    return moments


async def until(clock, moment):
    await asyncio.sleep((moment - clock.now()).total_seconds())


def test_a_visit_under_way_is_cut_within_5_seconds_when_its_window_closes(tmp_path):
    closed = ", ".join(f"tcp/{port}" for port in range(20_000, 20_015))
    # Five minutes before noon, in plant time, are not in it.
    works = Works(tmp_path, free_port(), count=1, closed=closed,
                  zone=', window: ["daily 12:00-11:55"]')  # fmt: skip
    clock = FakeClock()
    closes = datetime(2026, 3, 5, 10, 55, tzinfo=UTC)

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            moments = sending(rounds, clock)
            clock.pass_((closes - clock.now()).total_seconds() - 10)
            cut = await rounds.visit("plc-1", due_anyway=True)
            later = await rounds.visit("plc-1", due_anyway=True)
            last = max(moments)
            await until(clock, datetime(2026, 3, 5, 11, 0, 2, tzinfo=UTC))
            again = await rounds.visit("plc-1", due_anyway=True)
            return cut, last, later, again

    cut, last, later, again = lived(clock, story())
    assert cut.taken.load.packets > 0
    assert (last - closes).total_seconds() <= 5
    missed = [o for o in cut.observations if o.reason is Reason.NOT_PERMITTED]
    assert missed
    assert "is visited only in its window" in missed[-1].said
    assert later.taken.load.packets == 0
    assert not [o for o in again.observations if o.reason is Reason.NOT_PERMITTED]


def test_another_system_s_file_is_a_blackout_at_once_and_ends_with_it(tmp_path):
    file = tmp_path / "plant-says"
    works = Works(tmp_path, free_port(), count=1, zone=f", blackout_file: {file}")
    clock = FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            said = []
            for text in ("", "batch 7 critical\n", None):
                if text is None:
                    file.unlink()
                else:
                    file.write_text(text)
                await asyncio.sleep(2 * HOUR)
                visited = await rounds.visit("plc-1", due_anyway=True)
                said.append((visited.taken.load.packets > 0, visited.taken.leave.why))
            return said

    before, during, after = lived(clock, story())
    assert before == after == (True, "")
    assert during == (False, "zone cell is in a blackout that was announced: batch 7 critical")


@pytest.mark.parametrize(
    ("night", "blackout", "silent_hours"),
    [
        # At 02:00 it becomes 03:00, so from 01:30 to 04:00 an hour is missing.
        (datetime(2026, 3, 29, tzinfo=UTC), "Sun 01:30-04:00", 1.5),
        # At 03:00 it becomes 02:00 once more, so it lasts an hour longer.
        (datetime(2026, 10, 25, tzinfo=UTC), "Sun 01:30-04:00", 3.5),
    ],
)
def test_on_the_nights_of_the_clock_change_a_blackout_lasts_as_long_as_the_plant_s(
    tmp_path, night, blackout, silent_hours
):
    works = Works(tmp_path, free_port(), count=1, zone=f', blackout: ["{blackout}"]')
    # Two days before midnight UTC, so that the ladder is over.
    clock = FakeClock(datetime.fromtimestamp(night.timestamp() - 2 * 86_400, UTC))

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            await until(clock, datetime.fromtimestamp(night.timestamp() - 2 * HOUR, UTC))
            silent = []
            for _ in range(10 * 2):
                visited = await rounds.visit("plc-1", due_anyway=True)
                if not visited.taken.load.packets:
                    silent.append(visited.started)
                    assert "is in its blackout" in visited.taken.leave.why
                await until(clock, datetime.fromtimestamp(visited.started.timestamp() + 1800, UTC))
            return silent

    silent = lived(clock, story())
    assert len(silent) * 0.5 == silent_hours
