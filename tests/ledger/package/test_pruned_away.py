"""Old visits whose bodies are gone: the package says so, and everything else still stands."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from appliance.ledger.store import Store
from appliance.running.chronicle import Chronicle
from appliance.site.loading import load
from tests.ledger.package.conftest import ORIGIN, SITE, START, outside_checkpoint, run, unpacked
from tests.ledger.package.test_beside import visit
from tests.ledger.package.test_history import rows
from tests.visit.clocks import FakeClock

VISITS = 1_500


@pytest.fixture(scope="module")
def pruned(tmp_path_factory, signer):
    folder = tmp_path_factory.mktemp("pruned")
    (folder / "config").mkdir()
    (folder / "config" / "site.yaml").write_text(
        SITE.format(state=folder / "state") + "evidence: {keep: 400d}\n"
    )

    async def fill():
        clock = FakeClock(START + timedelta(days=500))
        async with Store.open(
            folder / "ledger.db", origin=ORIGIN, key=signer, clock=clock
        ) as store:
            for first in range(0, VISITS, 300):
                contents = {}
                entries = [e for n in range(first, first + 300) for e in visit(n, contents)]
                await store.commit(entries, contents=contents)
            loaded = load(folder / "config")
            rounds = SimpleNamespace(
                clock=clock, store=store, site=loaded.site, standings={}, writing=asyncio.Lock()
            )
            chronicle = Chronicle(rounds, folder)
            while await chronicle.pack():
                pass
            while await chronicle.prune():
                pass

    asyncio.run(fill())
    return folder


@pytest.fixture(scope="module")
def exported(pruned, pack):
    return pack(pruned)


def test_what_was_pruned_is_told_and_the_rest_verifies(pruned, exported, signer, tmp_path):
    (tmp_path / "p.zip").write_bytes(exported.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(pruned))
    ran = run(
        "verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside", tmp_path / "soc.txt"
    )
    again = run("rejudge.py", tmp_path / "p.zip")
    (told,) = rows(exported, "07_operations/pruned")

    assert ran.code == 3, ran.said
    assert "BROKEN" not in ran.said
    assert "bodies were pruned" in ran.said
    assert json.loads(told["what"])["first"] == 0
    assert json.loads(told["what"])["count"] > 4_000
    # These rows were never judged by a check of ours; what counts is that it answers.
    assert again.code in (1, 3)
    assert "Traceback" not in again.said


def test_states_after_what_was_pruned_are_those_that_were_recorded(exported):
    files = unpacked(exported)

    assert rows(exported, "10_method/replay") == []
    assert len(files["data/90_raw/log/entries.jsonl"].splitlines()) < 1_000
