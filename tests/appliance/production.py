"""A small plant in production: real Modbus devices, and the appliance on the test's clock."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from appliance.demo.alarms import Alarms
from appliance.demo.modbus_device import ModbusDevice
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.running.turns import Turns
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from appliance.visit.guard.commands import Parts, obey

SITE = """
site: {{id: works, name: Works, timezone: Europe/Amsterdam}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2{zone}}}]
types:
  - {{id: ex-1, role: plc, probing: {probing}, identity: {{vendor: Example, product: EX-1}},
     firmware: {{approved: [V1.0]}}, services: [{{port: tcp/{port}, protocol: modbus, unit: 1}}]}}
closed_ports: [{closed}]
assets:
{assets}
"""


class Works:
    """Assets plc-1.. at 127.0.2.1.., each with a device that says revision V1.0 until told."""

    def __init__(self, folder, port, *, count=2, probing="standard", closed="", zone="") -> None:
        self.folder, self.port, self.count = folder, port, count
        self.probing, self.closed, self.zone = probing, closed, zone
        self.own: dict[str, str] = {}
        self.devices = [
            ModbusDevice(
                f"plc-{n}", f"127.0.2.{n}", port, "Example", "EX-1", "V1.0", Alarms(folder / "alarms"),
                ("127.0.0.5",),
            )
            for n in range(1, count + 1)
        ]  # fmt: skip

    def write(self):
        """The configuration as it is meant now."""
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        (self.folder / "state").mkdir(exist_ok=True)
        assets = "\n".join(
            f"  - {{id: plc-{n}, type: ex-1, zone: cell, address: 127.0.2.{n}"
            f"{self.own.get(f'plc-{n}', '')}}}"
            for n in range(1, self.count + 1)
        )
        (config / "site.yaml").write_text(
            SITE.format(
                state=self.folder / "state",
                port=self.port,
                probing=self.probing,
                closed=self.closed,
                zone=self.zone,
                assets=assets,
            )
        )
        return config

    @asynccontextmanager
    async def running(self, clock):
        """The devices and the appliance; its guard's file stays when it ends."""
        async with AsyncExitStack() as stack:
            for device in self.devices:
                await device.start()
                stack.push_async_callback(device.stop)
            yield await stack.enter_async_context(self.appliance(clock))

    @asynccontextmanager
    async def appliance(self, clock):
        config = self.write()
        loaded = load(config)
        store = Store.open(
            self.folder / "state" / "ledger.db", origin="works/edge/evidence/1", key=b"k" * 32
        )
        kept = Kept.open(self.folder / "state" / "guard.db")
        try:
            rounds = Rounds(loaded, config, store, clock, Guard(clock, kept, loaded.site))
            await restore(rounds)
            yield rounds
        finally:
            kept.close()
            await store.close()

    def reload(self, rounds):
        rounds.adopt(load(self.write()))


def people(rounds, **command):
    """What somebody tells the guard; its answer."""
    held = rounds.guard.restraints
    parts = Parts(rounds.site, held.holds, held.trusts, held.latches, held.stops, held.canaries, ())
    return obey(command, "j-smit", parts)


def level(rounds, asset):
    return rounds.guard.restraints.trusts.permit(asset).level.value


@asynccontextmanager
async def looked_after(rounds):
    """The canaries between turns, as the daemon has them."""
    stop = asyncio.Event()
    looking = asyncio.create_task(Turns(rounds, lambda: None).look_after(stop))
    try:
        yield
    finally:
        stop.set()
        await looking


async def trusted(rounds, clock, *assets):
    """The whole ladder, shortened by what the clock can do."""
    for asset in assets:
        await rounds.visit(asset)
    async with looked_after(rounds):
        await asyncio.sleep(25 * 3600)
    for asset in assets:
        people(rounds, command="trust", asset=asset, why="watched")
        if level(rounds, asset) == "supervised":
            await rounds.visit(asset)
        assert level(rounds, asset) == "active"
