"""The store: what is committed is there, signed, once, and in order."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from appliance.ledger import tree
from appliance.ledger.entry import Message
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Signer, opened_checkpoint
from appliance.ledger.store import Store
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.writing import LONGEST_ENTRY

ORIGIN = "edge-1.northgate/upheld/1"


def named(body):
    return {f"sha256:{sha256(body).hexdigest()}": body}


async def bodies(store, *span):
    return [body async for _, body in store.entries(*span)]


async def test_a_commit_gives_its_place_its_root_and_a_checkpoint_that_opens(store, signer):
    first = await store.commit([b"a", b"b"])
    second = await store.commit([b"c"])

    assert (first.first, first.size, second.first, second.size) == (0, 2, 2, 3)
    assert second.root == tree.root([tree.leaf_hash(b) for b in (b"a", b"b", b"c")])
    head = opened_checkpoint(second.checkpoint, signer.verifier)
    assert (head.origin, head.size, head.root) == (ORIGIN, 3, second.root)
    assert await store.latest_checkpoint() == second.checkpoint
    assert await bodies(store) == [b"a", b"b", b"c"]
    assert await bodies(store, 1, 2) == [b"b"]


async def test_a_new_ledger_has_a_checkpoint_over_nothing(store, signer):
    head = opened_checkpoint(await store.latest_checkpoint(), signer.verifier)

    assert (head.size, head.root) == (0, tree.EMPTY_ROOT)


async def test_a_checkpoint_carries_the_clock_s_time(path, signer):
    class Stopped:
        def now(self):
            return datetime(2026, 3, 2, 8, 0, 0, 120_000, tzinfo=UTC)

    async with Store.open(path, origin=ORIGIN, key=signer, clock=Stopped()) as store:
        assert await store.signed_at() == Stopped().now()


async def test_everything_is_there_again_after_closing(store, reopen):
    body = b'{"open":true}'
    committed = await store.commit(
        [b"a"], [Message("mqtt", "s", "t", b"m")], contents=named(body), standings={"k": b"v"}
    )
    await store.close()

    async with reopen() as again:
        assert again.size == 1
        assert await again.latest_checkpoint() == committed.checkpoint
        assert await again.content(next(iter(named(body)))) == body
        assert await again.standings() == {"k": b"v"}
        assert [w.message.body for w in await again.waiting("mqtt")] == [b"m"]
        assert (await again.commit([b"b"])).first == 1


async def test_roots_and_proofs_hold_across_tile_borders_and_reopening(store, reopen, path):
    sizes = (255, 1, 1, 254, 1, 65_536 - 512, 3)
    leaves, at = [], 0
    for count in sizes:
        entries = [b"%d" % i for i in range(at, at + count)]
        at += count
        leaves += [tree.leaf_hash(e) for e in entries]
        await store.close()
        store = reopen()
        committed = await store.commit(entries)
        assert committed.root == tree.root(leaves)
    await store.close()

    with closing(sqlite3.connect(path)) as connection:
        nodes = StoredNodes(connection)
        full = dict(connection.execute("SELECT level, count(*) FROM tile GROUP BY level"))
        proof = tree.inclusion_at(300, at, nodes)
        growth = tree.consistency_at(511, at, nodes)
    assert full == {0: 256, 1: 1, 2: 1}
    assert tree.verify_inclusion(leaves[300], 300, at, proof, committed.root)
    assert tree.verify_consistency(511, at, growth, tree.root(leaves[:511]), committed.root)


async def test_an_entry_too_long_for_a_bundle_records_nothing(store):
    with pytest.raises(LedgerError, match="65536 bytes"):
        await store.commit([b"fine", b"x" * (LONGEST_ENTRY + 1)])

    assert store.size == 0
    assert (await store.commit([b"x" * LONGEST_ENTRY])).size == 1


async def test_a_content_that_is_not_its_digest_records_nothing(store):
    wrong = f"sha256:{'0' * 64}"

    with pytest.raises(LedgerError, match=wrong):
        await store.commit([b"a"], contents={wrong: b"x"})
    assert store.size == 0
    with pytest.raises(LedgerError, match="no content"):
        await store.content(wrong)


async def test_the_same_content_is_stored_once_and_a_standing_is_replaced_or_dropped(store, path):
    await store.commit([b"a"], contents=named(b"x"), standings={"k": b"1", "l": b"1"})
    await store.commit([b"b"], contents=named(b"x"), standings={"k": b"2", "l": None})

    assert await store.standings() == {"k": b"2"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM content").fetchone() == (1,)


async def test_a_commit_without_entries_still_puts_messages_in_the_outbox(store):
    before = await store.latest_checkpoint()
    committed = await store.commit([], [Message("soc", "s", "a", b"m")])

    assert (committed.first, committed.size, committed.checkpoint) == (0, 0, before)
    assert await store.backlog() == {"soc": 1}


async def test_entries_cannot_be_changed_or_deleted_by_mistake(store, path):
    await store.commit([b"a"])

    with closing(sqlite3.connect(path)) as connection:
        for mistake in ("UPDATE entry SET body = x'00'", "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(mistake)


async def test_commits_from_many_tasks_take_turns(store):
    done = await asyncio.gather(*(store.commit([b"%d" % i, b"+"]) for i in range(40)))

    assert sorted(c.first for c in done) == list(range(0, 80, 2))
    assert store.size == 80


def test_a_store_serves_one_loop_after_another(reopen):
    store = reopen()
    assert asyncio.run(store.commit([b"a"])).size == 1
    assert asyncio.run(store.commit([b"b"])).size == 2
    asyncio.run(store.close())


async def test_a_closed_store_says_so_and_closing_twice_does_no_harm(store):
    await store.close()
    await store.close()

    with pytest.raises(LedgerError, match="closed"):
        await store.commit([b"a"])


async def test_a_writer_in_the_middle_of_a_transaction_is_a_clear_error(store, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="another process is writing"):
            await store.commit([b"a"])

    assert store.size == 0
    assert (await store.commit([b"a"])).size == 1


def test_a_ledger_somebody_is_writing_to_cannot_be_opened(path, reopen):
    asyncio.run(reopen().close())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="another process is writing"):
            reopen()


async def test_a_second_store_that_fell_behind_may_not_write(store, reopen):
    async with reopen() as second:
        await store.commit([b"a"])
        with pytest.raises(LedgerError, match="holds 1 entries, but this process knows of 0"):
            await second.commit([b"b"])

    assert await bodies(store) == [b"a"]


async def test_a_full_disk_is_a_clear_error_and_nothing_of_the_commit_stays(store, reopen, path):
    await store.commit([b"a"])
    await store._call(
        lambda: store._writer.connection.execute(
            f"PRAGMA max_page_count = {store._writer.connection.execute('PRAGMA page_count').fetchone()[0]}"
        )
    )
    with pytest.raises(LedgerError, match="the disk is full"):
        await store.commit([bytes(60_000)] * 4, [Message("soc", "s", "a", b"m")])

    assert (store.size, await store.backlog()) == (1, {})
    await store._call(lambda: store._writer.connection.execute("PRAGMA max_page_count = 100000"))
    assert (await store.commit([b"b"])).first == 1


async def test_entries_a_crash_left_unsigned_are_signed_at_the_next_opening(
    store, reopen, tamper, signer
):
    await store.commit([b"a"])
    await store.commit([b"b", b"c"])
    await store.close()
    tamper("DELETE FROM checkpoint WHERE size > 1")

    async with reopen() as again:
        assert opened_checkpoint(await again.latest_checkpoint(), signer.verifier).size == 3


async def test_a_changed_entry_in_the_tail_keeps_the_ledger_shut(store, reopen, tamper):
    await store.commit([b"a", b"b"])
    await store.close()
    tamper("UPDATE entry SET body = x'00' WHERE idx = 1")

    with pytest.raises(LedgerError, match=f"entry 1 .* {tree.leaf_hash(b'b').hex()}"):
        reopen()


async def test_a_root_that_is_not_the_signed_one_is_refused_with_both_values(store, reopen, tamper):
    committed = await store.commit([b"a", b"b"])
    await store.close()
    tamper(
        "UPDATE entry SET body = ?1, leaf = ?2 WHERE idx = 1", values=(b"x", tree.leaf_hash(b"x"))
    )

    with pytest.raises(LedgerError) as caught:
        reopen()
    assert committed.root.hex() in str(caught.value)
    assert tree.root([tree.leaf_hash(b"a"), tree.leaf_hash(b"x")]).hex() in str(caught.value)


async def test_a_ledger_cut_below_its_checkpoint_is_refused(store, reopen, tamper):
    await store.commit([b"a", b"b", b"c"])
    await store.close()
    tamper("DELETE FROM entry WHERE idx = 2")

    with pytest.raises(LedgerError, match="signed over 3 entries, but it holds only 2"):
        reopen()


async def test_a_damaged_tile_keeps_the_ledger_shut(store, reopen, tamper):
    await store.commit([b"%d" % i for i in range(600)])
    await store.close()
    tamper("UPDATE tile SET hashes = substr(hashes, 1, 32) WHERE level = 1")

    with pytest.raises(LedgerError, match="tile 1/0 holds only 1 hashes"):
        reopen()


async def test_another_key_or_origin_cannot_go_on_with_the_log(store, path):
    await store.commit([b"a"])
    await store.close()

    with pytest.raises(LedgerError, match="not ours"):
        Store.open(path, origin=ORIGIN, key=bytes(32))
    with pytest.raises(LedgerError, match="not ours"):
        Store.open(path, origin="elsewhere/1", key=bytes(range(32)))
    with pytest.raises(LedgerError, match="cannot be signed by"):
        Store.open(path, origin=ORIGIN, key=Signer("elsewhere/1", bytes(32)))


def test_what_is_no_ledger_is_left_as_it_was(path, reopen):
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a ledger"):
        reopen()
    assert path.read_bytes() == before

    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE somebody_elses (x)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a ledger"):
        reopen()
    assert path.read_bytes() == before


def test_a_directory_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(LedgerError, match="cannot be opened"):
        Store.open(tmp_path / "absent" / "ledger.db", origin=ORIGIN, key=bytes(32))
