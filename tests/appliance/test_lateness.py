"""Devices that hang: whom they delay, and by how much at most."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from appliance.running.painting import paint
from appliance.visit.guard.restraint import Extent, Leave
from appliance.visit.slots import SEGMENT_SLOTS, SITE_SLOTS, Slots
from appliance.visit.taking import Taken
from tests.visit.clocks import FakeClock

DEADLINE = 30.0


class Devices:
    """Visits under way as the test lets them end: each takes its seconds on the test's clock."""

    def __init__(self, rounds, clock, monkeypatch, seconds=lambda _: DEADLINE):
        self.clock = clock
        self.hanging = {}
        self.began = {}
        self._seconds = seconds
        self._changed = asyncio.Condition()

        async def take(asset, *_, **__):
            await self._visited(asset.id)
            return Taken("visit", clock.now(), Leave(Extent.WHOLE))

        monkeypatch.setattr(rounds.taking, "take", take)

    async def _visited(self, asset):
        self.began[asset] = self.clock.monotonic()
        ended = asyncio.Event()
        async with self._changed:
            self.hanging[asset] = (self.clock.monotonic() + self._seconds(asset), ended)
            self._changed.notify_all()
        await ended.wait()

    async def until_hanging(self, count):
        async with self._changed:
            await asyncio.wait_for(
                self._changed.wait_for(lambda: len(self.hanging) == count), DEADLINE
            )

    def end_next(self):
        """Time passes until the first of those under way is over."""
        asset, (at, ended) = min(self.hanging.items(), key=lambda item: item[1][0])
        del self.hanging[asset]
        self.clock.pass_(at - self.clock.monotonic())
        ended.set()


def assets(*rows):
    head = "assets:\n"
    return head + "".join(
        f"  - {{id: {name}, zone: {zone}, address: {address}, role: plc{more}}}\n"
        for name, zone, address, more in rows
    )


SERVICE = ", services: [{port: tcp/9, protocol: s7}]"


def segment(count, *, zone="cell", net=1, more=SERVICE):
    return [(f"{zone}-{n}", zone, f"127.0.{net}.{n + 1}", more) for n in range(count)]


@pytest.fixture
def plant(site, rounds, monkeypatch):
    """Rounds over these assets, in two segments, with a clock and devices of the test's own."""

    @asynccontextmanager
    async def opened(*rows, seconds=lambda _: DEADLINE):
        folder = site(assets(*rows))
        text = (folder / "site.yaml").read_text()
        text = text.replace(
            "zones: [{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}]",
            "zones: [{id: cell, name: Cell, networks: [127.0.0.0/23], sl_t: 2}, "
            "{id: line, name: Line, networks: [127.0.2.0/23], sl_t: 2}]",
        ).replace("kind: monitor}]", "kind: monitor}, {id: second, zone: line, source: 127.0.0.6}]")
        (folder / "site.yaml").write_text(text)
        clock = FakeClock()
        async with rounds(folder, clock) as r, asyncio.TaskGroup() as group:
            devices = Devices(r, clock, monkeypatch, seconds)
            visits = {}

            async def visit(name):
                await r.visit(name)

            def due(*names):
                visits.update({name: group.create_task(visit(name)) for name in names})

            yield r, devices, due
            while devices.hanging or not all(task.done() for task in visits.values()):
                while devices.hanging:
                    devices.end_next()
                await asyncio.sleep(0)

    return opened


async def test_tarpits_delay_nobody_while_a_slot_is_free(plant):
    *tarpits, healthy = (row[0] for row in segment(SEGMENT_SLOTS))
    async with plant(*segment(SEGMENT_SLOTS)) as (r, devices, due):
        due(*tarpits)
        await devices.until_hanging(len(tarpits))
        devices.clock.pass_(5)
        due(healthy)
        await devices.until_hanging(SEGMENT_SLOTS)

        assert devices.began[healthy] - devices.began[tarpits[0]] == 5
        assert r.lateness.worst() == 0


async def test_a_full_segment_delays_no_other(plant):
    rows = segment(SEGMENT_SLOTS + 3)
    async with plant(*rows, *segment(1, zone="line", net=2)) as (r, devices, due):
        due(*(row[0] for row in rows))
        await devices.until_hanging(SEGMENT_SLOTS)
        devices.clock.pass_(7)
        due("line-0")
        await devices.until_hanging(SEGMENT_SLOTS + 1)

        assert devices.began["line-0"] == devices.clock.monotonic()
        assert r.lateness.worst() == 7


async def test_a_busy_gateway_holds_up_its_own_children_only(plant):
    child = ", behind: gw, services: [{{port: tcp/502, protocol: modbus, unit: {}}}]"
    children = [(f"child-{n}", "cell", "127.0.1.1", child.format(n + 1)) for n in range(8)]
    gateway = ("gw", "cell", "127.0.1.1", "")
    alone = ("alone", "cell", "127.0.1.9", SERVICE)
    async with plant(gateway, *children, alone) as (_, devices, due):
        due(*(row[0] for row in children))
        await devices.until_hanging(1)
        devices.clock.pass_(7)
        due("alone")
        await devices.until_hanging(2)

        assert devices.began["alone"] == devices.clock.monotonic()


@pytest.mark.parametrize("seed", range(5))
async def test_lateness_is_bounded_by_those_before_it(plant, seed):
    chance = random.Random(seed)
    names = [row[0] for row in segment(23)]
    lasts = {name: chance.uniform(0.1, 1) * DEADLINE for name in names}
    async with plant(*segment(23), seconds=lasts.__getitem__) as (_, devices, due):
        since = devices.clock.monotonic()
        due(*names)
        for ended in range(len(names)):
            await devices.until_hanging(min(SEGMENT_SLOTS, len(names) - ended))
            devices.end_next()

        waits = [devices.began[name] - since for name in names]
        for before, wait in enumerate(waits):
            assert wait <= before * DEADLINE / SEGMENT_SLOTS
        assert max(waits) > DEADLINE


async def test_the_metric_counts_who_began_lately_and_who_still_waits(plant):
    names = [row[0] for row in segment(SEGMENT_SLOTS + 1)]
    async with plant(*segment(SEGMENT_SLOTS + 1)) as (r, devices, due):
        due(*names)
        await devices.until_hanging(SEGMENT_SLOTS)
        devices.clock.pass_(12)
        assert shown(r) == 12

        devices.end_next()
        await devices.until_hanging(SEGMENT_SLOTS)
        assert shown(r) == DEADLINE

        devices.clock.pass_(61)
        assert shown(r) == 0


def shown(r):
    picture = paint(r, started=r.clock.now(), checkpoint_at=None, outbox={}, reloaded=True)
    return picture.lateness


async def test_the_whole_site_is_visited_at_no_more_places_at_once_than_its_slots():
    slots, held, over = Slots(), [], asyncio.Event()

    async def hold(n):
        async with slots.taken(f"zone-{n % 12}", f"10.0.0.{n}"):
            held.append(n)
            await over.wait()

    async with asyncio.TaskGroup() as group:
        for n in range(48):
            group.create_task(hold(n))
        for _ in range(100):
            await asyncio.sleep(0)
        at_once = len(held)
        over.set()

    assert at_once == SITE_SLOTS
    assert len(held) == 48
