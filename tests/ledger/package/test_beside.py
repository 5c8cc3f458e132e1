"""
An export runs beside visits: nobody waits for it a second, and it needs no memory for the year.

UPHELD_ENDURE measures it on the entries of 40 assets looked at every hour for a year.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from datetime import timedelta

import pytest

from appliance.clock import SystemClock
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from checks.facts.codec import canonical, digest
from tests.ledger.package.conftest import ORIGIN, SITE, START, outside_checkpoint, run

ENDURE = bool(os.environ.get("UPHELD_ENDURE"))
VISITS = int(os.environ.get("UPHELD_VISITS") or (350_400 if ENDURE else 1_200))
KEYS = 10
MOST_MIB = 200
MOST_LATE = 1.0

EXPORT = """
import json, sys, time
from pathlib import Path
from appliance.ledger.note import Signer
from appliance.ledger.package.export import export
from appliance.ledger.package.request import Request
from appliance.site.loading import load
# ru_maxrss would begin with that of whoever started us.
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith("VmHWM")).split()[1])
folder, began = Path(sys.argv[1]), time.monotonic()
signer = Signer(sys.argv[2], bytes(range(32)))
loaded = load(folder / "config")
idle = most()
with (folder / "p.zip").open("w+b") as out:
    export(folder / "ledger.db", loaded, Request(), signer.vkey, signer, out)
peak = most()
print(json.dumps({"idle": idle, "peak": peak, "seconds": time.monotonic() - began}))
"""


def visit(number, contents):
    """The three entries of one visit to one of 40 assets, as the daemon writes them."""
    asset, at = f"plc-{number % 40}", START + timedelta(seconds=90 * number)
    t = at.isoformat().replace("+00:00", "Z")
    common = {"v": 1, "t": t, "visit": f"v{number}", "asset": asset}
    facts = {"answer": "open", "port": number % 7}
    contents[digest(facts)] = canonical(facts)
    rows = [
        {"asset": asset, "service": None, "vantage": "monitor", "vantage_kind": "monitor",
         "conduit": None, "permitted": True, "collector": "ports", "question": "tcp-port",
         "facts_type": "TcpPort", "started": t, "finished": t, "alive": True, "blind": False,
         "port": f"tcp-{n}", "facts": digest(facts), "readings": {"latency_us": 900 + number}}
        for n in range(KEYS)
    ]  # fmt: skip
    listed = [digest(row) for row in rows]
    contents[digest(listed)] = canonical(listed)
    judged = [_judged(asset, n, digest(listed), full=number < 40) for n in range(KEYS)]
    moment = {"at": t, "clock": {"synchronised": True, "max_error_ms": 5}}
    return [
        canonical({**common, "type": "observations", "rows": rows}),
        canonical({**common, "type": "load", "started": t, "packets": 40, "octets": 3000,
                   "connections": 9, "sessions": 1, "latencies_us": [900, 1400]}),
        canonical({**common, "type": "verdicts", "moment": moment, "rows": judged}),
    ]  # fmt: skip


def _judged(asset, n, inputs, *, full):
    row = {"key": f"{asset}.check-{n}", "interval": 3600, "state": "pass", "inputs": inputs}
    if not full:
        return row | {"same": True}
    verdict = {"outcome": "pass", "reason": "as-expected", "said": "It holds.", "where": [],
               "rests_on": "answer"}  # fmt: skip
    subject = {"kind": "asset", "zone": "cell", "asset": asset, "service": "", "conduit": ""}
    return row | {"verdict": verdict, "subject": subject, "check": f"check-{n}"}


@pytest.fixture(scope="module")
def year(tmp_path_factory, signer):
    folder = tmp_path_factory.mktemp("year")
    (folder / "config").mkdir()
    (folder / "config" / "site.yaml").write_text(SITE.format(state=folder / "state"))

    async def fill():
        store = Store.open(folder / "ledger.db", origin=ORIGIN, key=signer)
        for first in range(0, VISITS, 400):
            contents = {}
            entries = [e for n in range(first, first + 400) for e in visit(n, contents)]
            await store.commit(entries, contents=contents)
        await store.close()

    asyncio.run(fill())
    return folder


async def test_visits_are_written_on_time_beside_an_export_that_needs_little_memory(
    year, signer, record_property
):
    command = (sys.executable, "-c", EXPORT, str(year), ORIGIN)
    store = Store.open(year / "ledger.db", origin=ORIGIN, key=signer)
    waits, number = [], VISITS
    try:
        exporting = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        ended = asyncio.ensure_future(exporting.communicate())
        while not ended.done():
            contents = {}
            entries = visit(number, contents)
            began = time.perf_counter()
            await store.commit(entries, contents=contents)
            waits.append(time.perf_counter() - began)
            number += 1
            await asyncio.wait((ended,), timeout=0.02)
        out, _ = await ended
    finally:
        await store.close()
    told = json.loads(out)
    peak = told["peak"] / 1024
    record_property("visits in the ledger", VISITS)
    record_property(
        "MiB at the most, of them before the export", f"{peak:.0f}, {told['idle'] / 1024:.0f}"
    )
    record_property("bytes of the package", (year / "p.zip").stat().st_size)
    record_property("seconds to export", f"{told['seconds']:.1f}")
    record_property("visits written meanwhile, the latest by s", f"{len(waits)}, {max(waits):.3f}")

    assert len(waits) > 10
    assert max(waits) < MOST_LATE
    assert peak < MOST_MIB


LABORATORY = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
"""
ASSET = """
  - {{id: a-{n}, zone: cell, address: 127.0.0.{last}, role: plc, every: 1s,
     services: [{{port: tcp/{port}, protocol: s7}}, {{port: tcp/9, protocol: opcua}}]}}
"""
ASSETS = 4


