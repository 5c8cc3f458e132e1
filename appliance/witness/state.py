"""What a witness must never forget: the largest head of each log it cosigned, on the disk first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from appliance.ledger import durable
from appliance.ledger.errors import LedgerError, explained
from appliance.ledger.note import Checkpoint
from appliance.witness.rules import Latest

# "UpWt"
APPLICATION = 0x55705774
_MOST_KEPT = 1_000
_MOST_FORKS = 2_000
"""Whoever received old heads could fill the table; what only the key's holder can make has room."""
_BUSY_MS = 5_000
_TABLES = """
CREATE TABLE log (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE conflict (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL
) STRICT
"""

Judge = Callable[[Latest], str]
"""Given the latest head, the whole cosigned note, or an exception that leaves all as it was."""


class State:
    """One file, one connection.  Every method raises `LedgerError` for what SQLite reports."""

    def __init__(self, path: Path) -> None:
        self._path = path
        new = not path.exists()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise explained(path, "opening the witness's state", error) from error
        if new:
            durable.sync_directory(path.parent)

    def _prepare(self) -> None:
        do = self._connection.execute
        do(f"PRAGMA busy_timeout = {_BUSY_MS}")
        (application,) = do("PRAGMA application_id").fetchone()
        (tables,) = do("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION:
            raise LedgerError(f"{self._path}: this is a SQLite file, but no witness's state.")
        do("PRAGMA journal_mode = WAL")
        # An answer may leave only when a power cut cannot take back what it rests on.
        do("PRAGMA synchronous = FULL")
        if not tables:
            do("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";\n"):
                do(statement)
            do(f"PRAGMA application_id = {APPLICATION}")
            do("COMMIT")

    def advance(self, checkpoint: Checkpoint, judge: Judge) -> str:
        """
        The note `judge` gives, once it is on the disk as the log's latest; nothing in between.

        Two processes on one file take turns, so that neither cosigns on what the other replaced.
        """
        do = self._connection.execute
        try:
            do("BEGIN IMMEDIATE")
            row = do("SELECT size, root FROM log WHERE origin = ?", (checkpoint.origin,)).fetchone()
            note = judge(Latest() if row is None else Latest(*row))
            do(
                "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?)",
                (checkpoint.origin, checkpoint.size, checkpoint.root, note),
            )
            do("COMMIT")
        except sqlite3.Error as error:
            raise explained(self._path, "cosigning", error) from error
        finally:
            if self._connection.in_transaction:
                do("ROLLBACK")
        return note

    def keep(self, at: str, why: str, body: bytes, *, forked: bool) -> None:
        """A signed request that does not continue what was seen: evidence against its signer."""
        # What cannot be kept must not turn a refusal into another answer.
        with suppress(sqlite3.Error):
            self._connection.execute(
                "INSERT INTO conflict (at, why, body) SELECT ?, ?, ? "
                "WHERE (SELECT count(*) FROM conflict) < ?",
                (at, why, body, _MOST_FORKS if forked else _MOST_KEPT),
            )

    def conflicts(self) -> list[tuple[str, str, bytes]]:
        """When, why, and the request, oldest first."""
        return self._connection.execute("SELECT at, why, body FROM conflict ORDER BY id").fetchall()

    def notes(self) -> dict[str, str]:
        """The latest cosigned note of every log, by origin."""
        try:
            return dict(self._connection.execute("SELECT origin, note FROM log ORDER BY origin"))
        except sqlite3.Error as error:
            raise explained(self._path, "reading the witness's state", error) from error

    def close(self) -> None:
        self._connection.close()
