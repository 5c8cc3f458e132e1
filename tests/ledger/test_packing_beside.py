"""Old entries are packed and pruned while visits are written, and no visit waits for it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from datetime import UTC, datetime, timedelta

from appliance.ledger import bundles, pruning
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.verify import verify

RUNS = 2
AT = datetime(2020, 1, 1, tzinfo=UTC)


def bodies(run):
    """A run of entries as a large site's visits make them: 8 kB each, much alike."""
    chance = random.Random(run)
    rows = [{"port": f"tcp-{n}", "reason": "timeout", "said": "no answer"} for n in range(100)]
    for number in range(bundles.ENTRIES):
        visit = f"{chance.getrandbits(128):032x}"
        at = (AT + timedelta(seconds=number)).isoformat()
        fields = {"type": "observations", "t": at, "visit": visit, "asset": "plc", "rows": rows}
        yield json.dumps(fields, sort_keys=True).encode()


async def test_no_commit_waits_a_second_for_packing_or_pruning(
    store, path, signer, record_property
):
    for run in range(RUNS):
        whole = list(bodies(run))
        for start in range(0, len(whole), 256):
            await store.commit(whole[start : start + 256])
    done, waits = asyncio.Event(), []

    async def visits():
        while not done.is_set():
            began = time.perf_counter()
            await store.commit([b'{"type":"load"}'])
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(visits())
    try:
        while (n := await store.read(bundles.due)) is not None:
            found = await store.read(lambda c, n=n: bundles.bodies(c, n))
            await store.packed(n, await asyncio.to_thread(bundles.pack, found))
        before = AT + timedelta(days=400)
        while (oldest := await store.read(pruning.due)) is not None:
            plan = await asyncio.to_thread(pruning.plan, *oldest, before)
            body = await store.read(
                lambda c, plan=plan: pruning.entry(plan, AT, before - AT, StoredNodes(c))
            )
            await store.pruned(plan, body)
    finally:
        done.set()
        await writing
    record_property("commits meanwhile", len(waits))
    record_property("the longest waited, ms", round(max(waits) * 1000))

    report = verify(path, signer.vkey)
    assert report.ok, report.broken
    assert report.pruned == RUNS * bundles.ENTRIES
    assert len(waits) > 20
    assert max(waits) < 1.0
