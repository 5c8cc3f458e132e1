"""What a restart leaves: nothing is forgotten, and nobody is asked again too soon."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from appliance.judge.replaying import standings
from appliance.rounds.falling import age
from appliance.running.painting import paint
from appliance.site.loading import load
from checks.facts.standing import State
from tests.visit.clocks import FakeClock

HOUR = 3600.0


@pytest.fixture
async def port():
    """A port that opens and hangs up at the first word."""

    async def hangs_up(reader, writer):
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(hangs_up, "0.0.0.0", 0) as server:
        yield server.sockets[0].getsockname()[1]


def asset(port, *, name="plc", address="127.0.0.1", every="1h"):
    return f"""
  - id: {name}
    zone: cell
    address: {address}
    role: plc
    every: {every}
    firmware: {{approved: [V1.0]}}
    services: [{{port: tcp/{port}, protocol: modbus}}]
"""


def assets(*rows):
    return "assets:" + "".join(rows)


@pytest.fixture
def clock():
    return FakeClock()


async def test_what_was_seen_before_a_restart_is_still_known(site, rounds, port, clock):
    config = site(assets(asset(port), asset(port, name="rtu", address="127.0.0.2")))
    async with rounds(config, clock) as r:
        await r.visit("plc")
        await r.visit("rtu")
        before = {(o.asset, o.question): o for o in r.recall.memory}

    async with rounds(config, clock) as r:
        assert {(o.asset, o.question): o for o in r.recall.memory} == before
        assert set(r.recall.last_alive) == {"plc", "rtu"}
        picture = paint(r, started=clock.now(), checkpoint_at=None, outbox={}, reloaded=True)
        assert [(a.up, a.last_visit) for a in picture.assets] == [(True, clock.now())] * 2


async def test_a_zone_is_judged_on_the_assets_seen_before_the_restart_too(
    site, rounds, port, clock
):
    config = site(assets(asset(port), asset(port, name="rtu", address="127.0.0.2")))
    async with rounds(config, clock) as r:
        await r.visit("plc")
        await r.visit("rtu")
    clock.pass_(HOUR)

    async with rounds(config, clock) as r:
        visited = await r.visit("plc")
        own = {o.asset: o.answered for j in visited.judged for o in j.inputs.own.assets}
        recorded = [json.loads(body) async for _, body in r.store.entries()]

        assert own["rtu"] > 0
        assert standings(recorded) == {str(key): s for key, s in r.standings.items()}


async def test_nothing_is_asked_again_before_its_interval_is_over(site, rounds, port, clock):
    config = site(assets(asset(port)))
    async with rounds(config, clock) as r:
        first = await r.visit("plc")
    clock.pass_(HOUR / 2)

    async with rounds(config, clock) as r:
        assert await r.visit("plc") is None
        assert not r.overdue(r.site.asset("plc"))
        clock.pass_(HOUR / 2)
        again = await r.visit("plc")

    assert len(again.observations) == len(first.observations)


async def test_a_turn_that_comes_a_little_early_is_taken_and_one_a_turn_early_is_not(
    site, rounds, port, clock
):
    async with rounds(site(assets(asset(port))), clock) as r:
        await r.visit("plc")
        plc = r.site.asset("plc")
        ask = r.planned["plc"][0]
        slack = r.cadence.slack(plc)
        clock.pass_(23 * HOUR)

        assert not r.recall.due(plc, ask, timedelta(days=1), slack)
        clock.pass_(HOUR - slack.total_seconds())
        assert r.recall.due(plc, ask, timedelta(days=1), slack)


@pytest.mark.parametrize(
    ("off", "since_boot", "step", "asked"),
    [(600, 10, 0, False), (2 * HOUR, 10, 0, True), (600, 10, -7200, True)],
    ids=["soon back", "long off", "a wall clock that went back says nothing"],
)
async def test_the_machine_may_restart_too(site, rounds, port, clock, off, since_boot, step, asked):
    config = site(assets(asset(port)))
    async with rounds(config, clock) as r:
        await r.visit("plc")
    clock.reboot(off=off, since_boot=since_boot)
    clock.step(step)

    async with rounds(config, clock) as r:
        assert r.overdue(r.site.asset("plc")) is asked
        assert (await r.visit("plc") is not None) is asked


async def test_setting_the_wall_clock_asks_nothing_early(site, rounds, port, clock):
    config = site(assets(asset(port)))
    async with rounds(config, clock) as r:
        await r.visit("plc")
    clock.step(timedelta(days=3).total_seconds())

    async with rounds(config, clock) as r:
        assert await r.visit("plc") is None


async def test_an_asset_that_moved_is_asked_at_once(site, rounds, port, clock):
    async with rounds(site(assets(asset(port))), clock) as r:
        await r.visit("plc")

    async with rounds(site(assets(asset(port, address="127.0.0.2"))), clock) as r:
        assert await r.visit("plc") is not None


async def test_what_stood_at_an_address_says_nothing_of_what_stands_at_another(
    site, rounds, port, clock
):
    there = asset(port, address="127.0.0.2"), asset(port, name="rtu", address="127.0.0.3")
    config = site(assets(asset(port), asset(port, name="rtu", address="127.0.0.3")))
    async with rounds(config, clock) as r:
        await r.visit("plc")
        await r.visit("rtu")
        r.adopt(load(site(assets(*there))))
        assert {o.asset for o in r.recall.memory} == {"rtu"}
        assert set(r.recall.last_alive) == {"rtu"}

    async with rounds(site(assets(*there)), clock) as r:
        assert {o.asset for o in r.recall.memory} == {"rtu"}


@pytest.mark.parametrize("then", ["elsewhere", "gone"])
async def test_a_visit_under_way_when_its_asset_moves_or_goes_speaks_for_nobody(
    site, rounds, clock, then
):
    running = []

    async def reloads(reader, writer):
        if running:
            running.pop()()
        writer.close()

    async with await asyncio.start_server(reloads, "0.0.0.0", 0) as server:
        number = server.sockets[0].getsockname()[1]
        other = asset(number, name="rtu", address="127.0.0.3")
        moved = [asset(number, address="127.0.0.2")] if then == "elsewhere" else []
        async with rounds(site(assets(asset(number), other)), clock) as r:
            after = load(site(assets(*moved, other)))
            running.append(lambda: r.adopt(after))
            visited = await r.visit("plc")

            assert visited.taken.observations
            assert (visited.observations, visited.judged) == ((), ())
            assert list(r.recall.memory) == []
            recorded = [json.loads(body)["type"] async for _, body in r.store.entries()]
            assert "load" in recorded
            assert not {"observations", "verdicts"} & set(recorded)


async def test_what_left_the_inventory_is_forgotten(site, rounds, port, clock):
    async with rounds(site(assets(asset(port))), clock) as r:
        await r.visit("plc")

    async with rounds(site(assets(asset(port, name="rtu"))), clock) as r:
        assert not list(r.recall.memory)
        assert await r.store.remembered() == {}


async def test_a_row_nobody_can_read_is_dropped_and_the_question_asked(
    site, rounds, port, clock, tmp_path
):
    config = site(assets(asset(port)))
    async with rounds(config, clock) as r:
        await r.visit("plc")
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.db")) as other, other:
        other.execute("UPDATE remembered SET body = CAST('{\"asked\": 7}' AS BLOB)")

    async with rounds(config, clock) as r:
        assert await r.store.remembered() == {}
        assert await r.visit("plc") is not None


class _Ticking(FakeClock):
    """No two moments are the same."""

    def now(self):
        self.pass_(0.001)
        return super().now()


def _ending_together(monkeypatch, rounds, count):
    barrier = asyncio.Barrier(count)
    take = rounds.taking.take

    async def together(*given, **more):
        taken = await take(*given, **more)
        await barrier.wait()
        return taken

    monkeypatch.setattr(rounds.taking, "take", together)


async def test_visits_that_end_together_are_written_as_a_replay_reads_them(
    site, rounds, port, monkeypatch
):
    """Each judges the site: from the state the one before left, not from the one all found."""
    names = [f"plc-{n}" for n in range(4)]
    rows = [asset(port, name=name, address=f"127.0.1.{n + 1}") for n, name in enumerate(names)]
    clock = _Ticking()
    async with rounds(site(assets(*rows)), clock) as r:
        _ending_together(monkeypatch, r, len(names))
        for _ in range(2):
            await asyncio.gather(*(r.visit(name, due_anyway=True) for name in names))
        clock.pass_(6 * HOUR)
        await asyncio.gather(age(r), *(r.visit(name, due_anyway=True) for name in names))
        recorded = [json.loads(body) async for _, body in r.store.entries()]

        assert standings(recorded) == {str(key): s for key, s in r.standings.items()}
        assert State.PASS in {s.state for s in r.standings.values()}
