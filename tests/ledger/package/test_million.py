"""What we claim about size: a million entries under UPHELD_ENDURE, a few thousand otherwise."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import timedelta

import pytest

from appliance.ledger.package.prove import prove
from appliance.ledger.store import Store
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


@pytest.fixture(scope="module")
def large(built, signer, tmp_path_factory, plant):
    """The folder of a ledger of so many entries, and the seconds their commits took."""
    import shutil

    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(plant / "config", folder / "config")
    rendered = [[body(i) for i in range(b, b + BATCH)] for b in range(0, ENTRIES, BATCH)]

    async def fill():
        store = Store.open(folder / "ledger.db", origin=ORIGIN, key=signer)
        started = time.perf_counter()
        for batch in rendered:
            await store.commit(batch)
        took = time.perf_counter() - started
        await store.close()
        return took

    return folder, asyncio.run(fill())


def test_entries_are_appended_in_batches(large, record_property):
    _, took = large
    rate = ENTRIES / took
    record_property("entries appended a second", f"{rate:,.0f}")
    assert rate > (50_000 if ENDURE else 5_000)


def test_the_ledger_is_verified(large, signer, record_property):
    started = time.perf_counter()
    report = verify(large[0] / "ledger.db", signer.vkey)
    took = time.perf_counter() - started
    record_property("seconds to verify the ledger", f"{took:.2f}")

    assert (report.ok, report.entries) == (True, ENTRIES)
    assert took < 10


def test_an_entry_is_proven(large, signer, record_property):
    ledger = large[0] / "ledger.db"
    started = time.perf_counter()
    proofs = [prove(ledger, signer.vkey, n * 7919 % ENTRIES) for n in range(50)]
    took = (time.perf_counter() - started) / 50
    record_property("ms to open the ledger and prove", f"{took * 1000:.2f}")
    record_property("hashes in a proof", f"{proofs[0].count(bytes([10])) - 8}")

    key = verifier.Key.parse(signer.vkey)
    first, _, note = proofs[-1].decode().partition("\n\n")
    _, index, *path = first.split("\n")
    head = verifier.head("head", note, key)
    number = int(index.removeprefix("index "))
    steps = [verifier.decode64(p) for p in path]
    started = time.perf_counter()
    assert verifier.included(verifier.leaf(body(number)), number, head.size, steps, head.root)
    record_property("ms to check a proof", f"{(time.perf_counter() - started) * 1000:.3f}")


def test_a_package_of_all_of_it_is_exported_and_verified(
    large, pack, signer, tmp_path, record_property
):
    started = time.perf_counter()
    exported = pack(large[0])
    record_property("seconds to export", f"{time.perf_counter() - started:.2f}")
    record_property("bytes of a package", f"{len(exported.data):,}")
    (tmp_path / "p.zip").write_bytes(exported.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(large[0]))
    started = time.perf_counter()
    ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside",
              tmp_path / "soc.txt")  # fmt: skip
    record_property("seconds for verify.py", f"{time.perf_counter() - started:.2f}")

    assert ran.code == 0, ran.said
