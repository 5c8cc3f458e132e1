"""
The ledger as the pages show it: its heads, its entries, and what stands behind one state.

Another connection than the writer's, read only; the file may be gone or broken, which is said.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.prove import prove
from appliance.ledger.reading import read
from appliance.ledger.tree import leaf_hash
from appliance.outlets.leaves import LONGEST_VALUE, decoded, lines, size_of, word
from appliance.outlets.text import harmless

HEADS, PAGE = 10, 50
LONGEST_BODY = 20_000


@dataclass(frozen=True)
class Head:
    """One signed head: how many entries it holds, when it was made, and the whole note."""

    size: int
    made_at: str
    note: str


@dataclass(frozen=True)
class Anchor:
    """Where a head was laid down outside, and whether a receipt came back."""

    size: int
    kind: str
    target: str
    sent_at: str
    receipt: bool


@dataclass(frozen=True)
class Line:
    """One entry in a list."""

    index: int
    kind: str
    at: str
    said: str


@dataclass(frozen=True)
class Heads:
    """`verifier` is the key everything is checked with; `size` counts entries in the file."""

    size: int
    heads: tuple[Head, ...]
    anchors: tuple[Anchor, ...]
    verifier: str


@dataclass(frozen=True)
class Entry:
    """
    One whole entry; `body` is its JSON spread over lines, cut when it is very long.

    `contents` are the digests in it whose content the ledger keeps.
    """

    index: int
    size: int
    kind: str
    at: str
    leaf: str
    body: str
    cut: bool
    contents: tuple[str, ...]


def heads(ledger: Path, verifier: str) -> Heads:
    """The newest heads and anchors.  Raises `LedgerError`, as all below."""

    def found(connection: sqlite3.Connection) -> Heads:
        noted = connection.execute(
            "SELECT size, made_at, note FROM checkpoint ORDER BY size DESC LIMIT ?", (HEADS,)
        )
        laid = connection.execute(
            "SELECT size, kind, target, sent_at, receipt IS NOT NULL FROM anchor "
            "ORDER BY sent_at DESC LIMIT ?",
            (HEADS,),
        )
        return Heads(
            size_of(connection),
            tuple(Head(*row) for row in noted),
            tuple(
                Anchor(s, harmless(k), harmless(t, LONGEST_VALUE), harmless(a), bool(r))
                for s, k, t, a, r in laid
            ),
            harmless(verifier, LONGEST_VALUE),
        )

    return read(ledger, "reading its heads", found)


def entries(ledger: Path, before: int | None = None) -> tuple[Line, ...]:
    """A page of entries, the newest first, all older than index `before`."""

    def found(connection: sqlite3.Connection) -> tuple[Line, ...]:
        rows = connection.execute(
            "SELECT idx, body FROM entry WHERE idx < ? ORDER BY idx DESC LIMIT ?",
            (size_of(connection) if before is None else before, PAGE),
        )
        return tuple(_line(index, body) for index, body in rows)

    return read(ledger, "reading entries", found)


def entry(ledger: Path, index: int) -> Entry:
    """Raises `LedgerError` also for an index off the ledger."""
    return read(ledger, "reading an entry", partial(_entry, index))


def proof(ledger: Path, verifier: str, index: int) -> bytes:
    """A C2SP tlog-proof that the entry is under the newest head."""
    return prove(ledger, verifier, index)


def content(ledger: Path, digest: str) -> tuple[tuple[str, str], ...]:
    """The lines of one kept content, such as the facts of an observation."""

    def found(connection: sqlite3.Connection) -> bytes:
        for (body,) in connection.execute("SELECT body FROM content WHERE digest = ?", (digest,)):
            return bytes(body)
        raise LedgerError(f"there is no content {digest}.")

    return lines(decoded(read(ledger, "reading a content", found)))


def _entry(index: int, connection: sqlite3.Connection) -> Entry:
    size = size_of(connection)
    row = connection.execute("SELECT leaf, body FROM entry WHERE idx = ?", (index,)).fetchone()
    if row is None:
        raise LedgerError(f"there is no entry {index}; it holds {size}, counted from 0.")
    leaf, body = row
    value = decoded(body)
    whole = isinstance(value, dict)
    text = json.dumps(value, indent=2, ensure_ascii=False) if whole else str(value)
    shown = "\n".join(harmless(line, LONGEST_VALUE) for line in text[:LONGEST_BODY].split("\n"))
    sound = body is None or leaf_hash(body) == leaf
    kept = [
        digest
        for digest in dict.fromkeys(_digests(value))
        if connection.execute("SELECT 1 FROM content WHERE digest = ?", (digest,)).fetchone()
    ]
    return Entry(
        index=index,
        size=size,
        kind=word(value, "type") if whole else "",
        at=word(value, "t") if whole else "",
        leaf=leaf.hex() if sound else "",
        body=shown,
        cut=len(text) > LONGEST_BODY,
        contents=tuple(kept),
    )


def _line(index: int, body: bytes | None) -> Line:
    value = decoded(body)
    if not isinstance(value, dict):
        return Line(index, "", "", "its body is no longer kept" if body is None else "not JSON")
    return Line(index, word(value, "type"), word(value, "t"), _summary(value))


def _summary(value: dict[str, Any]) -> str:
    """What an entry is about, in a few words."""
    rows = value.get("rows")
    parts = [
        f"{len(rows)} {value.get('type')}" if isinstance(rows, list) else "",
        *(str(value[name]) for name in ("asset", "subject", "said") if value.get(name)),
        *(f"{value[name]} {name}" for name in ("packets",) if value.get(name) is not None),
        *(f"{len(value[n])} {n}" for n in ("changes", "keys") if isinstance(value.get(n), list)),
    ]
    if not any(parts) and isinstance(rows, list) and rows:
        parts.append(str(rows[0].get("key", "")))
    return harmless(", ".join(part for part in parts if part), LONGEST_VALUE)


def _digests(value: object) -> list[str]:
    if isinstance(value, dict):
        return [d for inner in value.values() for d in _digests(inner)]
    if isinstance(value, list):
        return [d for inner in value for d in _digests(inner)]
    return [value] if isinstance(value, str) and value.startswith("sha256:") else []
