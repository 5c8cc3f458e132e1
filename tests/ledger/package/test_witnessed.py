"""Receipts as the ledger writes them down: a witness asked over HTTP, and what verify.py makes of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from appliance.anchoring.http import Server
from appliance.anchoring.witness import WitnessAnchor
from appliance.ledger import bodies
from tests.appliance.anchoring.conftest import Witnessing
from tests.ledger.package.conftest import run, unpacked
from tests.ledger.package.test_history import rows
from tests.ledger.package.test_verifier_parts import Witness


@pytest.fixture(scope="module")
def witnessing(tmp_path_factory):
    return Witnessing(tmp_path_factory.mktemp("witness"))


@pytest.fixture(scope="module")
def witnessed(built, witnessing):
    async def story(plant):
        witnessing.after(plant.store)
        server = Server(f"http://127.0.0.1:{witnessing.port}")
        anchor = WitnessAnchor("soc", server, witnessing.cosigner.witness, 300, plant.store)
        async with witnessing.running():
            for answer in ("open", "refused", "open"):
                await plant.look(p102=answer)
                receipt = await anchor.take()
                at = plant.clock.now()
                body = bodies.entry(f"anchor.{receipt.kind}", at, receipt.plain)
                await plant.store.commit([body], anchors=[receipt.row(at)])

    return built(story, "witnessed")


@pytest.fixture
def judge(tmp_path, signer):
    def judged(exported, witness):
        (tmp_path / "p.zip").write_bytes(exported.data)
        policy = f"log {signer.vkey}\nwitness soc {witness}\nquorum soc\n"
        (tmp_path / "policy").write_text(policy)
        return run("verify.py", tmp_path / "p.zip", "--policy", tmp_path / "policy")

    return judged


def test_what_a_real_witness_cosigned_counts_as_an_outside_checkpoint(
    witnessed, witnessing, pack, judge
):
    exported = pack(witnessed)
    ran = judge(exported, witnessing.cosigner.witness.vkey)
    stranger = judge(exported, Witness(witnessing.cosigner.witness.name, 9).vkey)

    assert ran.code == 0, ran.said
    assert "3 checkpoints are cosigned by the quorum soc" in ran.said
    assert "are younger than the newest outside checkpoint" in ran.said
    assert (stranger.code, "no checkpoints are cosigned by the quorum soc" in stranger.said) == (
        3,
        True,
    )
    told = [json.loads(x) for x in unpacked(exported)["data/90_raw/anchors.jsonl"].splitlines()]
    assert {(t["kind"], t["target"], t["log"]) for t in told} == {
        ("witness", "soc", "bench/edge/evidence/1")
    }
    assert rows(exported, "10_method/anchors")[0]["receipts in 90_raw/anchors.jsonl"] == "3"
    assert (
        len([r for r in rows(exported, "07_operations/other") if r["type"] == "anchor.witness"])
        == 3
    )


def test_the_entry_alone_is_receipt_enough(witnessed, witnessing, pack, judge):
    with closing(sqlite3.connect(witnessed / "ledger.db")) as connection, connection:
        kept = connection.execute("SELECT * FROM anchor").fetchall()
        connection.execute("DELETE FROM anchor")
    try:
        exported = pack(witnessed)
    finally:
        with closing(sqlite3.connect(witnessed / "ledger.db")) as connection, connection:
            connection.executemany("INSERT INTO anchor VALUES (?,?,?,?,?)", kept)
    ran = judge(exported, witnessing.cosigner.witness.vkey)

    assert unpacked(exported)["data/90_raw/anchors.jsonl"] == b""
    assert (ran.code, "3 checkpoints are cosigned" in ran.said) == (0, True), ran.said
