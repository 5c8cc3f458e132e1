"""A whole small appliance over a configuration written by the test."""

import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.visit.guard import Guard, Kept
from tests.appliance.processes import free_port

HEAD = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
"""


@pytest.fixture
def site(tmp_path: Path):
    """Writes a configuration: the head above, and what the test adds below it."""

    def write(rest: str) -> Path:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        (folder / "site.yaml").write_text(HEAD.format(state=tmp_path / "state") + rest)
        return folder

    return write


@pytest.fixture
def rounds(tmp_path: Path):
    @asynccontextmanager
    async def opened(folder: Path, clock=None, kept=None):
        (tmp_path / "state").mkdir(exist_ok=True)
        store = Store.open(
            tmp_path / "state" / "ledger.db", origin="bench/edge/evidence/1", key=b"k" * 32
        )
        clock = clock or SystemClock()
        try:
            loaded = load(folder)
            guard = Guard(clock, kept or Kept.in_memory(), loaded.site)
            taken = Rounds(loaded, folder, store, clock, guard)
            await restore(taken)
            yield taken
        finally:
            await store.close()

    return opened


@pytest.fixture
def listen():
    return free_port()


@pytest.fixture
def plant(tmp_path, listen):
    """A configuration with one asset every second, most of whose ports refuse."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        folder = tmp_path / "config"
        folder.mkdir()
        (folder / "site.yaml").write_text(f"""
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {tmp_path}/state
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{listen}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, every: 1s,
     services: [{{port: tcp/{server.getsockname()[1]}, protocol: s7}}, {{port: tcp/9, protocol: opcua}}]}}
""")
        yield folder
