"""One entry's way to the newest signed head."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Verifier
from appliance.ledger.package.logs import newest
from appliance.ledger.package.pieces import tlog_proof
from appliance.ledger.reading import read
from appliance.ledger.tiles import StoredNodes


def prove(ledger: Path, vkey: str, index: int) -> bytes:
    """
    The text of a C2SP tlog-proof.

    Raises `LedgerError` for an entry that is not there or not signed yet.
    """
    return read(ledger, "proving", partial(_proved, ledger, Verifier.parse(vkey), index))


def _proved(ledger: Path, verifier: Verifier, index: int, connection: sqlite3.Connection) -> bytes:
    note, head = newest(connection, verifier)
    if not 0 <= index < head.size:
        held = f"0 to {head.size - 1} are" if head.size else "none is"
        raise LedgerError(f"{ledger}: there is no signed entry {index}; {held}.")
    try:
        return tlog_proof(StoredNodes(connection), index, head.size, note)
    except LookupError as error:
        raise LedgerError(f"{ledger}: {error}; run `upheld evidence verify`.") from error
