"""The whole daemon over a ledger that is not the one it had."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from appliance.ledger.note import Checkpoint, Signer
from appliance.ledger.show import show
from appliance.ledger.verify import verify
from appliance.site.loading import load
from appliance.site.problems import SiteError
from appliance.visit.guard.peers import Peer
from tests.appliance import processes
from tests.appliance.living import living
from tests.appliance.processes import upheld


def entries_of(ledger):
    return [value for _, value in show(ledger)]


async def test_an_older_database_copied_back_is_found_without_anybody_outside(plant, tmp_path):
    ledger = tmp_path / "state" / "ledger.db"
    async with living(plant, entries=5):
        pass
    shutil.copy(ledger, tmp_path / "old.db")
    old = len(entries_of(ledger))
    async with living(plant, entries=old + 2) as daemon:
        assert not daemon.keeping.copies.unadopted
    newer = (tmp_path / "state" / "evidence.head").read_text()
    assert int(newer.split("\n")[1]) > old
    shutil.copy(tmp_path / "old.db", ledger)

    async with living(plant, entries=4) as daemon:
        rounds, copies = daemon.rounds, daemon.keeping.copies
        assert "holds only" in copies.unadopted
        assert rounds.guard.held
        assert daemon.picture().unadopted
        loop = asyncio.get_running_loop()
        said = await daemon._command({"command": "release", "scope": "site", "why": "no"}, ROOT)
        assert "upheld evidence adopt" in said["error"]
        assert await sent(rounds) == 0
        done = await loop.run_in_executor(None, upheld, *ADOPT, plant)
        assert done.returncode == 0, done.stderr
        assert not rounds.guard.held
        assert not copies.unadopted
        assert await sent(rounds) > 0

    found = entries_of(ledger)
    assert found[0]["type"] == "log.open"
    assert found[0]["outside"] == newer
    assert "holds only" in found[0]["why"]
    kinds = [e.get("kind") for e in found]
    assert "evidence.fork" in kinds
    assert "evidence.adopted" in kinds
    vkey = (tmp_path / "state" / "evidence.vkey").read_text()
    assert vkey.startswith("bench/edge/evidence/2+")
    assert verify(ledger, vkey).ok
    closed = (tmp_path / "state" / "evidence-1.vkey").read_text()
    assert verify(tmp_path / "state" / "ledger-1.db", closed).ok


ROOT = Peer(0, 0)
ADOPT = ("evidence", "adopt", "--why", "the disk was restored", "-c")


async def sent(rounds):
    """What a visit asked for now costs the device, in packets."""
    visited = await rounds.visit("plc", due_anyway=True)
    return visited.taken.load.packets if visited else 0


async def test_a_checkpoint_the_operator_lays_beside_the_ledger_counts_and_a_strangers_does_not(
    plant, tmp_path
):
    state = tmp_path / "state"
    async with living(plant):
        pass
    stranger = Signer("bench/edge/evidence/1", bytes(32))
    note = stranger.sign(Checkpoint("bench/edge/evidence/1", 10_000, bytes(32)).text)
    (state / "known.checkpoint").write_text(note)
    async with living(plant) as daemon:
        assert not daemon.keeping.copies.unadopted

    seed = bytes.fromhex((state / "evidence.key").read_text())
    ours = Signer("bench/edge/evidence/1", seed)
    note = ours.sign(Checkpoint("bench/edge/evidence/1", 10_000, bytes(32)).text)
    (state / "known.checkpoint").write_text(note)
    async with living(plant) as daemon:
        assert daemon.keeping.copies.unadopted


async def test_a_restart_says_what_it_missed_and_what_changed_in_the_configuration(
    plant, listen, tmp_path
):
    ledger = tmp_path / "state" / "ledger.db"
    async with living(plant):
        pass
    text = (plant / "site.yaml").read_text()
    (plant / "site.yaml").write_text(text.replace("role: plc", "role: rtu"))
    # Only a process of its own can be killed.
    with processes.daemon(plant, listen, entries=6) as process:
        process.kill()
        process.wait()
    async with living(plant):
        pass

    found = entries_of(ledger)
    assert [e["type"] for e in found[:3]] == ["log.open", "started", "config.change"]
    starts = [e for e in found if e["type"] == "started"]
    assert [s.get("ended") for s in starts] == [None, "stopped", "died"]
    assert all(s["gap_from"] < s["t"] for s in starts[1:])
    changes = [e["changes"] for e in found if e["type"] == "config.change"]
    assert changes[0] == ["started"]
    assert changes[1] == ["started", "assets.plc.role: plc -> rtu"]
    assert changes[2] == ["started"]
    assert json.dumps(found).count('"stopped"') == 3


@pytest.mark.parametrize(
    "anchors",
    ["x", "[{id: a, kind: witness}]", "[{id: mqtt, kind: tsa, url: 'http://a', roots: a}]"],
)
def test_anchors_that_are_none_are_named(plant, anchors):
    (plant / "anchors.yaml").write_text(f"anchors: {anchors}\n")
    with pytest.raises(SiteError, match="anchors"):
        load(plant)
