"""Open a ledger to look at it: another process may be writing, and nothing is ever changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from appliance.ledger import bundles, pruning, schema
from appliance.ledger.errors import LedgerError, explained
from appliance.ledger.pruning import Pruned

Result = TypeVar("Result")


def read(path: Path, doing: str, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """
    What `work` finds in one unchanging view of the ledger.

    Raises `LedgerError` when there is no ledger, and for what SQLite reports.
    """
    if not path.is_file():
        raise LedgerError(f"{path}: there is no ledger here; name the ledger's file.")
    try:
        return _steady(path, work)
    except sqlite3.Error as error:
        raise explained(path, doing, error) from error


def pruned(connection: sqlite3.Connection) -> tuple[Pruned, ...]:
    """
    What was pruned, oldest run first: `index in one` says whether that entry's body went by it.

    `one.index` is the entry that says so; show it with whatever rests on the gap.  A body that is
    missing and in none of these is damage.
    """
    (there,) = connection.execute(
        "SELECT count(*) FROM main.sqlite_master WHERE name = 'pruned'"
    ).fetchone()
    if not there:
        return ()
    # The table says only where to look; what counts is what the entry says.
    rows = connection.execute(
        "SELECT e.idx, e.body FROM main.pruned AS p JOIN entry AS e ON e.idx = p.idx ORDER BY p.n"
    ).fetchall()
    found = [pruning.said(index, body) for index, body in rows]
    return tuple(one for one in found if one is not None)


def _steady(path: Path, work: Callable[[sqlite3.Connection], Result]) -> Result:
    if not _has_log(path):
        # Even a read-only connection would leave -wal and -shm files beside a closed ledger.
        before, result = _stamp(path), None
        try:
            result = _viewed(path, "mode=ro&immutable=1", work)
        except (sqlite3.Error, LedgerError):
            if _stamp(path) == before:
                raise
        if result is not None and _stamp(path) == before:
            return result
    return _viewed(path, "mode=ro", work)


def _viewed(path: Path, options: str, work: Callable[[sqlite3.Connection], Result]) -> Result:
    uri = f"file:{quote(str(path.absolute()))}?{options}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        # A damaged text is a finding with a name, not an error of ours.
        connection.text_factory = lambda octets: octets.decode("utf-8", "replace")
        connection.execute("PRAGMA temp_store = MEMORY")
        bundles.show(connection)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        schema.require(connection, path)
        return work(connection)
    finally:
        connection.close()


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
