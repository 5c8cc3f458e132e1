"""One entry's way to the newest signed head of its log."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Verifier
from appliance.ledger.package.logs import Log, Logs, read_logs
from appliance.ledger.package.pieces import tlog_proof

_ENTRY = re.compile("(?:([1-9][0-9]{0,8})/)?(0|[1-9][0-9]{0,18})")


def asked(entry: str) -> tuple[int, int | None]:
    """
    An entry as it is numbered in a package: its index, and its log's number where that is said.

    Raises `LedgerError` for a text that is neither 17 nor 1/17.
    """
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise LedgerError(f"{entry!r} is no entry; write INDEX or LOG/INDEX, such as 17 or 1/17.")
    return int(found[2]), int(found[1]) if found[1] else None


def prove(ledger: Path, vkey: str, index: int, number: int | None = None) -> bytes:
    """
    The text of a C2SP tlog-proof for an entry of the log of that number; None: the one in use.

    Raises `LedgerError` for an entry that is not there or not signed yet.
    """
    work = partial(_proved, ledger, index, number)
    return read_logs(ledger, "proving", work, Verifier.parse(vkey))


def _proved(ledger: Path, index: int, number: int | None, logs: Logs) -> bytes:
    log = _log(ledger, number, logs)
    if not 0 <= index < log.size:
        held = f"0 to {log.size - 1} are" if log.size else "none is"
        name = log.verifier.name
        raise LedgerError(f"{ledger}: {name}: there is no signed entry {index}; {held}.")
    try:
        return tlog_proof(log.nodes, index, log.size, log.note)
    except LookupError as error:
        raise LedgerError(f"{ledger}: {error}; run `upheld evidence verify`.") from error


def _log(ledger: Path, number: int | None, logs: Logs) -> Log:
    numbers = {log.number: log for log in logs}
    if number is None:
        return logs.newest
    if number not in numbers:
        beside = "".join(f" {note}" for note in logs.notes)
        held = " or ".join(f"{n}/INDEX" for n in numbers)
        raise LedgerError(f"{ledger}: there is no log {number}; write {held}.{beside}")
    return numbers[number]
