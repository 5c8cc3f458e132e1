"""Anchored at a witness: receipts become entries, trouble is told, a copy is found out."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from appliance.anchoring.anchor import Failed
from appliance.anchoring.duty import BROKEN_AFTER
from appliance.ledger.anchors.cosignature import cosigned
from appliance.ledger.note import opened_checkpoint
from appliance.ledger.verify import verify


async def turn(duty, name="soc"):
    """One look at the anchor, to its end."""
    duty._start_due()
    await duty._kept[name].task


def due(duty, name="soc"):
    duty._kept[name].due = 0.0


async def test_a_cosignature_is_an_entry_that_verifies_and_is_shown(
    site, rounds, witness, anchoring
):
    async with rounds(site(witness.configuration)) as appliance, witness.running():
        witness.after(appliance.store)
        await appliance.store.commit([b"a", b"b"])
        duty = await anchoring(appliance)
        await turn(duty)
        (entry,) = [b for b in (await bodies_of_json(appliance.store)) if b]

        assert (entry["type"], entry["anchor"], entry["size"]) == ("anchor.witness", "soc", 2)
        assert cosigned(entry["note"], witness.cosigner.witness) > 1_700_000_000
        assert opened_checkpoint(entry["note"], appliance.store.verifier).size == 2
        (shown,) = duty.pictures()
        assert (shown.id, shown.size, shown.trouble) == ("soc", 2, "")
        assert shown.last is not None


async def bodies_of_json(store):
    found = []
    async for _, body in store.entries():
        try:
            found.append(json.loads(body))
        except ValueError:
            found.append(None)
    return found


async def test_receipts_alone_are_not_anchored_for_ever(site, rounds, witness, anchoring):
    async with rounds(site(witness.configuration)) as appliance, witness.running():
        witness.after(appliance.store)
        await appliance.store.commit([b"a"])
        duty = await anchoring(appliance)
        for _ in range(4):
            await turn(duty)
            due(duty)
        assert appliance.store.size == 2
        before = duty.pictures()[0].last
        await appliance.store.commit([b"b"])
        await turn(duty)

        assert appliance.store.size == 4
        assert duty.pictures()[0].last > before
        assert duty.pictures()[0].size == 3


async def test_a_new_process_goes_on_where_the_witness_stands(site, rounds, witness, anchoring):
    folder = site(witness.configuration)
    for n in range(3):
        async with rounds(folder) as appliance, witness.running():
            if n == 0:
                witness.after(appliance.store)
            await appliance.store.commit([b"%d" % i for i in range(n + 3)])
            duty = await anchoring(appliance)
            await turn(duty)
            assert duty.pictures()[0].trouble == ""
            last = duty.pictures()[0].size
    assert last == 3 + 1 + 4 + 1 + 5


async def test_an_unreachable_witness_is_told_once_and_its_return_too(
    site, rounds, witness, anchoring
):
    async with rounds(site(witness.configuration)) as appliance:
        await appliance.store.commit([b"a"])
        duty = await anchoring(appliance)
        for _ in range(BROKEN_AFTER + 2):
            await turn(duty)
            due(duty)
        assert "refused" in duty.pictures()[0].trouble
        events = [b for b in await bodies_of_json(appliance.store) if b]
        assert [e["kind"] for e in events] == ["anchor.broken"]
        witness.after(appliance.store)
        async with witness.running():
            await turn(duty)
        events = [b for b in await bodies_of_json(appliance.store) if b]

        assert [e.get("kind", e["type"]) for e in events] == [
            "anchor.broken", "anchor.witness", "anchor.works",
        ]  # fmt: skip
        assert duty.pictures()[0].trouble == ""


async def test_a_witness_that_does_not_know_us_says_what_to_do(site, rounds, witness, anchoring):
    async with rounds(site(witness.configuration)) as appliance, witness.running():
        duty = await anchoring(appliance)
        with pytest.raises(Failed, match=r"does not know this log; give it the line of evidence"):
            await duty.anchors[0].take()


async def test_an_older_copy_is_closed_and_the_next_incarnation_quotes_both(
    site, rounds, witness, anchoring, tmp_path
):
    folder = site(witness.configuration)
    ledger, old = tmp_path / "state" / "ledger.db", tmp_path / "old.db"
    async with rounds(folder) as appliance, witness.running():
        witness.after(appliance.store)
        await appliance.store.commit([b"a", b"b"])
        await appliance.store.close()
        shutil.copy(ledger, old)
    async with rounds(folder) as appliance, witness.running():
        await appliance.store.commit([b"c", b"d"])
        await turn(await anchoring(appliance))
    shutil.copy(old, ledger)
    async with rounds(folder) as appliance, witness.running():
        # It goes on for a while, as when nobody could be asked at the start.
        await appliance.store.commit([b"x"])
        ours = await appliance.store.latest_checkpoint()
        duty = await anchoring(appliance)
        await turn(duty)
        entries = await bodies_of_json(appliance.store)

        assert appliance.store.verifier.name == "bench/edge/evidence/2"
        assert entries[0]["type"] == "log.open"
        assert entries[0]["before"] == ours
        assert entries[0]["outside"].startswith("bench/edge/evidence/1\n4\n")
        assert [e["kind"] for e in entries[1:]] == ["evidence.fork", "hold.put"]
        assert (
            "keeps a checkpoint over 4 entries, but this ledger holds only 3" in entries[1]["said"]
        )
        assert appliance.guard.held
        report = verify(ledger.with_name("ledger-1.db"), vkey(appliance, 1))
        assert report.ok, report.broken
        assert report.entries == 3
    report = verify(ledger, vkey(appliance, 2))
    assert report.ok, report.broken


def vkey(appliance, number):
    from appliance.ledger.note import Verifier

    verifier = appliance.store.verifier
    return Verifier(f"bench/edge/evidence/{number}", verifier.key).vkey


async def test_a_fork_of_the_same_length_is_found_too(site, rounds, witness, anchoring, tmp_path):
    folder = site(witness.configuration)
    ledger, old = tmp_path / "state" / "ledger.db", tmp_path / "old.db"
    async with rounds(folder) as appliance:
        await appliance.store.close()
        shutil.copy(ledger, old)
    async with rounds(folder) as appliance, witness.running():
        witness.after(appliance.store)
        await appliance.store.commit([b"c", b"d"])
        await turn(await anchoring(appliance))
    shutil.copy(old, ledger)
    async with rounds(folder) as appliance, witness.running():
        await appliance.store.commit([b"x", b"y", b"z", b"more than the witness knows"])
        await turn(await anchoring(appliance))

        assert appliance.store.verifier.name == "bench/edge/evidence/2"


async def test_only_adopting_lifts_the_hold_of_a_copy(site, rounds, witness, anchoring, tmp_path):
    from appliance.anchoring.copies import Copies
    from appliance.visit.guard.hold import SITE, StillThere

    async with rounds(site("")) as appliance:
        copies = Copies(appliance, "a machine")
        await copies.restore()
        assert not appliance.guard.held
        moved = Copies(appliance, "another machine")
        await moved.restore()
        holds = appliance.guard.restraints.holds
        assert appliance.guard.held
        with pytest.raises(StillThere, match="upheld evidence adopt"):
            holds.release(SITE, "somebody", "no reason")
        holds.put(SITE, "an engineer", "works on the panel")
        # A restart of the copy without its guard's file holds all the same.
        again = Copies(appliance, "another machine")
        await again.restore()
        assert "kept on another machine" in again.unadopted
        with pytest.raises(ValueError, match="--why"):
            await again.adopt("j-smit", " ")
        await again.adopt("j-smit", "the old computer is scrapped")

        assert [h.who for h in holds.all()] == ["an engineer"]
        assert holds.release(SITE, "an engineer", "done") is not None
        assert not appliance.guard.held
        third = Copies(appliance, "another machine")
        await third.restore()
        assert third.unadopted == ""


async def test_a_slow_anchor_keeps_nobody_waiting(site, rounds, anchoring):
    server = await asyncio.start_server(lambda r, w: asyncio.sleep(3600), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    from appliance.ledger.anchors.cosignature import Cosigner

    key = Cosigner("w", bytes(32)).witness.vkey
    text = f'anchors: [{{id: slow, kind: witness, url: "http://127.0.0.1:{port}", key: "{key}"}}]\n'
    async with rounds(site(text)) as appliance:
        duty = await anchoring(appliance)
        duty._start_due()
        async with asyncio.timeout(2):
            await appliance.store.commit([b"goes on"])
        task = duty._kept["slow"].task
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    server.close()
