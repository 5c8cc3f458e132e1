"""Old visits go and their hashes stay; what is gone is said, and anything else missing is damage."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import closing
from datetime import timedelta
from sqlite3 import connect
from types import SimpleNamespace

import pytest

from appliance.ledger import bodies, bundles, pruning, reading, schema
from appliance.ledger.errors import LedgerError
from appliance.ledger.naming import named
from appliance.ledger.note import Signer, opened_checkpoint
from appliance.ledger.show import show
from appliance.ledger.store import Store
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import consistency_at, inclusion_at, leaf_hash, verify_inclusion
from appliance.ledger.verify import verify
from appliance.running.chronicle import Chronicle
from appliance.site.loading import load
from tests.ledger.package.conftest import ORIGIN, SITE, START, Plant
from tests.visit.clocks import FakeClock

RUN = 256
KEEP = timedelta(days=400)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Runs of 256: the same code, sooner."""
    monkeypatch.setattr(bundles, "ENTRIES", RUN)
    texts = tuple(t.replace("/ 4096", f"/ {RUN}") for t in schema._BODIES_GO)
    monkeypatch.setattr(schema, "_BODIES_GO", texts)


@pytest.fixture
def signer():
    return Signer(ORIGIN, bytes(range(32)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A plant visited for days, then nothing for two years, then once more: made once."""
    folder = tmp_path_factory.mktemp("lived")
    text = SITE.format(state=folder) + "evidence: {keep: 400d}\n"
    (folder / "site.yaml").write_text(text)
    return folder, asyncio.run(lives(folder))


async def lives(folder):
    clock = FakeClock(START)
    signer = Signer(ORIGIN, bytes(range(32)))
    async with Store.open(folder / "ledger.db", origin=ORIGIN, key=signer, clock=clock) as store:
        plant = Plant(folder, store, clock)
        await plant.begin()
        for n in range(270):
            once = {f"p{7000 + n}": "refused"} if n < 30 else {}
            await plant.look(p102="open" if n % 100 < 80 else "refused", **once)
            if n == 5:
                await plant.tell("guard", kind="hold", subject="site", said="held by j-smit: paint")
        clock.pass_(2 * 366 * 86_400)
        await plant.look(p102="refused")
    return clock.now()


@pytest.fixture
async def lived(made, path, signer):
    """A copy of it, open."""
    folder, now = made
    shutil.copy(folder / "ledger.db", path)
    clock = FakeClock(now)
    async with Store.open(path, origin=ORIGIN, key=signer, clock=clock) as store:
        yield SimpleNamespace(clock=clock, store=store, loaded=load(folder))


def chronicle(plant, tmp_path, **changed):
    rounds = SimpleNamespace(
        clock=plant.clock,
        store=plant.store,
        site=plant.loaded.site,
        standings={},
        writing=asyncio.Lock(),
    )
    for name, value in changed.items():
        setattr(rounds, name, value)
    return Chronicle(rounds, tmp_path)


@pytest.fixture
async def pruned(lived, tmp_path):
    """The same, with all that is too old gone."""
    done = chronicle(lived, tmp_path)
    while await done.pack():
        pass
    before = [b async for _, b in lived.store.entries()]
    while await done.prune():
        pass
    return SimpleNamespace(plant=lived, store=lived.store, before=before)


def kinds(path):
    return [value and value["type"] for _, value in show(path)]


async def test_old_visits_go_and_the_ledger_still_verifies(pruned, path, signer):
    store, before = pruned.store, pruned.before
    report = verify(path, signer.vkey)
    said = [value for _, value in show(path, None, {"type": "prune"})]
    left = {i: b async for i, b in store.entries() if b is not None}

    assert report.ok, report.broken
    assert len(said) == len(before) // RUN > 1
    assert report.pruned == sum(s["count"] for s in said) == len(before) + len(said) - len(left)
    assert report.pruned > RUN / 2
    assert said[0]["first"] == 0
    assert said[0]["rule"] == "evidence.keep 400d"
    for i, body in enumerate(before):
        assert left.get(i, body) == body
        if json.loads(body)["type"] not in pruning.KINDS:
            assert i in left


async def test_roots_proofs_and_what_comes_after_are_as_before(pruned, path, signer):
    store = pruned.store
    await store.commit([b"{}"])
    head = opened_checkpoint(await store.latest_checkpoint(), signer.verifier)

    def proven(connection):
        nodes = StoredNodes(connection)
        for i, body in enumerate(pruned.before):
            way = inclusion_at(i, head.size, nodes)
            assert verify_inclusion(leaf_hash(body), i, head.size, way, head.root)
        return consistency_at(3, head.size, nodes)

    assert await store.read(proven)
    run = json.loads(bodies.canonical(show(path, None, {"type": "prune"})[0][1]))
    assert run["root"] == (await store.read(lambda c: StoredNodes(c)(8, 0))).hex()


async def test_every_later_row_still_finds_the_verdict_it_repeats(pruned, path):
    full = set()
    for _, value in show(path):
        for row in (value or {}).get("rows", ()) if (value or {}).get("type") == "verdicts" else ():
            if "verdict" in row:
                full.add(row["key"])
            else:
                assert row["key"] in full


async def test_any_other_missing_body_is_broken(pruned, path, signer, tamper):
    kept = reading.read(path, "reading", reading.pruned)[0].kept
    await pruned.store.close()
    with closing(connect(path)) as connection:
        (bundle,) = connection.execute("SELECT body FROM bundle WHERE n = 0").fetchone()
    found = bundles.unpack(bundle)
    hold = next(i for i in kept if b'"guard"' in found[i])
    found[hold] = b""
    tamper("UPDATE bundle SET body = ? WHERE n = 0", values=(bundles.pack(found),))
    tamper("UPDATE entry SET body = NULL WHERE idx = (SELECT max(idx) - 3 FROM entry)")

    report = verify(path, signer.vkey)
    assert [s for s in report.broken if s == f"entry {hold}: its body is missing"]
    assert len([s for s in report.broken if s.endswith("its body is missing")]) == 2


async def test_a_bundle_that_is_gone_is_no_pruned_one(pruned, path, signer, tamper):
    await pruned.store.close()
    tamper("DELETE FROM bundle WHERE n = 0")

    report = verify(path, signer.vkey)
    assert any("its body is missing" in s for s in report.broken)
    assert report.pruned < sum(s["count"] for _, s in show(path, None, {"type": "prune"})) + 1


async def test_an_entry_nobody_signed_excuses_nothing(lived, path, signer, tamper):
    size = lived.store.size
    await lived.store.close()
    fields = {"type": "prune", "first": 0, "end": 4, "kept": [], "count": 4, "rule": "mine"}
    body = json.dumps(fields).encode()
    tamper(
        "INSERT INTO entry VALUES (?, ?, ?)",
        values=(size, leaf_hash(body), body),
    )
    tamper("UPDATE entry SET body = NULL WHERE idx < 4")

    report = verify(path, signer.vkey)
    assert report.pruned == 0
    assert (
        f"entry 0: its body is missing; entry {size} says that it was pruned, "
        in (report.broken[0])
    )


@pytest.mark.parametrize(
    "change",
    [
        {"end": 99},
        {"count": 3},
        {"kept": [7]},
        {"kept": "0"},
        {"first": -1},
        {"first": "0"},
        {"type": "guard"},
        {"rule": None, "kept": None},
    ],
)
def test_an_entry_that_cannot_be_true_says_nothing(change):
    fields = {"type": "prune", "first": 0, "end": 4, "kept": [], "count": 4, "rule": "5y"}
    assert pruning.said(50, json.dumps(fields).encode()) is not None
    assert pruning.said(50, json.dumps(fields | change).encode()) is None


async def test_contents_nobody_names_any_more_go_too(pruned, path, signer):
    rows = await pruned.store.read(lambda c: c.execute("SELECT digest FROM content").fetchall())
    report = verify(path, signer.vkey)
    names = {d for _, b in [(i, b) async for i, b in pruned.store.entries()] for d in _names(b)}

    assert report.ok, report.broken
    assert names <= {d for (d,) in rows}
    gone = {d for b in pruned.before for d in _names(b)} - {d for (d,) in rows}
    assert len(gone) > 20
    assert not gone & names


def _names(body):
    return set(named(body))


async def test_a_clock_nobody_vouches_for_prunes_nothing(lived, tmp_path):
    class Unsure:
        def __getattr__(self, name):
            return getattr(lived.clock, name)

        def quality(self):
            return SimpleNamespace(synchronised=False)

    done = chronicle(lived, tmp_path, clock=Unsure())
    while await done.pack():
        pass
    assert not await done.prune()
    assert await chronicle(lived, tmp_path).prune()


@pytest.mark.parametrize("keep", ["5y", "forever"])
async def test_what_is_not_too_old_stays(lived, made, tmp_path, keep):
    folder = tmp_path / "config"
    folder.mkdir()
    text = (made[0] / "site.yaml").read_text()
    (folder / "site.yaml").write_text(text.replace("keep: 400d", f"keep: {keep}"))
    done = chronicle(lived, tmp_path, site=load(folder).site)
    while await done.pack():
        pass
    assert not await done.prune()


async def test_a_run_with_one_young_entry_stays_whole(lived, tmp_path):
    done = chronicle(lived, tmp_path)
    while await done.pack():
        pass
    n, bundle = await lived.store.read(pruning.due)
    found, before = bundles.unpack(bundle), lived.clock.now() - KEEP
    young = bodies.entry("guard", lived.clock.now(), {"kind": "x"})

    assert pruning.plan(n, bundle, before) is not None
    assert pruning.plan(n, bundles.pack([*found[:5], young, *found[6:]]), before) is None
    with pytest.raises(ValueError, match="holds 255 bodies, not 256"):
        pruning.plan(n, bundles.pack(found[1:]), before)


async def test_a_full_disk_while_pruning_loses_nothing(lived, tmp_path, path, signer):
    done = chronicle(lived, tmp_path)
    while await done.pack():
        pass
    store, size = lived.store, lived.store.size
    await store._call(
        store._writer.connection.execute,
        "CREATE TEMP TRIGGER broken BEFORE UPDATE ON main.bundle "
        "BEGIN SELECT RAISE(ABORT, 'the disk went away'); END",
    )
    with pytest.raises(LedgerError, match="went away"):
        await done.prune()
    await store._call(store._writer.connection.execute, "DROP TRIGGER temp.broken")

    assert store.size == size
    assert verify(path, signer.vkey).pruned == 0
    assert await done.prune()
    report = verify(path, signer.vkey)
    assert report.ok, report.broken
    assert report.pruned > 0


async def test_what_was_just_read_is_gone_too_once_it_is_pruned(lived, tmp_path):
    done = chronicle(lived, tmp_path)
    while await done.pack():
        pass
    first = [b async for _, b in lived.store.entries(0, RUN)]
    assert None not in first
    assert await done.prune()
    assert None in [b async for _, b in lived.store.entries(0, RUN)]


async def test_a_pruned_ledger_is_opened_again(pruned, path, signer):
    await pruned.store.close()
    async with Store.open(path, origin=ORIGIN, key=signer) as again:
        await again.commit([b"{}"])
    assert verify(path, signer.vkey).ok
