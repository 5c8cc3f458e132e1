"""A hold at any moment of any visit, by the capture: nothing leaves later than promised."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from appliance.visit.classes import ROBUST
from collectors.errors import CollectError
from collectors.wire import Wire
from tests.devices.opcua_server import identity, ours
from tests.net import visits
from tests.net.spaces import cable, possible

pytestmark = pytest.mark.skipif(not possible, reason="needs root, iproute2, nftables, tcpdump")

ROUNDS = 20 if os.environ.get("UPHELD_ENDURE") else 1
# Ten appliances side by side, each held at a moment of its own.
US = [f"10.78.0.{n}" for n in range(1, 11)]
NAMES = ("modbus", "opcua", "secure", "snmp", "greeting", "closed", "tarpit", "deaf", "dropping")
DEVICES = {name: f"10.78.0.{n}" for n, name in enumerate(NAMES, 21)}
# To "deaf" connections open, but no payload arrives; "dropping" never hears of us at all.
RULES = (
    f"ip daddr {DEVICES['dropping']} drop; "
    f"ip daddr {DEVICES['deaf']} tcp flags & (syn|fin|rst) == 0 meta length > 60 drop;"
)
FAST = replace(ROBUST, pause=0.0, connections_a_minute=10**6, packets_a_second=10**6, burst=10**6)


async def _visiting(guard, us, said, mine):
    """Every device over and over, until the hold; gives how many questions were answered."""
    answered = 0

    async def one(device, address):
        nonlocal answered
        to = visits.target(device, address, us)
        guard.permit({*guard.allowed, (to.address, to.transport, to.port)})
        wire = Wire(guard, connect=2.5, whole=5)
        while not guard.held:
            for question in visits.questions(wire, to, said, mine):
                with suppress(CollectError):
                    await question()
                    answered += 1

    async with asyncio.TaskGroup() as all_of_them:
        for device, address in DEVICES.items():
            all_of_them.create_task(one(device, address))
    return answered


async def _held(us, after, said, mine):
    """When it was held, how long until all had ended, and how many were answered before."""
    guard = visits.guard(FAST)
    visit = asyncio.create_task(_visiting(guard, us, said, mine))
    await asyncio.sleep(after)
    assert len(guard.connections) > 3
    at = time.time()
    guard.held = True
    stopped = guard.connections.stop_all(lambda _: True)
    await stopped
    assert len(guard.connections) == 0
    answered = await visit
    return at, time.time() - at, answered


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_leaves_later_than_promised(tmp_path, seed):
    rng = random.Random(seed if "UPHELD_ENDURE" in os.environ else None)
    moments = {us: rng.uniform(0.3, 3.0) for us in US}
    mine = ours(*identity("Upheld", "urn:upheld:test"))
    found = {}

    async def story(said):
        async def one(us):
            found[us] = await _held(us, moments[us], said, mine)

        async with asyncio.TaskGroup() as all_of_them:
            for us in US:
                all_of_them.create_task(one(us))
        # What the kernel might still repeat shows itself within this.
        await asyncio.sleep(2.5)

    with (
        cable(US, list(DEVICES.values()), RULES) as it,
        it.plant_running({n: a for n, a in DEVICES.items() if n != "closed"}) as said,
    ):
        with it.captured(tmp_path / "hold.pcap") as packets:
            it.inside(lambda: story(said))
        seen = packets()

    late, very_late = [], []
    for us, (held, took, answered) in found.items():
        assert answered > 0
        assert took < 3.1
        for p in seen:
            if p.source[0] == us:
                speaks = not p.tcp or p.payload or "S" in p.flags
                late += [(p, p.at - held)] if speaks and p.at > held + 1.0 else []
                very_late += [(p, p.at - held)] if p.at > held + 3.0 else []
    assert late == []
    assert very_late == []
    for name in ("dropping", "deaf"):
        assert any(p.to[0] == DEVICES[name] for p in seen), name
