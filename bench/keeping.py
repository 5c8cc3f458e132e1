"""What a commit costs beside a plain insert, and judging beside committing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from appliance.clock import SystemClock
from appliance.demo.plant import Plant
from appliance.demo.site import write_site
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from bench.side_by_side import Ratio, compare
from checks.facts.context import Moment

NETWORK = "127.65"
ENTRY = b'{"type":"bench","v":1,"said":"' + b"x" * 1000 + b'"}'


async def ratios(folder: Path) -> AsyncIterator[Ratio]:
    store = Store.open(folder / "bench.db", origin="bench/1", key=b"k" * 32)
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    with closing(plain):
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("PRAGMA synchronous=FULL")
        plain.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, body BLOB)")

        async def insert() -> None:
            plain.execute("INSERT INTO entry (body) VALUES (?)", (ENTRY,))

        async def insert_ten() -> None:
            plain.execute("BEGIN")
            plain.executemany("INSERT INTO entry (body) VALUES (?)", [(ENTRY,)] * 10)
            plain.execute("COMMIT")

        yield await compare(
            "ledger commit of 1 KB, hashed and signed",
            lambda: store.commit([ENTRY]),
            "sqlite insert, WAL and FULL",
            insert,
            times=100,
        )
        yield await compare(
            "ledger commit of 10 entries of 1 KB",
            lambda: store.commit([ENTRY] * 10),
            "sqlite insert of 10, WAL and FULL",
            insert_ten,
            times=50,
        )
    yield await _judging(folder, store)
    await store.close()


async def _judging(folder: Path, store: Store) -> Ratio:
    """All checks of one PLC, from what a real visit saw; a turn judges once and commits once."""
    write_site(folder / "site", web_port=62443, mqtt=None, plant_directory=folder, network=NETWORK)
    clock = SystemClock()
    async with Plant(folder, NETWORK):
        loaded = load(folder / "site")
        guard = Guard(clock, Kept.in_memory(), loaded.site)
        rounds = Rounds(loaded, folder / "site", store, clock, guard)
        await restore(rounds)
        visited = await rounds.visit("plc-1", due_anyway=True)
    assert visited is not None
    moment, own = Moment(clock.now(), clock.quality()), rounds.own()

    async def judge() -> None:
        judged = rounds.judge.visit(
            "plc-1",
            visited.observations,
            rounds.recall.memory,
            rounds.standings,
            moment=moment,
            own=own,
            visit="bench",
        )
        assert len(judged) == len(visited.judged)

    return await compare(
        f"judging a visit, {len(visited.judged)} verdicts",
        judge,
        "committing one entry of 1 KB",
        lambda: store.commit([ENTRY]),
        times=20,
    )
