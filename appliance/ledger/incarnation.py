"""
One log after the other: a ledger that was found to be an old copy is closed, not continued.

Ledgers lie beside each other: `ledger.db` is the one in use, `ledger-1.db` the first that was
closed.  The number stands at the end of the log's name, so no index is ever signed twice under one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.ledger import durable
from appliance.ledger.anchors.outside import base, incarnation
from appliance.ledger.errors import NoteError
from appliance.ledger.keys import VKEY_FILE
from appliance.ledger.note import Signer, Verifier

_BESIDE = ("", "-wal", "-shm")
_CARRIED = ("standing", "remembered", "alert", "noted", "outbox", "stream")


def current(state_dir: Path, origin: str) -> str:
    """
    The name of the log to go on with; `origin` is the first's, which is also a new ledger's.

    What the ledger's newest checkpoint is signed as; opening it says whether that is true.
    """
    path = state_dir / "ledger.db"
    finish(path)
    if not path.exists():
        return origin
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            row = connection.execute(
                "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
            ).fetchone()
        name = str(row[0]).partition("\n")[0] if row else origin
        return name if base(name) == base(origin) else origin
    except (sqlite3.Error, NoteError):
        # The opening names what is wrong with it.
        return origin


def following(origin: str, after: int = 0) -> str:
    """The name of the next incarnation, of a number above `after` too.  Raises `NoteError`."""
    return f"{base(origin)}/{max(incarnation(origin), after) + 1}"


def known(state_dir: Path) -> int:
    """The highest incarnation this machine has used, by its public keys; 0: none."""
    try:
        return incarnation(Verifier.parse((state_dir / VKEY_FILE).read_text("utf-8")).name)
    except (OSError, UnicodeDecodeError, NoteError):
        return 0


def finish(path: Path) -> None:
    """What a power cut left of a change to the next incarnation: all of it, or nothing."""
    following = _following(path)
    if not following.exists():
        return
    if path.exists():
        _unlink(following)
    else:
        _move(following, path)
        durable.sync_directory(path.parent)


@contextmanager
def replaced(
    path: Path, connection: sqlite3.Connection, signer: Signer, then: Signer
) -> Iterator[Path]:
    """
    Where to make the next incarnation's ledger; afterwards it has taken the place of this one.

    When making it fails, everything is as it was.
    """
    following = _following(path)
    _unlink(following)
    yield following
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    number = incarnation(signer.name)
    _move(path, _free(path, number))
    _move(following, path)
    durable.sync_directory(path.parent)
    closed, now = path.with_name(f"evidence-{number}.vkey"), path.with_name(VKEY_FILE)
    durable.write(closed, (signer.vkey + "\n").encode(), mode=0o644, replace=True)
    durable.write(now, (then.vkey + "\n").encode(), mode=0o644, replace=True)


def carry_over(fresh: sqlite3.Connection, old: Path) -> None:
    """What is no evidence but must not be lost: messages that wait, states, when each was asked."""
    fresh.execute("ATTACH ? AS before", (str(old),))
    try:
        fresh.execute("BEGIN IMMEDIATE")
        for table in _CARRIED:
            fresh.execute(f"INSERT INTO main.{table} SELECT * FROM before.{table}")  # noqa: S608
        fresh.execute("COMMIT")
    finally:
        if fresh.in_transaction:
            fresh.execute("ROLLBACK")
        fresh.execute("DETACH before")


def _following(path: Path) -> Path:
    return path.with_name(f"{path.stem}.next{path.suffix}")


def _free(path: Path, number: int) -> Path:
    """`ledger-1.db`, or `ledger-1.2.db` where a copy of that incarnation lies there already."""
    found, turn = path.with_name(f"{path.stem}-{number}{path.suffix}"), 1
    while found.exists():
        turn += 1
        found = path.with_name(f"{path.stem}-{number}.{turn}{path.suffix}")
    return found


def _move(path: Path, to: Path) -> None:
    # The log of a database somebody still reads belongs to it; the database itself goes last.
    for ending in reversed(_BESIDE):
        source = path.with_name(path.name + ending)
        if source.exists():
            source.replace(to.with_name(to.name + ending))


def _unlink(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)
