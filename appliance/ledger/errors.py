"""What goes wrong with a ledger, in one family a caller can catch and print."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class LedgerError(Exception):
    """Which ledger, what was found, what to do: one printable text."""


class NoteError(LedgerError):
    """A signed note, its checkpoint or a key is not what it should be."""


_MEANINGS = {
    sqlite3.SQLITE_BUSY: "another process is writing to it; stop that one first",
    sqlite3.SQLITE_LOCKED: "another process is writing to it; stop that one first",
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_READONLY: "it may not be written; check its owner and permissions",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check its directory, owner and permissions",
    sqlite3.SQLITE_NOTADB: "it is not a ledger",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; keep it and restore a copy",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check the disk",
}


def explained(path: Path, doing: str, error: sqlite3.Error) -> LedgerError:
    """The `LedgerError` for what SQLite said, with what to do where that is known."""
    # Extended result codes carry the primary one in their low byte.
    code = getattr(error, "sqlite_errorcode", None)
    meaning = _MEANINGS.get(code & 0xFF) if code is not None else None
    said = f"{meaning} (SQLite: {error})" if meaning else f"SQLite: {error}"
    return LedgerError(f"{path}: while {doing}: {said}.")
