"""What the ledger's file keeps beside its entries, so that nobody must replay them to go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

_PUT = {
    "standing": "INSERT OR REPLACE INTO standing VALUES (?, ?)",
    "remembered": "INSERT OR REPLACE INTO remembered VALUES (?, ?)",
    "noted": "INSERT OR REPLACE INTO noted VALUES (?, ?)",
    "alert": "INSERT OR REPLACE INTO alert VALUES (?, ?)",
}
_DROP = {
    "standing": "DELETE FROM standing WHERE key = ?",
    "remembered": "DELETE FROM remembered WHERE key = ?",
    "noted": "DELETE FROM noted WHERE key = ?",
    "alert": "DELETE FROM alert WHERE key = ?",
}


def replace(connection: sqlite3.Connection, table: str, rows: Mapping[str, bytes | None]) -> None:
    """Bodies by key, None drops one; inside the caller's transaction."""
    for key, body in rows.items():
        if body is None:
            connection.execute(_DROP[table], (key,))
        else:
            connection.execute(_PUT[table], (key, body))