async def late(rounds, name, until):
    """Seconds from each due time of a visit every second to its last entry being durable."""
    found, due = [], time.perf_counter()
    while not until.done():
        visited = await rounds.visit(name, due_anyway=True)
        assert visited is not None
        found.append(time.perf_counter() - due)
        due += 1.0
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return found


async def test_no_visit_of_a_running_appliance_is_late_for_an_export(
    year, signer, tmp_path, record_property
):
    """Real rounds over real sockets, writing the very ledger that is exported."""
    (tmp_path / "state").mkdir()
    (tmp_path / "lab").mkdir()
    shutil.copy(year / "ledger.db", tmp_path / "ledger.db")
    shutil.copytree(year / "config", tmp_path / "config")
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = LABORATORY.format(state=tmp_path / "state") + "".join(
        ASSET.format(n=n, last=n + 1, port=port).lstrip("\n") for n in range(ASSETS)
    )
    (tmp_path / "lab" / "site.yaml").write_text(text)
    loaded, clock = load(tmp_path / "lab"), SystemClock()
    names = [a.id for a in loaded.site.assets]
    async with Store.open(tmp_path / "ledger.db", origin=ORIGIN, key=signer) as store, server:
        guard = Guard(clock, Kept.in_memory(), loaded.site)
        rounds = Rounds(loaded, tmp_path / "lab", store, clock, guard)
        await restore(rounds)
        # The first visits of a process pay for what is made only once.
        await asyncio.gather(*(rounds.visit(name, due_anyway=True) for name in names))
        quiet = asyncio.ensure_future(asyncio.sleep(3))
        alone = await asyncio.gather(*(late(rounds, name, quiet) for name in names))
        exporting = await asyncio.create_subprocess_exec(
            "nice", "-n", "10", sys.executable, "-c", EXPORT, str(tmp_path), ORIGIN,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        ended = asyncio.ensure_future(exporting.communicate())
        beside = await asyncio.gather(*(late(rounds, name, ended) for name in names))
        assert json.loads(ended.result()[0])["seconds"] > 0
    worst = [max(max(rows) for rows in found) for found in (alone, beside)]
    record_property("visits alone, the latest by s", f"{sum(map(len, alone))}, {worst[0]:.3f}")
    record_property("beside an export", f"{sum(map(len, beside))}, {worst[1]:.3f}")

    assert sum(map(len, beside)) >= ASSETS
    assert worst[1] - worst[0] < MOST_LATE


def test_that_package_is_intact(year, signer, tmp_path):
    import subprocess
    import zipfile

    if not (year / "p.zip").exists():
        # Another worker runs the test that made it.
        command = [sys.executable, "-c", EXPORT, str(year), ORIGIN]
        subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(year / "p.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("log/checkpoint"))
        (tmp_path / "soc.txt").write_bytes(archive.read(name))
    ran = run("verify.py", year / "p.zip", "--vkey", signer.vkey, "--outside", tmp_path / "soc.txt")

    assert ran.code == 0, ran.said[:2_000]
    assert outside_checkpoint(year)
