"""Devices that fall silent: what we did not cause stops nothing, what follows our packet does."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from appliance.rounds.falling import age
from appliance.visit import classes
from checks.facts.standing import State
from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT
from tests.harm.farm import assets, farm, name

HOUR, MINUTE = 3_600.0, 60.0
ZONES, EACH = 10, 4 if SHORT else 20
ROUNDS = 4 if SHORT else 6


async def visited(rounds, devices):
    await asyncio.gather(*(rounds.visit(name(d), due_anyway=True) for d in devices))


async def looked(rounds, devices):
    await asyncio.gather(*(rounds.look(name(d)) for d in devices))


def stopped(rounds):
    return [stop.where for stop in rounds.guard.restraints.stops.all()]


def failing(rounds, state=State.FAIL):
    return {str(key) for key, s in rounds.standings.items() if s.state is state}


class Overheard:
    """Every message left for the broker and the SOC from now on: `mqtt` counts kinds of topics."""

    def __init__(self, rounds):
        self.mqtt, self.soc, self.ended, self._told = Counter(), [], [], []
        commit = rounds.store.commit

        async def committing(entries, messages=(), **more):
            for message in messages:
                self._hear(message)
            return await commit(entries, messages, **more)

        rounds.store.commit = committing

    def _hear(self, message):
        if message.outlet != "mqtt":
            self.soc.append(message.address)
            return
        kind, _, rest = message.address.removeprefix("upheld/v1/bench/").partition("/")
        self.mqtt[kind] += 1
        if kind == "alert":
            (self._told if message.body else self.ended).append(rest)

    def begun(self):
        return set(self._told)


@pytest.fixture
def waits(monkeypatch):
    """How long a connection may take: long for devices that live, short for those cut off."""

    def wait(seconds):
        numbers = replace(classes.LABORATORY, connect=seconds, whole=6 * seconds)
        monkeypatch.setattr(classes, "LABORATORY", numbers)

    return wait


async def test_all_cut_off_while_idle_stop_nothing_and_are_one_alert(appliance, counted, waits):
    clock = Hurried()
    waits(10.0)
    async with farm(ZONES, EACH) as found:
        everybody = [d for devices in found.values() for d in devices]
        text = head(zones=ZONES, outlets=True) + assets(found, more="every: 1h,")
        async with appliance(text, clock) as rounds:
            await visited(rounds, everybody)
            opened, before = await guard_entries(rounds), failing(rounds)
            unclear, told = failing(rounds, State.UNKNOWN), Overheard(rounds)
            for device in everybody:
                device.cut()
            waits(0.3)
            for _ in range(ROUNDS):
                clock.pass_(HOUR)
                await visited(rounds, everybody)
                # As the daemon does every minute.
                await age(rounds)
                assert stopped(rounds) == []
            kinds = Counter(e["kind"] for e in (await guard_entries(rounds))[len(opened) :])
            cut, during, said = failing(rounds), told.begun(), list(told.soc)
            for device in everybody:
                device.revive()
            waits(10.0)
            # Each breaker's trial first, then the visits: what rests on silence wants two.
            clock.pass_(24 * HOUR)
            await looked(rounds, everybody)
            await visited(rounds, everybody)
            await visited(rounds, everybody)
            after = failing(rounds)
            unknown = failing(rounds, State.UNKNOWN)

    assert [e["kind"] for e in opened] == []
    assert kinds["stop.began"] == kinds["suspected-impact"] == 0
    # Each device's own finding (it speaks plain Modbus) fails before and after, unseen meanwhile.
    assert {k for k in before if not k.endswith("modbus-plain-compensated")} == set()
    assert cut - before == {"site.site-answers"}
    assert during - before == {"site.site-answers"}
    assert said == ["control.fail"]
    assert (after, unknown - unclear) == (before, set())
    assert told.begun() == during
    assert told.ended.count("site.site-answers") == 1
    assert told.soc == ["control.fail", "control.recovered"]
    counted(
        devices_cut_off=len(everybody),
        zones=ZONES,
        rounds=ROUNDS,
        stops=0,
        alerts_over_mqtt=len(during - before),
        alerts_to_the_soc=len(said),
        **{f"guard {kind}": n for kind, n in sorted(kinds.items())},
        **{f"messages {kind}": n for kind, n in sorted(told.mqtt.items())},
    )


async def die(rounds, devices):
    for device in devices:
        device.dies = True
    await visited(rounds, devices)


async def test_three_that_die_of_us_stop_their_segment_and_two_segments_the_site(
    appliance, counted
):
    clock = Hurried()
    async with farm(3, 5) as found:
        first, second, third = found.values()
        async with appliance(head(zones=3) + assets(found), clock) as rounds:
            await visited(rounds, [*first, *second, *third])
            await die(rounds, first[:2])
            assert stopped(rounds) == []
            await die(rounds, first[2:3])
            assert stopped(rounds) == ["zone:cell-0"]

            # The others of it get a canary and not one question; elsewhere all goes on.
            before = {d: d.connections for d in (*first[3:], *third)}
            await visited(rounds, [*first[3:], *third])
            assert [d.connections - before[d] for d in first[3:]] == [1, 1]
            assert [d.connections - before[d] for d in third] == [3] * len(third)

            await die(rounds, second[:3])
            assert stopped(rounds) == ["site", "zone:cell-0", "zone:cell-1"]
            before = {d: d.connections for d in third}
            await visited(rounds, third)
            assert [d.connections - before[d] for d in third] == [1] * len(third)
            kinds = Counter(e["kind"] for e in await guard_entries(rounds))

    assert kinds["stop.began"] == 3
    assert kinds["suspected-impact"] == 6
    counted(devices_that_died=6, segment_stops=2, site_stops=1)


async def clean_rounds(rounds, clock, devices, times):
    """So many rounds of canaries as the daemon makes them, longer apart than any breaker pauses."""
    for _ in range(times):
        clock.pass_(30 * MINUTE)
        await looked(rounds, devices)


async def test_three_clean_rounds_end_the_first_stop_and_a_repeat_waits_for_somebody(appliance):
    clock = Hurried()
    async with farm(1, 5) as found:
        (devices,) = found.values()
        lost = devices[:3]
        async with appliance(head() + assets(found), clock) as rounds:
            await visited(rounds, devices)
            await die(rounds, lost)
            assert stopped(rounds) == ["zone:cell-0"]
            await clean_rounds(rounds, clock, devices, 3)
            assert stopped(rounds) == ["zone:cell-0"]

            for device in lost:
                device.revive()
            await clean_rounds(rounds, clock, devices, 2)
            assert stopped(rounds) == ["zone:cell-0"]
        # A restart keeps the stop and what was counted.
        async with appliance(head() + assets(found), clock) as rounds:
            assert stopped(rounds) == ["zone:cell-0"]
            await clean_rounds(rounds, clock, devices, 1)
            assert stopped(rounds) == []

            restraints = rounds.guard.restraints
            before = [d.connections for d in lost]
            await visited(rounds, lost)
            assert [d.connections for d in lost] == before, "suspected ones wait for somebody"
            for device in lost:
                restraints.canaries.ack(device.address, "j-smit", "it was a fuse")
            await visited(rounds, devices)

            clock.pass_(24 * HOUR)
            await visited(rounds, devices)
            await die(rounds, lost)
            assert stopped(rounds) == ["zone:cell-0"]
            for device in lost:
                device.revive()
            await clean_rounds(rounds, clock, devices, 10)
            assert stopped(rounds) == ["zone:cell-0"]
            restraints.stops.ack("zone:cell-0", "j-smit", "the switch was replaced")
            assert stopped(rounds) == []
