"""What a picture costs the loop the visits share, and that the matrix is made beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest

from appliance.clock import SystemClock
from appliance.judge.judging import applicable, subjects
from appliance.judge.matrix import matrix
from appliance.ledger.store import Store
from appliance.rounds import matrices
from appliance.rounds.matrices import Matrices
from appliance.rounds.round import Rounds
from appliance.running.painting import paint
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from checks import ALL, BY_ID
from checks.facts.standing import Standing, State, StateKey
from checks.facts.verdict import Reason

HEAD = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
"""
ASSET = (
    "  - {{id: plc-{0:04}, zone: cell, address: 127.0.{1}.{2}, role: plc, "
    "services: [{{port: tcp/4840, protocol: opcua}}]}}\n"
)


@pytest.fixture
def plant(tmp_path):
    """A function from a number of assets to rounds that remember a state for each control."""
    stores = []

    def made(assets: int) -> Rounds:
        folder = tmp_path / str(assets)
        folder.mkdir()
        listed = (ASSET.format(n, 1 + n // 250, 1 + n % 250) for n in range(assets))
        (folder / "site.yaml").write_text(HEAD.format(state=folder) + "".join(listed))
        loaded, clock = load(folder), SystemClock()
        stores.append(
            Store.open(folder / "ledger.db", origin="bench/edge/evidence/1", key=b"k" * 32)
        )
        guard = Guard(clock, Kept.in_memory(), loaded.site)
        rounds = Rounds(loaded, folder, stores[-1], clock, guard)
        at, states = clock.now(), (State.FAIL, State.UNKNOWN, State.PASS)
        for subject in subjects(loaded.site):
            for n, check in enumerate(applicable(loaded.site, subject, ALL)):
                rounds.standings[StateKey(subject, check.id)] = Standing(
                    states[n % 3], Reason.AS_EXPECTED, "Seen.", (), at - timedelta(hours=1),
                    at, at, 10_800,
                )  # fmt: skip
        return rounds

    yield made
    for store in stores:
        asyncio.run(store.close())


def cost(work) -> float:
    """Seconds of this thread's own time, the least of three."""
    found = []
    for _ in range(3):
        before = time.thread_time()
        work()
        found.append(time.thread_time() - before)
    return min(found)


def painted(rounds):
    return paint(rounds, started=rounds.clock.now(), checkpoint_at=None, outbox={}, reloaded=True)


def test_five_times_the_assets_cost_no_more_than_twice_five_times_as_much(plant):
    few, many = plant(200), plant(1_000)

    for work in (
        painted,
        lambda rounds: matrix(rounds.site, rounds.standings.items(), BY_ID),
    ):
        # Something looked up by walking through all assets makes it 25 times.
        assert cost(lambda work=work: work(many)) < 10 * cost(lambda work=work: work(few))


async def test_the_matrix_is_made_beside_the_loop_and_only_when_something_changed(
    plant, monkeypatch
):
    rounds, made_in = plant(3), []

    def noted(*arguments, **named):
        made_in.append(threading.current_thread())
        return matrix(*arguments, **named)

    monkeypatch.setattr(matrices, "matrix", noted)
    found = Matrices(rounds)
    both = await asyncio.gather(found.cells(), found.cells())
    once = len(made_in)
    await rounds.store.commit([b'{"type":"x"}'])
    key = next(iter(rounds.standings))
    del rounds.standings[key]
    after = await found.cells()
    other = await found.cells(4)

    assert once == 1
    assert both[0] is both[1]
    assert after != both[0]
    assert len(other) == len(after)
    assert other != after
    assert threading.main_thread() not in made_in
    assert painted(rounds).cells == ()
