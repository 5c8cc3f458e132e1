"""Devices that fall silent: what we did not cause stops nothing, what follows our packet does."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT
from tests.harm.farm import assets, farm, name

HOUR, MINUTE = 3_600.0, 60.0
ROUNDS = 2 if SHORT else 5
EACH = 2 if SHORT else 20


async def visited(rounds, devices):
    await asyncio.gather(*(rounds.visit(name(d), due_anyway=True) for d in devices))


async def looked(rounds, devices):
    await asyncio.gather(*(rounds.look(name(d)) for d in devices))


def stopped(rounds):
    return [stop.where for stop in rounds.guard.restraints.stops.all()]


def overheard(rounds):
    """Every message the rounds leave for the broker from now on, by what it is."""
    told, commit = Counter(), rounds.store.commit

    async def committing(entries, messages=(), **more):
        for message in messages:
            told[message.address.split("/")[3]] += 1
        return await commit(entries, messages, **more)

    rounds.store.commit = committing
    return told


async def test_all_cut_off_while_idle_stop_nothing(appliance, counted):
    clock = Hurried()
    async with farm(10, EACH) as found:
        everybody = [d for devices in found.values() for d in devices]
        text = head(zones=10, mqtt=True) + assets(found)
        async with appliance(text, clock) as rounds:
            await visited(rounds, everybody)
            opened = await guard_entries(rounds)
            told = overheard(rounds)
            for device in everybody:
                device.cut()
            for _ in range(ROUNDS):
                clock.pass_(HOUR)
                await visited(rounds, everybody)
                assert stopped(rounds) == []
            kinds = Counter(e["kind"] for e in (await guard_entries(rounds))[len(opened) :])
            down = [s for s in rounds.standings if s.check == "inventory-device-present"]

    assert [e["kind"] for e in opened] == []
    assert kinds["stop.began"] == kinds["suspected-impact"] == 0
    assert len(down) == len(everybody)
    counted(
        devices_cut_off=len(everybody),
        rounds=ROUNDS,
        segment_stops=0,
        site_stops=0,
        **{f"guard {kind}": n for kind, n in sorted(kinds.items())},
        **{f"messages {kind}": n for kind, n in sorted(told.items())},
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
