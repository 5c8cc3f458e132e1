"""The guard's own small file: what must outlive a restart, a reload and a renaming."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class KeptError(Exception):
    """The file is there and cannot be used: the text says why and what to do."""


class Kept:
    """
    Small JSON values by kind and key, on the disk before `put` returns.

    What stops us must not depend on a disk that takes it: what `insist` is given holds at once, and
    is written as soon as that can be.  The kind is the part of the guard that owns the value; its
    key is an address, an asset, a credential or a scope.  One process writes: who holds the state
    directory's lock.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._unwritten: dict[tuple[str, str], str] = {}

    @classmethod
    def open(cls, path: Path) -> Kept:
        """Open or begin the file.  Raises `KeptError` when it cannot be used."""
        try:
            database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            database.execute("PRAGMA journal_mode=WAL")
            # FULL: a reservation that a power cut forgets would be a budget refilled.
            database.execute("PRAGMA synchronous=FULL")
            database.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise KeptError(
                f"{path}: the guard's file cannot be used ({error}). It holds budgets, breakers, "
                "holds and latches: restore it, or move it away when you are sure that nothing "
                "is on hold"
            ) from error
        return cls(database)

    @classmethod
    def in_memory(cls) -> Kept:
        """For the tests, and for looking at a plan without a state directory."""
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        database.execute(_SCHEMA)
        return cls(database)

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        if (waiting := self._unwritten.get((kind, key))) is not None:
            return dict(json.loads(waiting))
        row = self._database.execute(
            "SELECT value FROM kept WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every value of one kind by its key, in the order of the keys."""
        rows = self._database.execute(
            "SELECT key, value FROM kept WHERE kind = ? ORDER BY key", (kind,)
        )
        found = dict(rows) | {key: v for (of, key), v in self._unwritten.items() if of == kind}
        return {key: json.loads(found[key]) for key in sorted(found)}

    def put(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Raises `sqlite3.Error`, and then what was there before still holds."""
        self._write(kind, key, json.dumps(value, sort_keys=True))
        self._unwritten.pop((kind, key), None)
        with suppress(sqlite3.Error):
            self.flush()

    def insist(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """As `put`, but it holds in this process whatever the disk says to it."""
        self._unwritten[kind, key] = json.dumps(value, sort_keys=True)
        with suppress(sqlite3.Error):
            self.flush()

    def flush(self) -> None:
        """Write what was insisted on and is not on the disk yet.  Raises `sqlite3.Error`."""
        for (kind, key), value in list(self._unwritten.items()):
            self._write(kind, key, value)
            del self._unwritten[kind, key]

    def drop(self, kind: str, key: str) -> None:
        """Raises `sqlite3.Error`, and then it is still there."""
        self._database.execute("DELETE FROM kept WHERE kind = ? AND key = ?", (kind, key))
        self._unwritten.pop((kind, key), None)

    def _write(self, kind: str, key: str, value: str) -> None:
        self._database.execute(
            "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (kind, key, value),
        )

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.flush()
        self._database.close()
