"""kill -9 at any moment: nothing acknowledged is lost, and no signed head is ever withdrawn."""

import asyncio
import json
import os
import queue
import random
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field

import pytest

from appliance.ledger.verify import verify
from appliance.running import commands
from tests.appliance.processes import PATIENCE, daemon
from tests.outlets.brokers import Listener, Mosquitto

KILLS = 50 if os.environ.get("UPHELD_ENDURE") else 5
CHECKPOINT = "upheld/v1/bench/ledger/checkpoint"


@dataclass
class Acknowledged:
    """
    What anybody outside was ever told.

    `entries`: where a check's answer said that its evidence is, with the asset; `changes`: the
    state changes the broker was given, with the entry each named; `heads`: every checkpoint
    published or recorded, byte for byte; `seen`: entries once read, byte for byte.
    """

    answers: int = 0
    entries: set[tuple[int, str]] = field(default_factory=set)
    changes: set[tuple[int, str, str]] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    seen: dict[int, bytes] = field(default_factory=dict)

    def answered(self, report):
        self.answers += 1
        self.entries |= {(row["entry"], row["asset"]) for row in report["results"] if row["asset"]}

    def published(self, topic, payload):
        if topic == CHECKPOINT:
            self.heads.add(payload.decode())
        if topic.endswith("/event/state"):
            event = json.loads(payload)
            _, entry, _ = event["id"].split(":")
            self.changes.add((int(entry), event["data"]["key"], event["data"]["is"]))

    def recorded(self, ledger):
        with closing(sqlite3.connect(ledger)) as connection:
            self.heads |= {note for (note,) in connection.execute("SELECT note FROM checkpoint")}

    def lost(self, ledger):
        """Everything of it that the ledger no longer holds."""
        with closing(sqlite3.connect(ledger)) as connection:
            held = dict(connection.execute("SELECT idx, body FROM entry"))
        lost = [f"entry {n} is another" for n, body in self.seen.items() if held.get(n) != body]
        bodies = {n: json.loads(body) for n, body in held.items()}
        for n, asset in self.entries:
            if bodies.get(n, {}).get("asset") != asset:
                lost.append(f"entry {n} is not the visit to {asset} an answer named")
        for n, key, state in self.changes:
            if not _tells(bodies, n, key, state):
                lost.append(f"entry {n} begins nothing that made {key} {state}")
        self.seen |= held
        return lost


def _tells(bodies, first, key, state):
    """Whether what begins at this entry says that the key came to be in this state."""
    head = bodies.get(first, {})
    if head.get("type") == "aged":
        return state == "unknown" and key in head["keys"]
    n = first
    while bodies.get(n, {}).get("visit", 0) == head.get("visit"):
        rows = bodies[n]["rows"] if bodies[n]["type"] == "verdicts" else []
        if any((row["key"], row["state"]) == (key, state) for row in rows):
            return True
        n += 1
    return False


@pytest.fixture
def broker(tmp_path):
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def folder(plant, broker):
    with (plant / "site.yaml").open("a") as file:
        file.write(f"outlets: {{mqtt: {{broker: 'mqtt://127.0.0.1:{broker.port}'}}}}\n")
    return plant


async def _asking(state_dir, told, answered):
    """Ask for one visit after the other until nobody answers any more."""
    with suppress(commands.NoAnswer):
        while answer := await commands.send(state_dir, {"command": "check", "due_anyway": True}):
            told.answered(answer)
            answered.set()


async def test_nothing_acknowledged_is_lost(folder, listen, broker, tmp_path, record_property):
    ledger = tmp_path / "state" / "ledger.db"
    vkey = tmp_path / "state" / "evidence.vkey"
    listener = Listener(broker.port)
    told, entries = Acknowledged(), 0
    for _ in range(KILLS):
        with daemon(folder, listen, entries=entries + 1) as process:
            answered = asyncio.Event()
            asking = asyncio.create_task(_asking(ledger.parent, told, answered))
            await asyncio.wait_for(answered.wait(), PATIENCE)
            # Visits follow each other without a pause, so any moment is within one.
            await asyncio.sleep(random.uniform(0, 1.5))
            process.kill()
            await asking
        with suppress(queue.Empty):
            while message := listener.arrived.get_nowait():
                told.published(message.topic, message.payload)
        told.recorded(ledger)
        report = verify(ledger, vkey.read_text().strip(), sorted(told.heads))
        entries = report.entries

        assert report.ok, report.broken
        assert told.lost(ledger) == []
    listener.close()

    assert told.answers >= KILLS
    assert told.changes
    for name, value in (
        ("kills", KILLS),
        ("check answers acknowledged", told.answers),
        ("entries they named", len(told.entries)),
        ("state changes published", len(told.changes)),
        ("checkpoints verified each time", len(told.heads)),
        ("ledger entries", entries),
        ("lost", len(told.lost(ledger))),
    ):
        record_property(name, value)
