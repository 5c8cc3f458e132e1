"""
What a year of evidence weighs: 400 assets, 20 checks each, every hour.

What one real visit saw is written down for every asset and hour, with new times, readings and visit
ids, through the same rendering, committing and packing as the daemon's.  With UPHELD_ENDURE a whole
month (half an hour); else the first hours of it, which are like all others.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import timedelta

from appliance.clock import SystemClock
from appliance.demo.plant import Plant
from appliance.demo.site import write_site
from appliance.ledger import bodies, bundles
from appliance.ledger.store import Store
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from checks.facts.context import Moment

HOURS = 30 * 24 if os.environ.get("UPHELD_ENDURE") else 4
ASSETS, CHECKS = 400, 20
RESULTS_A_YEAR = ASSETS * CHECKS * 24 * 365
NETWORK = "127.67"


async def seen_once(folder, store):
    write_site(folder / "site", web_port=62443, mqtt=None, plant_directory=folder, network=NETWORK)
    clock, loaded = SystemClock(), load(folder / "site")
    async with Plant(folder, NETWORK):
        guard = Guard(clock, Kept.in_memory(), loaded.site)
        rounds = Rounds(loaded, folder / "site", store, clock, guard)
        visited = await rounds.visit("plc-1", due_anyway=True)
    assert len(visited.judged) >= CHECKS
    return visited


def written(visited, asset, hour, chance, *, first):
    """The entries and contents of the same visit to another asset at another time."""
    shift = timedelta(hours=hour, microseconds=chance.randrange(3_600_000_000))
    visit = f"{chance.getrandbits(128):032x}"
    new = {
        id(o): replace(
            o,
            asset=asset,
            visit=visit,
            started=o.started + shift,
            finished=o.finished + shift + timedelta(microseconds=chance.randrange(50_000)),
        )
        for o in visited.observations
    }
    judged = [
        replace(
            j,
            key=replace(j.key, subject=replace(j.key.subject, asset=asset)),
            inputs=replace(
                j.inputs,
                observations=tuple(new.get(id(o), o) for o in j.inputs.observations),
            ),
        )
        for j in visited.judged[:CHECKS]
    ]
    at = visited.finished + shift
    latencies = tuple(chance.randrange(300, 900) for _ in visited.taken.latencies_us)
    taken = replace(visited.taken, visit=visit, latencies_us=latencies)
    contents = {}
    last = {} if first else {j.key: j.verdict for j in judged}
    entries = bodies.observations(visit, asset, at, tuple(new.values()), contents)
    entries.append(bodies.load(asset, at, taken))
    entries += bodies.verdicts(visit, Moment(at, SystemClock().quality()), judged, last, contents)
    return entries, contents


async def test_a_year_of_hourly_visits_stays_below_ten_gigabytes(tmp_path, record_property):
    store = Store.open(tmp_path / "l.db", origin="bench/edge/evidence/1", key=bytes(32))
    visited = await seen_once(tmp_path, store)
    chance, plain = random.Random(1), 0
    before = await used(store)
    for hour in range(HOURS):
        for number in range(ASSETS):
            entries, contents = written(visited, f"plc-{number:03d}", hour, chance, first=hour == 0)
            plain += sum(map(len, entries))
            await store.commit(entries, contents=contents)
        while (n := await store.read(bundles.due)) is not None:
            found = await store.read(lambda c, n=n: bundles.bodies(c, n))
            await store.packed(n, bundles.pack(found))
    (packed, kept), (waiting,) = await store.read(
        lambda c: (
            c.execute("SELECT count(*), sum(length(body)) FROM bundle").fetchone(),
            c.execute("SELECT sum(length(body)) FROM main.entry").fetchone(),
        )
    )
    # What waits to be packed does not grow with the years.
    grown = await used(store) - before - waiting
    size = store.size
    await store.close()
    results = ASSETS * CHECKS * HOURS
    share = packed * bundles.ENTRIES / size
    record_property("results", results)
    record_property("entries", size)
    record_property("octets of a result, as rendered", round(plain / results))
    record_property("octets of a result, packed", round(kept / (results * share), 1))
    record_property("octets of a result, whole file", round(grown / (results * share), 1))
    record_property("GB a month", round(grown / (results * share) * RESULTS_A_YEAR / 12e9, 2))
    record_property("GB a year", round(grown / (results * share) * RESULTS_A_YEAR / 1e9, 2))

    assert kept / (results * share) <= 60
    assert grown / (results * share) * RESULTS_A_YEAR < 10e9


async def used(store):
    """Octets of the file that hold something."""
    return await store.read(
        lambda c: (
            (
                c.execute("PRAGMA page_count").fetchone()[0]
                - c.execute("PRAGMA freelist_count").fetchone()[0]
            )
            * c.execute("PRAGMA page_size").fetchone()[0]
        )
    )
