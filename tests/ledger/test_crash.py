"""Killed at any moment: nothing acknowledged is lost, and every checkpoint still verifies."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys

import pytest

from appliance.ledger.errors import LedgerError
from appliance.ledger.note import opened_checkpoint
from appliance.ledger.show import show
from appliance.ledger.tree import leaf_hash, root
from appliance.ledger.verify import verify

ROUNDS = 50 if os.environ.get("UPHELD_ENDURE") else 5

# Says an index and its checkpoint only when the commit that holds it has returned.
WRITER = """
import asyncio, json, sys
from pathlib import Path
from appliance.ledger.entry import Message
from appliance.ledger.store import Store

async def main():
    store = Store.open(Path(sys.argv[1]), origin=sys.argv[2], key=bytes(range(32)))
    while True:
        n = store.size
        bodies = [json.dumps({"n": n + i}).encode() for i in range(1 + n % 4)]
        done = await store.commit(bodies, [Message("soc", "s", "a", b"%d" % n)])
        print(json.dumps([done.first, done.size, done.checkpoint]), flush=True)

asyncio.run(main())
"""


async def test_nothing_acknowledged_is_lost_and_every_checkpoint_verifies(
    path, signer, record_property
):
    chance = random.Random(7)
    acknowledged: list[tuple[int, str]] = []
    commits = 0
    for _ in range(ROUNDS):
        writer = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WRITER,
            str(path),
            signer.name,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        for _ in range(chance.randrange(1, 60)):
            line = await writer.stdout.readline()
            assert line, "the writer ended by itself"
            _, size, checkpoint = json.loads(line)
            acknowledged.append((size, checkpoint))
        writer.kill()
        for line in (await writer.stdout.read()).splitlines(keepends=True):
            if line.endswith(b"\n"):
                _, size, checkpoint = json.loads(line)
                acknowledged.append((size, checkpoint))
        await writer.wait()

        report = verify(path, signer.vkey, known=[note for _, note in acknowledged[-5:]])
        assert report.ok, report.broken
        assert report.entries >= acknowledged[-1][0]
        commits = len(acknowledged)

    assert commits >= ROUNDS
    entries = show(path)
    assert [value["n"] for _, value in entries] == list(range(len(entries)))
    leaves = [leaf_hash(json.dumps(value).encode()) for _, value in entries]
    lost = [
        size
        for size, note in acknowledged
        if opened_checkpoint(note, signer.verifier).root != root(leaves[:size])
    ]
    assert lost == []
    record_property("kills of a writer", ROUNDS)
    record_property("commits acknowledged", commits)
    record_property("checkpoints verified at the end", len(acknowledged))
    record_property("ledger entries", len(entries))
    record_property("lost", len(lost))


async def test_entries_whose_signing_failed_are_kept_and_signed_by_the_next_opening(
    store, reopen, path, signer
):
    await store._call(
        store._writer.connection.execute,
        "CREATE TEMP TRIGGER broken BEFORE INSERT ON main.checkpoint "
        "BEGIN SELECT RAISE(ABORT, 'the disk went away'); END",
    )
    with pytest.raises(LedgerError, match=r"checkpoint of the 1 entries it holds.*went away"):
        await store.commit([b"a"])
    assert store.size == 1
    await store.close()

    async with reopen() as again:
        head = opened_checkpoint(await again.latest_checkpoint(), signer.verifier)
    assert head.size == 1
    assert verify(path, signer.vkey).ok
