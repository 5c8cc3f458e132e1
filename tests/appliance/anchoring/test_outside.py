"""The whole appliance and those outside: a SOC, a broker that comes late, a ledger being packed."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest
from paho.mqtt import publish

from appliance.anchoring import duty
from appliance.ledger.note import Checkpoint, Signer, opened_checkpoint
from appliance.outlets.soc import SocOutlet
from tests.appliance.living import living, until
from tests.outlets.brokers import Mosquitto, free_port
from tests.outlets.collectors import Stub, everything

TOPIC = "upheld/v1/bench/ledger/checkpoint"
ORIGIN = "bench/edge/evidence/1"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(duty, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr(duty, "LOOK_SECONDS", 0.1)


def receipts(daemon, kind):
    rows = "SELECT size, receipt FROM anchor WHERE kind = ?"
    return daemon.rounds.store.read(lambda c: c.execute(rows, (kind,)).fetchall())


async def entries(daemon):
    return [json.loads(body) async for _, body in daemon.rounds.store.entries()]


@pytest.fixture
def proves_soon():
    """A collector is asked every second, not every quarter of an hour, whether it read all."""
    pace = SocOutlet.__dataclass_fields__["pace"].default
    before = pace.renew
    object.__setattr__(pace, "renew", 1.0)
    yield
    object.__setattr__(pace, "renew", before)


async def test_a_head_the_soc_took_is_a_receipt_and_the_very_octets_it_has(plant, proves_soon):
    soc = Stub()
    await soc.open(everything)
    with (plant / "site.yaml").open("a") as file:
        file.write(f"outlets: {{soc: [{{address: 'tcp://127.0.0.1:{soc.port}'}}]}}\n")
    async with living(plant, entries=3) as daemon:
        kept = daemon.keeping.anchoring._kept
        await until(lambda: "soc-1" in kept and kept["soc-1"].size)
        found = [e for e in await entries(daemon) if e["type"] == "anchor.soc"]
        verifier = daemon.rounds.store.verifier
        ((size, _),) = (await receipts(daemon, "soc"))[:1]
    await soc.close()

    note = found[0]["note"]
    assert found[0]["anchor"] == "soc-1"
    assert found[0]["delivery"] == "read"
    assert opened_checkpoint(note, verifier).size == found[0]["size"] == size
    # CEF writes an equals sign with a backslash before it.
    root = note.split("\n")[2].rstrip("=")
    assert any(root.encode() in octets for octets in soc.frames)


@asynccontextmanager
async def way(port, to):
    """A way from one port to another, open while inside."""

    carried = set()

    async def carry(reader, writer):
        carried.add(asyncio.current_task())
        there, on = await asyncio.open_connection("127.0.0.1", to)

        async def copy(source, target):
            with suppress(ConnectionError):
                while octets := await source.read(65_536):
                    target.write(octets)

        both = [asyncio.create_task(copy(reader, on)), asyncio.create_task(copy(there, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (on, writer):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

    server = await asyncio.start_server(carry, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)


async def test_what_a_broker_retains_counts_as_soon_as_it_is_back(plant, tmp_path):
    broker, port = Mosquitto(tmp_path / "broker"), free_port()
    broker.start()
    try:
        async with living(plant):
            pass
        seed = bytes.fromhex((tmp_path / "state" / "evidence.key").read_text())
        note = Signer(ORIGIN, seed).sign(Checkpoint(ORIGIN, 10_000, bytes(32)).text)
        publish.single(TOPIC, note, qos=1, retain=True, port=broker.port)
        with (plant / "site.yaml").open("a") as file:
            file.write(f"outlets: {{mqtt: {{broker: 'mqtt://127.0.0.1:{port}'}}}}\n")
        async with living(plant, entries=8) as daemon:
            copies, rounds = daemon.keeping.copies, daemon.rounds
            assert not copies.unadopted
            assert rounds.store.verifier.name == ORIGIN
            async with way(port, broker.port):
                await until(lambda: copies.unadopted)
                await until(lambda: rounds.store.verifier.name.endswith("/2"))
                assert rounds.guard.held
                first = (await entries(daemon))[0]
    finally:
        broker.stop()

    assert first["type"] == "log.open"
    assert first["outside"] == note
    assert "MQTT broker" in first["kept_by"]
