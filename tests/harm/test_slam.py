"""A device that accepts and closes: one connection, then nothing for a period that doubles."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT

DAY = 86_400.0
LOOKS = 2 if SHORT else 40
DAYS = 1 if SHORT else 7
PROTOCOLS = ("modbus",) if SHORT else ("modbus", "opcua", "s7", "https", "ssh")
# The first period of a production class, and of a laboratory.
FIRST = {False: 900.0, True: 30.0}


@asynccontextmanager
async def slam():
    accepted = []

    async def behaviour(reader, writer):
        accepted.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(behaviour, "127.70.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], accepted
    finally:
        server.close()


def text(port, protocol, probing, *, laboratory):
    return (
        head(laboratory=laboratory)
        + f"""
closed_ports: [tcp/21, tcp/23]
assets:
  - id: plc
    zone: cell-0
    address: 127.70.0.1
    role: plc
    probing: {probing}
    services: [{{port: tcp/{port}, protocol: {protocol}}}, {{port: tcp/{port + 1}, protocol: s7}}]
"""
    )


async def tried(rounds):
    """Everything that may make the appliance turn to the device."""
    await rounds.look("plc")
    await rounds.visit("plc")
    await rounds.visit("plc", due_anyway=True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("probing", ["fragile", "standard", "robust"])
@pytest.mark.parametrize("laboratory", [True, False])
async def test_a_slamming_door_is_tried_once_in_a_period_up_to_a_day(
    appliance, counted, protocol, probing, laboratory
):
    rng, clock, periods = random.Random(1), Hurried(), []
    async with slam() as (port, accepted):
        site = text(port, protocol, probing, laboratory=laboratory)
        async with appliance(site, clock) as rounds:
            # A process that has just begun pauses before its first connection.
            clock.pass_(120)
            await tried(rounds)
        assert len(accepted) == 1
        period, days = FIRST[laboratory], 0
        while days < DAYS:
            # Every period another process, which knows only what was kept.
            async with appliance(site, clock) as rounds:
                left = period
                for part in sorted(rng.uniform(0, period - 5) for _ in range(LOOKS)):
                    clock.pass_(left - (period - part))
                    left = period - part
                    await tried(rounds)
                    assert len(accepted) == 1 + len(periods), f"again within {period:g} s"
                clock.pass_(left + 0.001)
                await tried(rounds)
            periods.append(period)
            assert len(accepted) == 1 + len(periods)
            days += period == DAY
            period = min(2 * period, DAY)
        async with appliance(site, clock) as rounds:
            opened = await guard_entries(rounds, "breaker-opened", "breaker-stays-open")

    assert len(opened) == len(accepted)
    counted(
        periods=len(periods),
        times_the_appliance_turned_to_it=(LOOKS + 1) * 3 * len(periods) + 3,
        connections_at_the_device=len(accepted),
        first_period_s=f"{periods[0]:g}",
        longest_period_s=f"{periods[-1]:g}",
    )
