"""An appliance over a configuration, whose time a test can let pass."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from appliance.clock import SystemClock
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from checks.facts.observation import ClockQuality


class Hurried:
    """The machine's own clock, moved on by what a test lets pass; always synchronised."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self._system = SystemClock()

    def pass_(self, seconds: float) -> None:
        self.ahead += seconds

    def now(self) -> datetime:
        return self._system.now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return self._system.monotonic() + self.ahead

    def boot(self) -> str:
        return self._system.boot()

    def quality(self) -> ClockQuality:
        return ClockQuality(True, 50)


@asynccontextmanager
async def opened(folder: Path, state: Path, clock):
    state.mkdir(exist_ok=True)
    store = Store.open(state / "ledger.db", origin="bench/edge/evidence/1", key=b"k" * 32)
    kept = Kept.open(state / "guard.db")
    try:
        loaded = load(folder)
        rounds = Rounds(loaded, folder, store, clock, Guard(clock, kept, loaded.site))
        await restore(rounds)
        yield rounds
    finally:
        kept.close()
        await store.close()


def head(*, laboratory: bool = True, zones: int = 1, outlets: bool = False) -> str:
    """A site whose zone N (from 0) has the addresses 127.(70+N).0.0/16 and the vantage 127.0.0.(5+N)."""
    networks = "\n".join(
        f"  - {{id: cell-{n}, name: Cell {n}, networks: [127.{70 + n}.0.0/16], sl_t: 2}}"
        for n in range(zones)
    )
    vantages = ", ".join(
        f"{{id: monitor-{n}, zone: cell-{n}, source: 127.0.0.{5 + n}, kind: monitor}}"
        for n in range(zones)
    )
    mqtt, soc = "mqtt: {broker: 'mqtt://127.0.0.1:1'}", "soc: [{address: 'tcp://127.0.0.1:1'}]"
    told = f"outlets: {{{mqtt}, {soc}}}\n" if outlets else ""
    return f"""
site: {{id: bench, name: Bench, laboratory: {str(laboratory).lower()}}}
appliance:
  id: edge
  state_dir: /nowhere
  vantages: [{vantages}]
zones:
{networks}
{told}"""


async def guard_entries(rounds, *kinds):
    """What the guard wrote down, oldest first: entries of these kinds, or all."""
    bodies = [json.loads(body) async for _, body in rounds.store.entries(0, rounds.store.size)]
    return [b for b in bodies if b["type"] == "guard" and (not kinds or b["kind"] in kinds)]
