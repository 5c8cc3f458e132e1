"""A plant of two assets over days that take no time, its ledger, and packages of it."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.judge.judging import Judge
from appliance.judge.memory import Memory
from appliance.judge.standing import aged
from appliance.ledger import bodies
from appliance.ledger.note import Signer
from appliance.ledger.package.export import export
from appliance.ledger.package.request import Request
from appliance.ledger.store import Store
from appliance.site.loading import load
from checks import ALL
from checks.facts.context import Moment, Own, Presence
from checks.facts.observation import ClockQuality, Observation
from checks.facts.ports import PortAnswer, TcpPort
from tests.visit.clocks import FakeClock

ORIGIN = "bench/edge/evidence/1"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VERIFIER = Path(__file__).parents[3] / "appliance" / "ledger" / "verifier"
CLOCK = ClockQuality(synchronised=True, max_error_ms=5)

SITE = """
site: {{id: bench, name: =Bench & Co, scope: {{physical: Hall 1}}}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 10.0.0.5, kind: monitor}}]
zones:
  - {{id: cell, name: Cell, networks: [10.0.0.0/24], sl_t: 2}}
  - {{id: dmz, networks: [10.0.9.0/24], sl_t: 1}}
closed_ports: [tcp/23]
assets:
  - {{id: plc, zone: cell, address: 10.0.0.1, role: plc, identity: {{product: "=1+1"}},
     services: [{{port: tcp/102, protocol: s7}}]}}
  - {{id: hmi, zone: dmz, address: 10.0.9.1, role: hmi, services: [{{port: tcp/443, protocol: https}}]}}
"""


class Plant:
    """Says what ports answer; every `look` is one visit, an hour after the one before."""

    def __init__(self, folder, store, clock, checks=ALL):
        self.loaded, self.store, self.clock = load(folder), store, clock
        self.memory, self.standings, self.verdicts = Memory(), {}, {}
        self.judge = Judge(self.loaded.site, checks, lambda *_: 3600)
        self.visits = 0

    async def begin(self):
        fields = {"digest": self.loaded.digest, "changes": ["assets.plc: added (role plc)"]}
        await self.tell("config.change", **fields)

    async def tell(self, kind, /, **fields):
        await self.store.commit([bodies.entry(kind, self.clock.now(), fields)])

    async def look(self, asset="plc", hours=1, **ports):
        """`ports` such as p102="open"; p23 is refused unless said otherwise."""
        self.clock.pass_(hours * 3600)
        self.visits += 1
        visit = f"{asset}-{self.visits}"
        answers = {"p23": "refused"} | ports
        seen = [self._seen(asset, visit, int(p[1:]), a) for p, a in answers.items()]
        seen.append(self._presence(asset, visit))
        self.memory.remember(seen)
        moment = Moment(self.clock.now(), CLOCK)
        judged = self.judge.visit(
            asset, tuple(seen), self.memory, self.standings, moment=moment, own=Own(), visit=visit
        )
        contents = {}
        entries = bodies.observations(visit, asset, moment.at, seen, contents)
        entries += bodies.verdicts(visit, moment, judged, self.verdicts, contents)
        await self.store.commit(entries, contents=contents)
        self.standings |= {j.key: j.after for j in judged}
        self.verdicts |= {j.key: j.verdict for j in judged}

    async def age(self):
        at = self.clock.now()
        older = {k: s for k, v in self.standings.items() if (s := aged(v, at))}
        await self.tell("aged", keys=[str(k) for k in older])
        self.standings |= older

    def _seen(self, asset, visit, port, answer):
        facts = TcpPort(port=port, answer=PortAnswer(answer), latency_us=1_000 + self.visits)
        return self._observation(asset, visit, facts, f"tcp-{port}", port)

    def _presence(self, asset, visit):
        facts = Presence(answered=True, by=("tcp-102",), last=self.clock.now())
        return self._observation(asset, visit, facts, "", None)

    def _observation(self, asset, visit, facts, place, port):
        now = self.clock.now()
        return Observation(
            asset=asset, service=place if port in (102, 443) else None, vantage="monitor",
            vantage_kind="monitor", conduit=None, permitted=True, collector="ports",
            question="tcp-port", facts_type=type(facts).__name__, visit=visit, started=now,
            finished=now, clock=CLOCK, alive=True, last_alive=now, blind=False, facts=facts,
            port=place,
        )  # fmt: skip


@pytest.fixture(scope="session")
def signer():
    return Signer(ORIGIN, bytes(range(32)))


@pytest.fixture(scope="session")
def built(tmp_path_factory, signer):
    """
    Runs a story over a fresh plant and gives the folder with its configuration and ledger.

    `story(plant)` is awaited between the first configuration and the closing of the store.
    """

    def build(story, name="plant"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "config").mkdir()
        (folder / "config" / "site.yaml").write_text(SITE.format(state=folder / "state"))

        async def run():
            clock = FakeClock(START)
            store = Store.open(folder / "ledger.db", origin=ORIGIN, key=signer, clock=clock)
            plant = Plant(folder / "config", store, clock)
            await plant.begin()
            await story(plant)
            await plant.store.close()

        asyncio.run(run())
        return folder

    return build


async def ordinary(plant):
    """Two days: the first before most packages' period; a failure of three hours in the second."""
    for hour in range(48):
        shut = 30 <= hour < 33
        await plant.look("plc", p102="refused" if shut else "open")
        if hour % 4 == 0:
            await plant.look("hmi", hours=0, p443="open")
    await plant.tell("guard", kind="hold", subject="zone cell", said="=HYPERLINK(1)")
    await plant.tell("load", visit="plc-1", asset="plc", packets=12, octets=900, connections=2,
                     sessions=0, latencies_us=[1000, 2500])  # fmt: skip


@pytest.fixture(scope="session")
def plant(built):
    return built(ordinary)


@dataclass
class Packed:
    """A package's bytes, and what its export said."""

    data: bytes
    name: str
    said: tuple
    verifier: str
    unmasked: bytes


@pytest.fixture(scope="session")
def pack(signer):
    """The package of a plant's folder."""

    def make(folder, signed=True, by=signer, **request):
        site = load(folder / "config")
        given = Request(**request)
        ledger = folder / "ledger.db"
        out = io.BytesIO()
        done = export(ledger, site, given, by.vkey, by if signed else None, out)
        return Packed(out.getvalue(), **vars(done))

    return make


@pytest.fixture(scope="session")
def second_day(plant, pack):
    return pack(plant, start=START + timedelta(days=1), seed="by-the-assessor")


@pytest.fixture(scope="session")
def whole(plant, pack):
    return pack(plant)


def unpacked(exported):
    """Files of a package by their name in the bag."""
    with zipfile.ZipFile(io.BytesIO(exported.data)) as archive:
        return {n.partition("/")[2]: archive.read(n) for n in archive.namelist()}


class Ran:
    def __init__(self, done):
        self.code, self.said = done.returncode, done.stdout + done.stderr


def run(program, *arguments):
    """Isolated: what runs here finds nothing of ours, only the standard library."""
    command = [sys.executable, "-I", "-S", str(VERIFIER / program), *map(str, arguments)]
    return Ran(subprocess.run(command, capture_output=True, text=True, check=False))


def outside_checkpoint(folder, size=None):
    """What a SOC kept: the newest checkpoint, or that of a size."""
    import sqlite3

    query = "SELECT note FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1"
    connection = sqlite3.connect(folder / "ledger.db")
    try:
        return connection.execute(query, (size or 1 << 40,)).fetchone()[0]
    finally:
        connection.close()
