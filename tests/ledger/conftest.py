"""A ledger in a temporary directory, and ways to break it that no honest program has."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from appliance.ledger.note import Signer
from appliance.ledger.store import Store

ORIGIN = "edge-1.northgate/upheld/1"


@pytest.fixture
def signer():
    return Signer(ORIGIN, bytes(range(32)))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def reopen(path, signer):
    return lambda: Store.open(path, origin=ORIGIN, key=signer)


@pytest.fixture
async def store(reopen):
    opened = reopen()
    yield opened
    await opened.close()


@pytest.fixture
def tamper(path):
    """Change the file as an attacker would: without its guards."""

    def change(*statements, values=()):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement, values)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    return change
