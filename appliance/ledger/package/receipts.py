"""What others said when they got our checkpoints: receipts, as they came."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from appliance.ledger.package.bag import Bag
from appliance.ledger.package.logs import Log, Logs
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.pieces import RAW, line
from appliance.ledger.package.span import Span

FILE = RAW + "anchors.jsonl"
TOKENS = RAW + "rfc3161/"
TIME_STAMP = "tsa"


def write(bag: Bag, logs: Logs, period: Span, mask: Mask) -> int:
    """
    Receipts for checkpoints of the period and younger ones; how many.

    Time stamps are files of their own beside it, which openssl reads.
    """
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for log in logs:
            for row, receipt in _rows(log, period):
                count += 1
                # A note must stay as it was signed; where it went may be hidden.
                yield line({**row, "target": mask.text(row["target"]), **_plain(receipt)})

    bag.add(FILE, lines())
    for log in logs:
        folder = TOKENS if log is logs.newest else f"{TOKENS}{log.folder}/"
        for row, receipt in _rows(log, period):
            name = f"{folder}{row['size']}.tsr"
            if row["kind"] == TIME_STAMP and receipt and name not in bag.names:
                bag.add(name, bytes(receipt))
    return count


def _rows(log: Log, period: Span) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    found: sqlite3.Cursor = log.connection.execute(
        "SELECT size, kind, target, sent_at, receipt FROM anchor WHERE size > ? ORDER BY "
        "size, kind, target, sent_at",
        (period.within(log).first,),
    )
    for size, kind, target, sent_at, receipt in found:
        row = {"size": size, "kind": kind, "target": target, "sent_at": sent_at}
        yield {"log": log.verifier.name, **row}, receipt


def _plain(receipt: bytes | None) -> dict[str, str]:
    """Text as text, so that a reader finds a cosigned note in it; other octets in base64."""
    if receipt is None:
        return {}
    try:
        return {"receipt": receipt.decode()}
    except UnicodeDecodeError:
        return {"receipt_base64": b64encode(receipt).decode()}
