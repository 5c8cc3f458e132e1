"""The verifier names what was changed, and changes nothing itself."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from appliance.ledger.errors import LedgerError
from appliance.ledger.show import show
from appliance.ledger.store import Store
from appliance.ledger.tree import leaf_hash
from appliance.ledger.verify import verify

FACTS = b'{"endpoints":[]}'
DIGEST = f"sha256:{sha256(FACTS).hexdigest()}"


def body(number):
    return json.dumps({"type": "observations", "n": number, "rows": [{"facts": DIGEST}]}).encode()


@pytest.fixture
async def filled(store):
    """700 entries in seven commits, closed."""
    for start in range(0, 700, 100):
        await store.commit([body(i) for i in range(start, start + 100)], contents={DIGEST: FACTS})
    await store.close()
    return store


def snapshot(path):
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in path.parent.iterdir()}


def test_a_whole_ledger_verifies_and_is_left_as_it_was(filled, path, signer):
    before = snapshot(path)
    report = verify(path, signer.vkey)

    assert report.ok, report.broken
    assert (report.entries, report.checkpoints, report.contents) == (700, 8, 1)
    assert (report.size, report.unsigned, report.origin) == (700, 0, signer.name)
    assert snapshot(path) == before == {path.name: before[path.name]}


async def test_a_ledger_being_written_verifies_with_what_is_in_its_log(store, path, signer):
    await store.commit([b"a"])
    report = verify(path, signer.vkey)
    await store.commit([b"b"])

    assert report.ok, report.broken
    assert (report.entries, verify(path, signer.vkey).entries) == (1, 2)


async def test_an_empty_ledger_verifies(store, path, signer):
    await store.close()
    report = verify(path, signer.vkey)

    assert report.ok, report.broken
    assert (report.entries, report.checkpoints) == (0, 1)


def test_a_read_only_directory_is_enough(filled, path, signer):
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert verify(path, signer.vkey).ok
    finally:
        path.parent.chmod(0o700)


def test_what_is_no_vkey_is_a_clear_error(path, filled):
    with pytest.raises(LedgerError, match=r"evidence\.vkey"):
        verify(path, "x")


def test_missing_garbage_and_foreign_files_are_clear_errors(tmp_path, signer):
    missing, garbage, foreign = (tmp_path / name for name in ("m", "g", "f"))
    garbage.write_bytes(b"garbage " * 1000)
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE somebody_elses (x)")

    with pytest.raises(LedgerError, match="there is no ledger here"):
        verify(missing, signer.vkey)
    assert not missing.exists()
    for file in (garbage, foreign):
        with pytest.raises(LedgerError, match="not a ledger"):
            verify(file, signer.vkey)


NOTE_5 = "UPDATE checkpoint SET note = replace(note, '500', '501') WHERE size = 500"


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE entry SET body = x'7b7d' WHERE idx = 3"], "entry 3: its body hashes to"),
        (["UPDATE entry SET body = x'7b7d' WHERE idx = 699"], "entry 699: its body hashes to"),
        (["UPDATE entry SET body = NULL WHERE idx = 3"], "entry 3: its body is missing"),
        ([NOTE_5], "checkpoint 500: the signature"),
        (["UPDATE checkpoint SET size = 501 WHERE size = 500"], "checkpoint 501: is signed for"),
        (["UPDATE content SET body = x'00'"], f"content {DIGEST}: its bytes have"),
        (["DELETE FROM content"], f"content {DIGEST}: missing, though entry 0 names it"),
        (["UPDATE tile SET hashes = zeroblob(8192) WHERE n = 1"], "tile 0/1: is not what"),
        (["DELETE FROM tile WHERE level = 1"], "tile 1/0: missing"),
        (["INSERT INTO tile VALUES (0, 2, x'00')"], "tiles: 4 are stored, 3 are due"),
    ],
)
def test_the_one_thing_changed_is_the_one_thing_named(
    filled, path, signer, tamper, statements, named
):
    tamper(*statements)
    report = verify(path, signer.vkey)

    assert len(report.broken) == 1, report.broken
    assert report.broken[0].startswith(named)


def test_every_flipped_byte_of_a_checkpoint_is_noticed(filled, path, signer, tamper):
    with closing(sqlite3.connect(path)) as connection:
        (note,) = connection.execute("SELECT note FROM checkpoint WHERE size = 700").fetchone()
    for place in range(0, len(note.encode()), 7):
        changed = bytearray(note.encode())
        changed[place] ^= 1
        tamper(
            "UPDATE checkpoint SET note = CAST(? AS TEXT) WHERE size = 700",
            values=(bytes(changed),),
        )
        assert [b for b in verify(path, signer.vkey).broken if "checkpoint 700" in b]


def test_an_entry_changed_with_its_leaf_breaks_every_later_checkpoint(filled, path, signer, tamper):
    tamper("UPDATE entry SET body = ?1, leaf = ?2 WHERE idx = 250", values=(b"x", leaf_hash(b"x")))
    broken = verify(path, signer.vkey).broken

    heads = [b for b in broken if b.startswith("checkpoint")]
    assert len(heads) == 5
    assert heads[0].startswith("checkpoint 300: signed root")
    assert heads[0].endswith("is at 200")


def test_missing_entries_are_named(filled, path, signer, tamper):
    tamper("DELETE FROM entry WHERE idx BETWEEN 10 AND 12 OR idx > 650")
    broken = verify(path, signer.vkey).broken

    assert "entry 10: missing, up to 12" in broken
    assert "checkpoint 700: signed over 700 entries, but the ledger holds only 648" in broken


def test_a_ledger_without_its_checkpoints_is_not_whole(filled, path, signer, tamper):
    tamper("DELETE FROM checkpoint")
    report = verify(path, signer.vkey)

    assert report.unsigned == 700
    assert report.broken == ("no checkpoint is good, so nothing here is signed",)


def test_entries_a_crash_left_unsigned_are_told_and_are_not_broken(filled, path, signer, tamper):
    tamper("DELETE FROM checkpoint WHERE size = 700")
    report = verify(path, signer.vkey)

    assert report.ok, report.broken
    assert (report.size, report.unsigned) == (600, 100)


def test_another_vkey_accepts_none_of_it(filled, path):
    from appliance.ledger.note import Signer

    report = verify(path, Signer("edge-1.northgate/upheld/1", bytes(32)).vkey)
    assert not report.ok
    assert report.unsigned == 700


async def test_a_history_written_anew_with_the_real_key_shows_against_an_outside_checkpoint(
    filled, path, signer
):
    outside = show_note(path)
    path.unlink()
    async with Store.open(path, origin=signer.name, key=signer) as forged:
        await forged.commit([b"%d" % i for i in range(800)])

    assert verify(path, signer.vkey).ok
    broken = verify(path, signer.vkey, known=[outside]).broken
    assert [b for b in broken if b.startswith("outside checkpoint 1: signed root")]


def show_note(path):
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
        return connection.execute(query).fetchone()[0]


def test_a_cut_ledger_shows_against_an_outside_checkpoint(filled, path, signer, tamper):
    outside = show_note(path)
    tamper("DELETE FROM entry WHERE idx >= 600", "DELETE FROM checkpoint WHERE size > 600")

    assert verify(path, signer.vkey).ok
    broken = verify(path, signer.vkey, known=[outside, "garbage"]).broken
    assert len(broken) == 2
    assert "outside checkpoint 1: signed over 700 entries" in " ".join(broken)
    assert "outside checkpoint 2: not a signed note" in " ".join(broken)


def test_many_broken_entries_are_named_by_the_first_and_counted(filled, path, signer, tamper):
    tamper("UPDATE entry SET body = x'00' WHERE idx < 50")
    broken = verify(path, signer.vkey).broken

    assert len(broken) == 21
    assert broken[-1] == "and 30 more entries"


def test_show_gives_entries_by_index_range_and_field(filled, path):
    everything = show(path)

    assert len(everything) == 700
    assert show(path, 3) == [(3, json.loads(body(3)))]
    assert [i for i, _ in show(path, slice(-2, None))] == [698, 699]
    assert [i for i, _ in show(path, slice(0, 10, 4))] == [0, 4, 8]
    assert show(path, -1) == show(path, 699)
    assert [i for i, _ in show(path, None, {"n": "12", "rows.facts": DIGEST})] == [12]
    assert show(path, None, {"type": "verdicts"}) == []
    assert show(path, slice(5, 5)) == []


async def test_show_names_what_is_not_there_and_shows_what_is_no_json(store, path, tmp_path):
    with pytest.raises(LedgerError, match="no entry 0; it is empty"):
        show(path, 0)
    await store.commit([b"plain \xff", b"[" * 60_000])
    assert [v for _, v in show(path)] == ["plain \\xff", "[" * 60_000]
    assert verify(path, store._writer.signer.vkey).ok
    with pytest.raises(LedgerError, match="no entry 2; it holds 0 to 1"):
        show(path, 2)
    with pytest.raises(LedgerError, match="there is no ledger here"):
        show(tmp_path / "absent.db")


async def test_an_entry_that_nests_deep_is_no_way_to_stop_the_verifier(store, path, signer):
    deep = b'{"n":' * 900 + b'"sha256:"' + b"}" * 900
    lists = b'{"a":' + b"[" * 900 + b'"sha256:"' + b"]" * 900 + b"}"
    await store.commit([deep, lists])

    assert verify(path, signer.vkey).ok
    assert [i for i, _ in show(path, None, {"a": "sha256:"})] == [1]


async def test_contents_are_found_missing_under_every_key_that_names_them(store, path, signer):
    digests = [f"sha256:{n:064x}" for n in range(6)]
    row = dict(zip(("facts", "expected", "own", "inputs", "content"), digests, strict=False))
    # A revision and a list of observations are digests, but of nothing the ledger stores.
    rows = [row, {"rev": digests[5], "inputs": [digests[5]]}]
    await store.commit([json.dumps({"type": "verdicts", "rows": rows}).encode()])

    broken = verify(path, signer.vkey).broken
    assert sorted(broken) == [f"content {d}: missing, though entry 0 names it" for d in digests[:5]]
