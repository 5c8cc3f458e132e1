"""A running appliance with outlets of real peers, and somebody who watches them."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from appliance.drill.drilling import Drilling
from appliance.drill.hops import Patience
from appliance.ledger.store import Store
from appliance.publishing import Publishing
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept

HEAD = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
"""
QUICK = Patience(look=0.01, outlet=1.0, ask=0.1, prometheus=1.0)
PATIENT = Patience(look=0.01, outlet=20.0, ask=0.1, prometheus=20.0)


@pytest.fixture
def configured(tmp_path: Path):
    """Writes a configuration: the head above, and what the test adds below it."""

    def write(rest: str) -> Path:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        (folder / "site.yaml").write_text(HEAD.format(state=tmp_path / "state") + rest)
        return folder

    return write


@pytest.fixture
def appliance(tmp_path: Path):
    """Rounds, outlets and drills as the daemon wires them, without its page and its turns."""

    @asynccontextmanager
    async def running(folder: Path, patience: Patience = PATIENT, clock=None):
        (tmp_path / "state").mkdir(exist_ok=True)
        store = Store.open(
            tmp_path / "state" / "ledger.db", origin="bench/edge/evidence/1", key=b"k" * 32
        )
        clock = clock or SystemClock()
        loaded = load(folder)
        rounds = Rounds(loaded, folder, store, clock, Guard(clock, Kept.in_memory(), loaded.site))
        await restore(rounds)
        publishing = Publishing(rounds)
        await publishing.follow()
        drilling = Drilling(rounds, publishing, patience)
        stop = asyncio.Event()
        duty = asyncio.create_task(drilling.run(stop))
        try:
            yield drilling
        finally:
            stop.set()
            await duty
            await publishing.end()
            await store.close()

    return running


async def becomes(true) -> None:
    """Until it is true, looked at often: what is waited for happens in threads and processes."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def known(drilling: Drilling, *names: str):
    """The newest drill once these steps are known."""
    await becomes(lambda: all(drilling.book.newest.hop(n).shown is not None for n in names))
    return drilling.book.newest


async def ended(drilling: Drilling):
    await becomes(lambda: drilling.book.newest.ended)
    return drilling.book.newest


async def written(drilling: Drilling) -> list[dict]:
    """The ledger's entries about drills."""
    store = drilling._rounds.store
    bodies = [json.loads(body) async for _, body in store.entries()]
    return [body for body in bodies if body["type"] == "drill"]


def code_in(text: str) -> str:
    """What a person reads on the screen."""
    return re.search(r"DRILL ([0-9A-Z]{6})", text)[1]
