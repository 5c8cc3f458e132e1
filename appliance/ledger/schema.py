"""The tables of a ledger file."""

from __future__ import annotations

import sqlite3

from appliance.ledger.bundles import ENTRIES
from appliance.ledger.errors import LedgerError

VERSION = 1
# "UpLg": tells a ledger from any other SQLite file.
APPLICATION = 0x55704C67

_TABLES = """
CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB) STRICT;
CREATE TABLE tile (
    level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY, note TEXT NOT NULL, made_at TEXT NOT NULL
) STRICT;
CREATE TABLE anchor (
    size INTEGER NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
    sent_at TEXT NOT NULL, receipt BLOB
) STRICT;
CREATE TABLE content (digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE standing (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outlet TEXT NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL,
    address TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    latest_only INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_order ON outbox (outlet, id);
CREATE INDEX outbox_latest ON outbox (outlet, address) WHERE latest_only;
CREATE TABLE stream (
    outlet TEXT NOT NULL, stream TEXT NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (outlet, stream)
) STRICT, WITHOUT ROWID;
"""

# No evidence, so a ledger that was begun without them gets them when it is opened.
_REMEMBERED = tuple(
    f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT"
    for table in ("remembered", "alert", "noted")
)

# Many bodies packed into one; what is in them is what the entries hold.
_BUNDLES = "CREATE TABLE IF NOT EXISTS bundle (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"

# Which run's bodies went and which entry says so; and the last entry each content may be named by.
_GONE = (
    "CREATE TABLE IF NOT EXISTS pruned (n INTEGER PRIMARY KEY, idx INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE IF NOT EXISTS cited (digest TEXT PRIMARY KEY, last INTEGER NOT NULL)
    STRICT, WITHOUT ROWID
    """,
)

# A body may only go, never change: into a bundle, or when its time is over.
_BODIES_GO = (
    "DROP TRIGGER IF EXISTS entry_UPDATE",
    """
    CREATE TRIGGER entry_UPDATE BEFORE UPDATE ON entry
    WHEN NEW.idx IS NOT OLD.idx OR NEW.leaf IS NOT OLD.leaf OR NEW.body IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the table entry is append-only'); END
    """,
    # A row goes for the moment in which it comes back without its body, which a bundle holds then.
    "DROP TRIGGER IF EXISTS entry_DELETE",
    (
        "CREATE TRIGGER entry_DELETE BEFORE DELETE ON entry "  # noqa: S608 - a number of ours
        f"WHEN NOT EXISTS (SELECT 1 FROM bundle WHERE n = OLD.idx / {ENTRIES}) "
        "BEGIN SELECT RAISE(ABORT, 'the table entry is append-only'); END"
    ),
)

# They stop our own mistakes, not an attacker: whoever may write the file may drop them.
_APPEND_ONLY = """
CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the table {table} is append-only'); END
"""
_GUARDED = (
    ("content", "UPDATE"),
    ("checkpoint", "DELETE"),
)


def create(connection: sqlite3.Connection) -> None:
    """Inside the caller's transaction: a ledger appears whole or not at all."""
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    for table, verb in _GUARDED:
        connection.execute(_APPEND_ONLY.format(table=table, verb=verb))
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def complete(connection: sqlite3.Connection) -> None:
    """What a sound ledger may still lack; inside the caller's transaction."""
    for statement in (*_REMEMBERED, _BUNDLES, *_GONE, *_BODIES_GO):
        connection.execute(statement)


def is_new(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)


def require(connection: sqlite3.Connection, path: object) -> None:
    """Raises `LedgerError` for another program's file and for another version's ledger."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise LedgerError(f"{path}: this is a SQLite file, but not a ledger.")
    if version != VERSION:
        raise LedgerError(
            f"{path}: a ledger of layout {version}; this program reads layout {VERSION}."
        )
