"""Does the file at hand continue the log its newest checkpoint signed?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from appliance.ledger.errors import LedgerError, NoteError
from appliance.ledger.note import Verifier, opened_checkpoint
from appliance.ledger.tiles import WIDTH, Growing, StoredNodes
from appliance.ledger.tree import leaf_hash, root_at


def reopened(
    connection: sqlite3.Connection, path: Path, verifier: Verifier
) -> tuple[Growing, int | None]:
    """
    The tree to go on with, and the size last signed (None: nothing yet).

    Rehashes the entries no full tile covers and recomputes the signed root from the tiles;
    `verify` rehashes everything.  Raises `LedgerError` saying both values where two differ.
    """
    (last,) = connection.execute("SELECT max(idx) FROM main.entry").fetchone()
    size = 0 if last is None else last + 1
    _refuse_changed_tail(connection, path, size)
    nodes = StoredNodes(connection)
    try:
        tree = Growing.restored(size, nodes)
        return tree, _signed(connection, path, verifier, size, nodes)
    except LookupError as error:
        raise LedgerError(f"{path}: {error}; run `upheld evidence verify`.") from error


def _refuse_changed_tail(connection: sqlite3.Connection, path: Path, size: int) -> None:
    first = size - size % WIDTH
    tail = connection.execute(
        "SELECT idx, leaf, body FROM main.entry WHERE idx >= ? ORDER BY idx", (first,)
    ).fetchall()
    if len(tail) != size - first:
        raise LedgerError(
            f"{path}: holds {len(tail)} entries from {first} on, but the last is {size - 1}: "
            "some are missing; run `upheld evidence verify`."
        )
    for index, leaf, body in tail:
        found = leaf_hash(body or b"")
        if found != leaf:
            raise LedgerError(
                f"{path}: entry {index} hashes to {found.hex()}, but was recorded as {leaf.hex()}."
            )


def _signed(
    connection: sqlite3.Connection, path: Path, verifier: Verifier, size: int, nodes: StoredNodes
) -> int | None:
    row = connection.execute(
        "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"
    ).fetchone()
    if row is None:
        if size:
            raise LedgerError(f"{path}: holds {size} entries, but no checkpoint.")
        return None
    try:
        checkpoint = opened_checkpoint(row[1], verifier)
    except NoteError as error:
        raise LedgerError(
            f"{path}: its newest checkpoint (size {row[0]}) is not ours: {error}"
        ) from error
    if checkpoint.size != row[0]:
        raise LedgerError(f"{path}: checkpoint {row[0]} is signed for size {checkpoint.size}.")
    if checkpoint.size > size:
        raise LedgerError(
            f"{path}: its checkpoint was signed over {checkpoint.size} entries, "
            f"but it holds only {size}: it was cut, or an old copy was restored."
        )
    root = root_at(checkpoint.size, nodes)
    if root != checkpoint.root:
        raise LedgerError(
            f"{path}: its checkpoint of {checkpoint.size} entries has root "
            f"{checkpoint.root.hex()}, but its entries give {root.hex()}."
        )
    return checkpoint.size
