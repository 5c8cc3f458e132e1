"""Pace, on a loop whose time passes only when everybody waits."""

from __future__ import annotations

import asyncio
import itertools
import random
import selectors
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace

import pytest

from appliance.visit.classes import FRAGILE, ROBUST, STANDARD
from appliance.visit.guard.pace import CLOSING, OPENING, Ceilings, Paces
from collectors.wire import Target
from tests.visit.clocks import FakeClock

PLC = "10.10.20.11"


class Skipping(selectors.SelectSelector):
    """Instead of waiting it lets the clock pass."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def select(self, timeout=None):
        if timeout:
            self.clock.pass_(timeout)
        found = super().select(0)
        assert timeout is not None or found, "everybody waits, and for nothing"
        return found


def run(clock, story):
    loop = asyncio.SelectorEventLoop(Skipping(clock))
    loop.time = clock.monotonic
    try:
        return loop.run_until_complete(story)
    finally:
        loop.close()


def to(address=PLC, transport="tcp"):
    return Target("asset-1", address, transport, 502, "modbus")


def segment_of(address):
    return address.rpartition(".")[0]


def paces(clock, numbers=STANDARD, **more):
    given = numbers if callable(numbers) else lambda _: numbers
    return Paces(clock, given, segment_of, **more)


class Plant:
    """Connections as the kernel makes them, and every packet of them with its time."""

    def __init__(self, clock, it, rng):
        self.clock, self.it, self.rng = clock, it, rng
        self.left = defaultdict(list)
        self.opened = defaultdict(list)
        self.open_now = defaultdict(int)
        self.most_open = 0

    def packet(self, target, count=1):
        for _ in range(count):
            self.left[target.address].append(self.clock.monotonic())
        self.it.sent(target, count)

    async def connection(self, target, messages, answers_after=0.5):
        await self.it.turn(target)
        self.open_now[target.address] += 1
        self.most_open = max(self.most_open, self.open_now[target.address])
        self.opened[target.address].append(self.clock.monotonic())
        self.packet(target)
        await asyncio.sleep(self.rng.uniform(0, 0.2))
        self.packet(target)
        for size in messages:
            await self.it.pace(target, size + 1)
            self.packet(target, size)
            await asyncio.sleep(self.rng.uniform(0, answers_after))
            self.packet(target)
        self.packet(target)
        await asyncio.sleep(self.rng.uniform(0, 0.2))
        self.packet(target)
        self.open_now[target.address] -= 1
        self.it.closed(target)


def most_in(times, seconds):
    """The most of `times` in any half-open window so long."""
    times, most, first = sorted(times), 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds - 1e-9:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize("numbers", [FRAGILE, STANDARD, ROBUST], ids=["fragile", "std", "robust"])
@pytest.mark.parametrize("seed", range(8))
def test_no_second_ever_sees_more_than_burst_and_rate(numbers, seed):
    clock, rng = FakeClock(), random.Random(seed)
    it = paces(clock, replace(numbers, pause=0.0, connections_a_minute=1_000))
    plant = Plant(clock, it, rng)

    async def story():
        for _ in range(30):
            sizes = [rng.randint(1, 4) for _ in range(rng.randint(0, 6))]
            await plant.connection(to(), sizes, answers_after=rng.choice([0.0, 0.3, 12.0]))

    run(clock, story())
    assert 2 < most_in(plant.left[PLC], 1.0) <= numbers.burst + numbers.packets_a_second


def test_a_burst_is_really_given():
    clock = FakeClock()
    it = paces(clock, STANDARD)
    clock.pass_(60)

    async def story():
        await it.turn(to())
        it.sent(to(), 2)
        for _ in range(5):
            await it.pace(to(), 3)
            it.sent(to(), 3)
        return clock.monotonic()

    began = clock.monotonic()
    assert run(clock, story()) - began < 0.01


@pytest.mark.parametrize("seed", range(6))
def test_segment_and_site_have_ceilings_of_their_own(seed):
    clock, rng = FakeClock(), random.Random(seed)
    it = paces(clock, replace(ROBUST, pause=0.0))
    plant = Plant(clock, it, rng)
    devices = [f"10.10.{n % 8}.{n}" for n in range(32)]

    async def one(address):
        for _ in range(6):
            await plant.connection(to(address), [rng.randint(1, 4) for _ in range(4)])

    async def story():
        async with asyncio.timeout(600), asyncio.TaskGroup() as all_of_them:
            for address in devices:
                all_of_them.create_task(one(address))

    run(clock, story())
    segments = defaultdict(list)
    for address, times in plant.left.items():
        segments[segment_of(address)] += times
    assert max(most_in(times, 1.0) for times in segments.values()) <= 20
    assert 40 < most_in([t for times in segments.values() for t in times], 1.0) <= 100
    assert most_in([t for times in plant.opened.values() for t in times], 1.0) <= 20


def test_connections_a_minute_and_the_pause_after_each_hold():
    clock = FakeClock()
    it = paces(clock, FRAGILE)
    plant = Plant(clock, it, random.Random(1))

    async def story():
        for _ in range(12):
            await plant.connection(to(), [])

    run(clock, story())
    opened = plant.opened[PLC]
    assert most_in(opened, 60.0) == 4
    assert min(b - a for a, b in itertools.pairwise(opened)) >= 10.0


def test_who_speaks_tls_lets_the_last_handshake_on_the_port_cool_down():
    clock = FakeClock()
    it = paces(clock, STANDARD)
    opened = {}

    async def story():
        for name, port, protocol in (
            ("first", 443, "https"),
            ("silent", 443, "tcp"),
            ("elsewhere", 8443, "https"),
            ("again", 443, "tls"),
        ):
            target = Target("asset-1", PLC, "tcp", port, protocol)
            await it.turn(target)
            opened[name] = clock.monotonic()
            if protocol != "tcp":
                it.shook(target)
            it.closed(target)

    run(clock, story())
    since = {name: at - opened["first"] for name, at in opened.items()}
    assert since["silent"] == pytest.approx(STANDARD.pause, abs=0.1)
    assert since["elsewhere"] == pytest.approx(2 * STANDARD.pause, abs=0.1)
    assert since["again"] == pytest.approx(STANDARD.tls_apart, abs=1.0)
    assert since["again"] >= STANDARD.tls_apart


def test_one_connection_at_a_time_and_who_asks_first_goes_first():
    clock = FakeClock()
    it = paces(clock, STANDARD)
    plant = Plant(clock, it, random.Random(1))
    order = []

    async def one(number):
        await plant.connection(to(), [1])
        order.append(number)

    async def story():
        async with asyncio.TaskGroup() as both:
            for number in range(6):
                both.create_task(one(number))

    run(clock, story())
    assert plant.most_open == 1
    assert order == list(range(6))


def test_who_gives_up_waiting_leaves_no_trace():
    clock = FakeClock()
    it = paces(clock, replace(FRAGILE, pause=0.0))

    async def story():
        clock.pass_(60)
        await it.turn(to())
        it.sent(to(), OPENING)
        given_up = 0
        for _ in range(20):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await it.pace(to(), 5)
                    it.sent(to(), 5)
                    continue
            given_up += 1
        it.closed(to())
        waiting = asyncio.create_task(it.turn(to()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        # All of the bucket must be there again.
        clock.pass_(60)
        began = clock.monotonic()
        await it.turn(to())
        it.sent(to(), OPENING)
        await it.pace(to(), FRAGILE.burst - OPENING - CLOSING)
        return given_up, clock.monotonic() - began

    assert run(clock, story()) == (19, pytest.approx(0, abs=0.01))


def test_what_the_kernel_counted_beyond_the_estimate_is_paid_back():
    clock = FakeClock()
    it = paces(clock, STANDARD)

    async def story():
        clock.pass_(60)
        await it.turn(to())
        it.sent(to(), 40)
        began = clock.monotonic()
        await it.pace(to(), 2)
        return clock.monotonic() - began

    # 20 too many, and 2 with the 3 of the closing, at 10 a second.
    assert run(clock, story()) == pytest.approx(2.5, abs=0.05)


def test_a_restart_and_a_reload_refill_nothing():
    clock = FakeClock()
    now = {"numbers": FRAGILE}
    it = paces(clock, lambda _: now["numbers"])

    async def story():
        began = clock.monotonic()
        await it.turn(to())
        first = clock.monotonic() - began
        it.sent(to(), 30)
        now["numbers"] = STANDARD
        now["numbers"] = FRAGILE
        began = clock.monotonic()
        await it.pace(to(), 2)
        return first, clock.monotonic() - began

    first, then = run(clock, story())
    assert first >= FRAGILE.pause
    # 20 tokens below zero, and 5 to have, at 2 a second.
    assert then >= 12


def test_datagrams_wait_for_packets_but_not_for_pauses():
    clock = FakeClock()
    it = paces(clock, FRAGILE)
    udp = to(transport="udp")

    async def story():
        clock.pass_(60)
        began = clock.monotonic()
        for _ in range(5):
            await it.turn(udp)
            for _ in range(2):
                await it.pace(udp, 1)
                it.sent(udp, 1)
            it.closed(udp)
        burst = clock.monotonic() - began
        await it.turn(udp)
        await it.pace(udp, 1)
        return burst, clock.monotonic() - began

    burst, after = run(clock, story())
    assert burst < 0.01
    assert after == pytest.approx(0.5, abs=0.05)


def test_tarpits_do_not_stop_the_rest_of_the_segment():
    clock = FakeClock()
    it = paces(clock, replace(STANDARD, pause=0.0))
    plant = Plant(clock, it, random.Random(3))

    async def tarpit(address):
        await it.turn(to(address))
        it.sent(to(address), OPENING)
        await it.pace(to(address), 2)
        it.sent(to(address), 1)
        await asyncio.sleep(1_000)

    async def story():
        stuck = [asyncio.create_task(tarpit(f"10.10.20.{n}")) for n in range(3)]
        await asyncio.sleep(5)
        began = clock.monotonic()
        await plant.connection(to("10.10.20.99"), [2, 2, 2], answers_after=0.0)
        took = clock.monotonic() - began
        for task in stuck:
            task.cancel()
        await asyncio.wait(stuck)
        return took

    assert run(clock, story()) < 5


def test_a_connection_inside_a_connection_is_our_bug_and_no_endless_wait():
    clock = FakeClock()
    it = paces(clock, STANDARD)

    async def story():
        await it.turn(to())
        with pytest.raises(RuntimeError, match="would wait forever"):
            await it.turn(to())

    run(clock, story())


def test_other_ceilings_hold_from_now_on():
    clock = FakeClock()
    it = paces(clock, replace(ROBUST, pause=0.0, burst=10**6, packets_a_second=10**6))
    it.adopt(Ceilings(segment=10**6, site=10**6, connections=10**6, message=10**6))

    async def story():
        clock.pass_(60)
        began = clock.monotonic()
        await it.turn(to())
        for _ in range(1_000):
            await it.pace(to(), 10)
            it.sent(to(), 10)
        return clock.monotonic() - began

    assert run(clock, story()) < 0.01
