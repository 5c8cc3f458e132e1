"""
Does a checkpoint that somebody else kept continue in the ledger at hand?

Only what our own key signed counts, under whatever incarnation of this log: a stranger's
checkpoint says nothing about us.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, Verifier, opened_checkpoint, parts
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import consistency_at, root_at

_ORIGIN = re.compile(r"(.+)/([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Outside:
    """A checkpoint of ours as it was found at `where`."""

    where: str
    note: str
    checkpoint: Checkpoint

    @property
    def incarnation(self) -> int:
        return incarnation(self.checkpoint.origin)


def incarnation(origin: str) -> int:
    """The number an origin ends with.  Raises `NoteError`."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise NoteError(f"the log's name {origin!r} does not end with its incarnation's number.")
    return int(found[2])


def base(origin: str) -> str:
    """An origin without its incarnation.  Raises `NoteError`."""
    incarnation(origin)
    return origin.rpartition("/")[0]


def found(where: str, note: str, own: Verifier) -> Outside:
    """
    A checkpoint our own key signed, of this or another incarnation of this log.

    Raises `NoteError` for anything else.
    """
    origin = Checkpoint.parse(parts(note)[0]).origin
    if base(origin) != base(own.name):
        raise NoteError(f"the checkpoint is of log {origin!r}, not of {base(own.name)!r}.")
    return Outside(where, note, opened_checkpoint(note, Verifier(origin, own.key)))


def contradiction(connection: sqlite3.Connection, outside: Outside, own: str) -> str | None:
    """
    Why the ledger at hand (of origin `own`) is not what that checkpoint was signed over.

    None: it is, or the checkpoint is of an incarnation that was closed before this one.
    """
    theirs, ours = outside.incarnation, incarnation(own)
    head, where = outside.checkpoint, outside.where
    if theirs < ours:
        return None
    if theirs > ours:
        return f"{where} keeps a checkpoint of incarnation {theirs}, this ledger is {ours}."
    (last,) = connection.execute("SELECT max(idx) FROM entry").fetchone()
    size = 0 if last is None else last + 1
    if head.size > size:
        return (
            f"{where} keeps a checkpoint over {head.size} entries, "
            f"but this ledger holds only {size}."
        )
    root = root_at(head.size, StoredNodes(connection))
    if root != head.root:
        return (
            f"{where} keeps a checkpoint over {head.size} entries with root {head.root.hex()}, "
            f"but those of this ledger give {root.hex()}."
        )
    return None


def head_and_proof(connection: sqlite3.Connection, old: int) -> tuple[str, tuple[bytes, ...]]:
    """
    The newest note, and that its log only appended to its first `old` entries.

    Raises `ValueError` when it holds fewer.
    """
    size, note = connection.execute(
        "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"
    ).fetchone()
    if old in (0, size):
        return note, ()
    return note, tuple(consistency_at(old, size, StoredNodes(connection)))
