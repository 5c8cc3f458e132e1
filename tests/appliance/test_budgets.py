"""What a device may get in 24 hours: through the rounds, in production, over deaths and renamings."""

from __future__ import annotations

import asyncio

import pytest

from appliance.rounds.falling import age
from appliance.running import turns
from appliance.site.loading import load
from appliance.visit import classes
from appliance.visit.guard import Kept
from appliance.visit.guard.budget import Budgets
from checks.facts.ports import TcpPort
from checks.facts.verdict import Outcome, Reason
from tests.appliance.passing import lived
from tests.appliance.processes import free_port
from tests.appliance.production import Works, trusted
from tests.visit.clocks import FakeClock

HOUR = 3600.0
ADDRESS = "127.0.2.1"


@pytest.fixture(autouse=True)
def _seldom(monkeypatch):
    monkeypatch.setattr(turns, "LOOK_SECONDS", 1800.0)


def works_of(folder, **differs):
    return Works(folder, free_port(), count=1, **differs)


def left(rounds):
    held = rounds.guard.restraints
    return held.budgets.left(ADDRESS, held.a_day(ADDRESS))


def test_a_visit_s_bound_is_on_the_disk_before_its_first_packet_and_a_death_charges_it_all(
    tmp_path,
):
    works, clock = works_of(tmp_path, probing="fragile"), FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            await asyncio.sleep(25 * HOUR)
            full, found = left(rounds), []
            before = rounds.guard.may_connect

            def dies(target):
                # As another process would find the file after a power cut at this moment.
                other = Kept.open(tmp_path / "state" / "guard.db")
                found.append(Budgets(other, clock).left(ADDRESS, full))
                other.close()
                before(target)

            rounds.guard.may_connect = dies
            visited = await rounds.visit("plc-1", due_anyway=True)
            return full, found, visited.taken.load.packets, left(rounds)

    full, found, sent, after = lived(clock, story())
    assert full == classes.FRAGILE.packets_a_day
    assert 0 < sent < full - found[0] <= classes.FRAGILE.packets_a_sweep
    # The other one took over: what we had left over is not given back.
    assert after == found[0]


def test_what_was_used_stays_used_whatever_happens_to_us(tmp_path):
    works, clock = works_of(tmp_path), FakeClock()

    async def story():
        used = []
        async with works.running(clock) as rounds:
            await rounds.visit("plc-1")
            used.append(left(rounds))
            clock.step(30 * 86_400)
            used.append(left(rounds))
            clock.step(-60 * 86_400)
            used.append(left(rounds))
            clock.step(30 * 86_400)
            works.reload(rounds)
            site = works.write() / "site.yaml"
            site.write_text(site.read_text().replace("{id: plc-1,", "{id: other,"))
            rounds.adopt(load(site.parent))
            used.append(left(rounds))
        clock.reboot(off=5.0)
        async with works.appliance(clock) as rounds:
            used.append(left(rounds))
            await asyncio.sleep(25 * HOUR)
            used.append(left(rounds))
        return used

    first, *same, day_later = lived(clock, story())
    assert first < classes.STANDARD.packets_a_day
    assert same == [first] * 4
    assert day_later == classes.STANDARD.packets_a_day


def test_a_spent_budget_is_inconclusive_says_so_and_sends_nothing(tmp_path):
    works, clock = works_of(tmp_path), FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            budgets, most = rounds.guard.restraints.budgets, classes.STANDARD.packets_a_day
            spent = budgets.reserve(ADDRESS, left(rounds) - 3, most)
            visited = await rounds.visit("plc-1", due_anyway=True)
            after = left(rounds)
            budgets.settle(spent, 0)
            again = await rounds.visit("plc-1", due_anyway=True)
            return visited, after, again

    visited, after, again = lived(clock, story())
    assert after == 3
    assert visited.taken.load.packets == 0
    assert {o.reason for o in visited.observations} == {Reason.BUDGET_SPENT}
    outcomes = {j.verdict.outcome for j in visited.judged if j.key.subject.service}
    assert Outcome.PASS not in outcomes
    assert Reason.BUDGET_SPENT in {j.verdict.reason for j in visited.judged}
    assert again.taken.load.packets > 0


def test_ports_in_rotation_are_all_seen_and_stay_in_age_while_they_wait(tmp_path):
    ports = range(20_000, 20_040)
    closed = ", ".join(f"tcp/{port}" for port in ports)
    works, clock = works_of(tmp_path, probing="fragile", closed=closed), FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            asset = rounds.site.asset("plc-1")
            shut = next(a for a in rounds.planned["plc-1"] if a.look.port.number == ports[0])
            spoken = next(a for a in rounds.planned["plc-1"] if a.look.service)
            waits = [rounds.cadence.wait(asset, a).total_seconds() for a in (shut, spoken)]
            # The supervised visit has asked the first of them already.
            days, seen = (
                0,
                {
                    a.look.port.number
                    for a in rounds.planned["plc-1"]
                    if a.look.port.number in ports and rounds.recall.ever_asked(asset, a)
                },
            )
            while days < 60 and len(seen) < len(ports):
                visited = await rounds.visit("plc-1")
                seen |= {
                    o.facts.port
                    for o in visited.observations
                    if isinstance(o.facts, TcpPort) and o.facts.port in ports
                }
                days += 1
                await asyncio.sleep(24 * HOUR)
                await age(rounds)
            states = {
                key.check: (s.state.value, s.reason.value)
                for key, s in rounds.standings.items()
                if key.subject.asset == "plc-1" and not key.subject.service
            }
            return waits, days, seen, states

    (shut, spoken), days, seen, states = lived(clock, story())
    assert seen == set(ports)
    assert 1 < days <= shut / 86_400
    assert spoken == 86_400
    assert states["port-unexpected-absent"] == ("pass", "as-expected")


def test_a_closed_port_that_is_never_connected_to_is_neither_asked_nor_missed(tmp_path):
    works, clock = works_of(tmp_path, closed="tcp/9100, tcp/20000"), FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            await trusted(rounds, clock, "plc-1")
            await rounds.visit("plc-1", due_anyway=True)
            visited = await rounds.visit("plc-1", due_anyway=True)
            return visited, [a.look.port.number for a in rounds.planned["plc-1"]]

    visited, planned = lived(clock, story())
    (said,) = [j.verdict for j in visited.judged if j.check.id == "port-unexpected-absent"]
    assert 9100 not in planned
    assert said.outcome is Outcome.PASS
    assert said.said == "All 1 ports that must be closed are closed."
