"""
An export runs beside visits: nobody waits for it a second, and it needs no memory for the year.

UPHELD_ENDURE measures it on the entries of 40 assets looked at every hour for a year.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import timedelta

import pytest

from appliance.ledger.store import Store
from checks.facts.codec import canonical, digest
from tests.ledger.package.conftest import ORIGIN, SITE, START, outside_checkpoint, run

ENDURE = bool(os.environ.get("UPHELD_ENDURE"))
VISITS = int(os.environ.get("UPHELD_VISITS") or (350_400 if ENDURE else 2_000))
KEYS = 10
MOST_MIB = 200
MOST_LATE = 1.0

EXPORT = """
import json, resource, sys, time
from pathlib import Path
from appliance.ledger.note import Signer
from appliance.ledger.package.export import export
from appliance.ledger.package.request import Request
from appliance.site.loading import load
folder, began = Path(sys.argv[1]), time.monotonic()
signer = Signer(sys.argv[2], bytes(range(32)))
loaded = load(folder / "config")
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with (folder / "p.zip").open("w+b") as out:
    export(folder / "ledger.db", loaded, Request(), signer.vkey, signer, out)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
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


def test_that_package_is_intact(year, signer, tmp_path):
    import zipfile

    with zipfile.ZipFile(year / "p.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("log/checkpoint"))
        (tmp_path / "soc.txt").write_bytes(archive.read(name))
    ran = run("verify.py", year / "p.zip", "--vkey", signer.vkey, "--outside", tmp_path / "soc.txt")

    assert ran.code == 0, ran.said[:2_000]
    assert outside_checkpoint(year)
