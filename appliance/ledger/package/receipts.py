"""What others said when they got our checkpoints: receipts, as they came."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from appliance.ledger.package.bag import Bag
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.pieces import line
from appliance.ledger.package.span import Span

FILE = "data/90_raw/anchors.jsonl"
TOKENS = "data/90_raw/rfc3161/"
TIME_STAMP = "rfc3161"


def write(bag: Bag, connection: sqlite3.Connection, span: Span, mask: Mask) -> int:
    """
    Receipts for checkpoints of the period and younger ones; how many.

    Time stamps are files of their own beside it, which openssl reads.
    """
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for row in _rows(connection, span):
            count += 1
            # A note must stay as it was signed; where it went may be hidden.
            yield line({**row, "target": mask.text(str(row.get("target", "")))})

    bag.add(FILE, lines())
    for row in _rows(connection, span, raw=True):
        name = f"{TOKENS}{row['size']}.tsr"
        if row.get("kind") == TIME_STAMP and row.get("receipt") and name not in bag.names:
            bag.add(name, bytes(row["receipt"]))
    return count


def _rows(
    connection: sqlite3.Connection, span: Span, *, raw: bool = False
) -> Iterator[dict[str, Any]]:
    found = connection.execute(
        "SELECT size, kind, target, sent_at, receipt FROM anchor WHERE size > ? ORDER BY "
        "size, kind, target, sent_at",
        (span.first,),
    )
    for size, kind, target, sent_at, receipt in found:
        row = {"size": size, "kind": kind, "target": target, "sent_at": sent_at}
        yield row | ({"receipt": receipt} if raw else _plain(receipt))


def _plain(receipt: bytes | None) -> dict[str, str]:
    """Text as text, so that a reader finds a cosigned note in it; other octets in base64."""
    if receipt is None:
        return {}
    try:
        return {"receipt": receipt.decode()}
    except UnicodeDecodeError:
        return {"receipt_base64": b64encode(receipt).decode()}
