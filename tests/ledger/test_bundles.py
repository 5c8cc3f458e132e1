"""Packed bodies read as if they stood in their rows, and nothing else of the ledger changes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from appliance.ledger import bundles
from appliance.ledger.errors import LedgerError
from appliance.ledger.show import show
from appliance.ledger.verify import verify


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Runs of 256: the same code, sooner."""
    from appliance.ledger import schema

    monkeypatch.setattr(bundles, "ENTRIES", 256)
    # The guard's text was made with the number there was when it was read.
    texts = tuple(t.replace("/ 4096", "/ 256") for t in schema._BODIES_GO)
    monkeypatch.setattr(schema, "_BODIES_GO", texts)


def body(n):
    return json.dumps({"n": n, "same for all": "x" * 3000}).encode()


async def packed(store):
    count = 0
    while (n := await store.read(bundles.due)) is not None:
        found = await store.read(lambda c, n=n: bundles.bodies(c, n))
        await store.packed(n, bundles.pack(found))
        count += 1
    return count


async def test_packed_entries_read_verify_and_grow_as_before(store, reopen, path, signer):
    await store.commit([body(n) for n in range(600)])
    assert await packed(store) == 2
    assert [b async for _, b in store.entries()] == [body(n) for n in range(600)]
    await store.commit([body(600)])
    await store.close()

    async with reopen() as again:
        assert again.size == 601
        await again.commit([body(601)])
    assert [value["n"] for _, value in show(path)] == list(range(602))
    report = verify(path, signer.vkey)
    assert (report.ok, report.entries) == (True, 602), report.broken


async def test_a_packed_file_is_small(store, path):
    await store.commit([body(n) for n in range(1024)])
    await store._call(store._writer.connection.execute, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    await packed(store)
    await store._call(store._writer.connection.execute, "VACUUM")
    await store._call(store._writer.connection.execute, "PRAGMA wal_checkpoint(TRUNCATE)")
    pages = await store.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])

    assert before > 3_000_000
    assert pages * 4096 < 250_000


async def test_without_vacuum_the_room_is_free_for_what_comes(store):
    await store.commit([body(n) for n in range(1024)])
    await packed(store)
    used = await store.read(
        lambda c: (
            c.execute("PRAGMA page_count").fetchone()[0]
            - c.execute("PRAGMA freelist_count").fetchone()[0]
        )
    )

    assert used * 4096 < 250_000


async def test_a_damaged_or_missing_bundle_is_named(store, path, signer, tamper):
    await store.commit([body(n) for n in range(300)])
    await packed(store)
    await store.close()
    tamper("UPDATE bundle SET body = x'00'")

    report = verify(path, signer.vkey)
    assert not report.ok
    assert any("entry 0: its body is missing" in sentence for sentence in report.broken)


async def test_a_bundle_of_other_bodies_is_named(store, path, signer, tamper):
    await store.commit([body(n) for n in range(300)])
    await packed(store)
    await store.close()
    wrong = [body(n) for n in range(256)]
    wrong[7] = body(70)
    tamper("UPDATE bundle SET body = ?", values=(bundles.pack(wrong),))

    report = verify(path, signer.vkey)
    assert [s for s in report.broken if s.startswith("entry 7: its body hashes to")]
    assert len(report.broken) == 1


async def test_only_what_is_packed_may_lose_its_body(store, path):
    await store.commit([body(n) for n in range(300)])
    await packed(store)
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "DELETE FROM entry WHERE idx = 299",
            "UPDATE entry SET body = x'00' WHERE idx = 299",
            "UPDATE entry SET leaf = x'00' WHERE idx = 0",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_what_was_begun_before_a_power_cut_is_ended(
    store, reopen, path, signer, monkeypatch, steps
):
    monkeypatch.setattr(bundles, "STEP", 64)
    await store.commit([body(n) for n in range(300)])
    found = await store.read(lambda c: bundles.bodies(c, 0))
    await store._call(store._writer.pack, 0, bundles.pack(found))
    for span in list(bundles.spans(0))[:steps]:
        await store._call(store._writer.lighten, span)
    await store.close()
    assert verify(path, signer.vkey).ok

    async with reopen() as again:
        assert await again.read(bundles.half) == 0
        await again.lightened(0)
        assert await again.read(bundles.half) is None
        assert await again.read(bundles.due) is None
        rows = await again.read(
            lambda c: c.execute("SELECT count(*) FROM main.entry WHERE body IS NOT NULL").fetchone()
        )
        assert rows == (300 - 256,)
        assert [b async for _, b in again.entries()] == [body(n) for n in range(300)]
    assert verify(path, signer.vkey).ok


async def test_a_disk_that_is_full_while_packing_loses_nothing(store, path, signer):
    await store.commit([body(n) for n in range(300)])
    await store._call(store._writer.connection.execute, "PRAGMA max_page_count = 1")
    found = await store.read(lambda c: bundles.bodies(c, 0))
    with pytest.raises(LedgerError, match="the disk is full"):
        await store.packed(
            0, bundles.pack([b + bytes(60_000) for b in found[:1]]) + bytes(4_000_000)
        )
    await store.close()

    assert verify(path, signer.vkey).ok


@pytest.mark.parametrize("octets", [b"", b"nonsense", bundles.pack([b"a"])[:-4]])
def test_what_is_no_bundle_is_said(octets):
    with pytest.raises(ValueError, match="no bundle"):
        bundles.unpack(octets)
