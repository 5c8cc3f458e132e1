"""
What we claim about size: a million entries under UPHELD_ENDURE, a few thousand otherwise.

Limits are in processor time of this process, so that a busy machine does not decide; wall time is
recorded beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from appliance.ledger.package.prove import prove
from appliance.ledger.reading import read
from appliance.ledger.store import Store
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import inclusion_at
from appliance.ledger.verifier import verify as verifier
from appliance.ledger.verify import verify
from tests.ledger.package.conftest import ORIGIN, START, outside_checkpoint, run

ENDURE = bool(os.environ.get("UPHELD_ENDURE"))
ENTRIES = 1_000_000 if ENDURE else 5_000
BATCH = 1_000


def body(number):
    """About 400 bytes, as one visit's single observation is."""
    at = (START + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
    row = {
        "asset": "plc", "port": "tcp-102", "vantage": "monitor", "facts_type": "TcpPort",
        "question": "tcp-port", "collector": "ports", "started": at, "finished": at,
        "reason": "timeout", "said": "no answer within 5 s", "alive": True, "blind": False,
    }  # fmt: skip
    fields = {"v": 1, "type": "observations", "t": at, "visit": str(number), "asset": "plc"}
    return json.dumps(fields | {"rows": [row]}, sort_keys=True, separators=(",", ":")).encode()


@dataclass
class Took:
    """Seconds."""

    wall: float = 0.0
    processor: float = 0.0

    def __str__(self):
        return f"{self.processor:.2f} ({self.wall:.2f} on the wall)"


@contextmanager
def measured():
    took, wall, processor = Took(), time.perf_counter(), time.process_time()
    yield took
    took.wall, took.processor = time.perf_counter() - wall, time.process_time() - processor


@pytest.fixture(scope="module")
def large(built, signer, tmp_path_factory, plant):
    """The folder of a ledger of so many entries, and what their commits took."""
    import shutil

    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(plant / "config", folder / "config")
    rendered = [[body(i) for i in range(b, b + BATCH)] for b in range(0, ENTRIES, BATCH)]

    async def fill():
        store = Store.open(folder / "ledger.db", origin=ORIGIN, key=signer)
        with measured() as took:
            for batch in rendered:
                await store.commit(batch)
        await store.close()
        return took

    return folder, asyncio.run(fill())


def test_entries_are_appended_in_batches(large, record_property):
    _, took = large
    record_property("seconds to append", str(took))
    assert ENTRIES / took.processor > (50_000 if ENDURE else 5_000)


def test_the_ledger_is_verified(large, signer, record_property):
    with measured() as took:
        report = verify(large[0] / "ledger.db", signer.vkey)
    record_property("seconds to verify the ledger", str(took))

    assert (report.ok, report.entries) == (True, ENTRIES)
    assert took.processor < 10


def test_an_entry_is_proven(large, signer, record_property):
    ledger = large[0] / "ledger.db"
    with measured() as took:
        proofs = [prove(ledger, signer.vkey, n * 7919 % ENTRIES) for n in range(50)]
    record_property("seconds for 50 proofs, each opening the ledger", str(took))
    with measured() as took:
        made = read(
            ledger,
            "proving",
            lambda c: [
                inclusion_at(n * 7919 % ENTRIES, ENTRIES, StoredNodes(c)) for n in range(200)
            ],
        )
    record_property("seconds for 200 proofs", str(took))
    assert took.processor / 200 < 0.001 * (1 if ENDURE else 5)
    assert len(made[0]) >= 12

    key = verifier.Key.parse(signer.vkey)
    first, _, note = proofs[-1].decode().partition("\n\n")
    _, index, *path = first.split("\n")
    head = verifier.head("head", note, key)
    number = int(index.removeprefix("index "))
    steps = [verifier.decode64(p) for p in path]
    assert verifier.included(verifier.leaf(body(number)), number, head.size, steps, head.root)


def test_a_package_of_all_of_it_is_exported_and_verified(
    large, pack, signer, tmp_path, record_property
):
    with measured() as took:
        exported = pack(large[0])
    record_property("seconds to export", str(took))
    record_property("bytes of a package", f"{len(exported.data):,}")
    (tmp_path / "p.zip").write_bytes(exported.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(large[0]))
    started = time.perf_counter()
    ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside",
              tmp_path / "soc.txt")  # fmt: skip
    record_property("seconds for verify.py", f"{time.perf_counter() - started:.2f}")

    assert ran.code == 0, ran.said
