"""
What is kept no longer: the bodies of old visits go, the tree stays.

Only what visits saw, judged and cost goes, a whole bundle's run of entries at a time.  What people
did, configurations, receipts and alarms stay, and of each control the last verdict in full, because
later rows say only that it is the same.  A run's `prune` entry names exactly what went, and is
written in the transaction in which it goes; any other missing body is damage.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance.ledger import bodies, bundles
from appliance.ledger.naming import named
from appliance.ledger.tiles import StoredNodes

KIND = "prune"
KINDS = frozenset({"observations", "verdicts", "load"})

_FOR_GOOD = 2**63 - 1


@dataclass(frozen=True)
class Plan:
    """
    What pruning one run does: `first` up to, not including, `end`; `kept` are those that stay.

    `contents` were named by what goes, and go too where nothing later names them; those in
    `pinned` never do.
    """

    n: int
    first: int
    end: int
    kept: tuple[int, ...]
    newest: datetime
    bundle: bytes
    contents: frozenset[str]
    pinned: frozenset[str]

    @property
    def count(self) -> int:
        return self.end - self.first - len(self.kept)


@dataclass(frozen=True)
class Pruned:
    """What entry `index` says was pruned by `rule`: all of `first` to `end` but `kept`."""

    index: int
    first: int
    end: int
    kept: frozenset[int]
    rule: str

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and self.first <= index < self.end and index not in self.kept


def due(connection: sqlite3.Connection) -> tuple[int, bytes] | None:
    """The oldest run that is packed and not pruned yet, with its bundle."""
    (last,) = connection.execute("SELECT max(n) FROM main.pruned").fetchone()
    n = 0 if last is None else last + 1
    row = connection.execute("SELECT body FROM main.bundle WHERE n = ?", (n,)).fetchone()
    return None if row is None else (n, row[0])


def plan(n: int, bundle: bytes, before: datetime) -> Plan | None:
    """
    What of this run goes; None while an entry in it is not older than `before`.

    Slow, so not for the ledger's own thread.  Raises `ValueError` for a damaged bundle.
    """
    first, found = n * bundles.ENTRIES, bundles.unpack(bundle)
    if len(found) != bundles.ENTRIES:
        raise ValueError(f"bundle {n} holds {len(found)} bodies, not {bundles.ENTRIES}")
    fields = [_fields(body) for body in found]
    times = [at for at in map(_time, fields) if at is not None]
    if not times or max(times) >= before:
        return None
    stays = _staying(fields)
    goes = frozenset(d for i, b in enumerate(found) if i not in stays for d in named(b))
    pinned = frozenset(d for i in stays for d in named(found[i]))
    left = [body if i in stays else b"" for i, body in enumerate(found)]
    kept = tuple(first + i for i in sorted(stays))
    end, left_over = first + len(found), bundles.pack(left)
    return Plan(n, first, end, kept, max(times), left_over, goes - pinned, pinned)


def entry(plan: Plan, at: datetime, keep: timedelta, nodes: StoredNodes) -> bytes:
    """The entry that says so; `root` is the hash of the run's subtree, which stays."""
    level = (plan.end - plan.first).bit_length() - 1
    fields = {
        "first": plan.first,
        "end": plan.end,
        "count": plan.count,
        "kept": list(plan.kept),
        "newest": plan.newest,
        "root": nodes(level, plan.n).hex(),
        "rule": f"evidence.keep {keep.days}d",
        "who": "upheld",
    }
    return bodies.entry(KIND, at, fields)


def put(connection: sqlite3.Connection, plan: Plan, index: int) -> None:
    """Let it go, inside the transaction that writes entry `index` about it."""
    connection.execute("UPDATE main.bundle SET body = ? WHERE n = ?", (plan.bundle, plan.n))
    # The view remembers the bundle it read last.
    bundles.show(connection)
    connection.execute("INSERT INTO main.pruned VALUES (?, ?)", (plan.n, index))
    cite(connection, plan.pinned, _FOR_GOOD)
    # What was cited before anybody kept count of it stays.
    connection.executemany(
        "DELETE FROM main.content WHERE digest = ?1 "
        "AND digest IN (SELECT digest FROM main.cited WHERE digest = ?1 AND last < ?2)",
        [(digest, plan.end) for digest in plan.contents],
    )


def cite(connection: sqlite3.Connection, digests: Sequence[str] | frozenset[str], at: int) -> None:
    """Entries up to this index name these contents."""
    connection.executemany(
        "INSERT INTO main.cited VALUES (?, ?) "
        "ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
        [(digest, at) for digest in digests],
    )


def said(index: int, body: bytes | None) -> Pruned | None:
    """What a body says was pruned; None for any other entry, and for one that cannot be true."""
    if body is None or b'"prune"' not in body:
        return None
    fields = _fields(body)
    try:
        first, end, kept = fields["first"], fields["end"], frozenset(fields["kept"])
        # Nothing says of what comes after it that it is gone.
        possible = fields["type"] == KIND and 0 <= first < end <= index
        whole = possible and len([i for i in kept if first <= i < end]) == len(kept)
        if whole and fields["count"] == end - first - len(kept):
            return Pruned(index, first, end, kept, str(fields["rule"]))
    except (KeyError, TypeError):
        pass
    return None


def _staying(fields: Sequence[dict[str, Any]]) -> frozenset[int]:
    """Positions that stay: other kinds, each key's last full verdict, and what those repeat."""
    full: dict[str, list[int]] = {}
    for i, entry_ in enumerate(fields):
        for row in _rows(entry_):
            if "verdict" in row:
                full.setdefault(row["key"], []).append(i)
    left = [i for i, entry_ in enumerate(fields) if entry_.get("type") not in KINDS]
    left += [places[-1] for places in full.values()]
    stays = set[int]()
    while left:
        i = left.pop()
        if i in stays:
            continue
        stays.add(i)
        for row in _rows(fields[i]):
            if row.get("same"):
                left += [p for p in full.get(row["key"], ()) if p < i][-1:]
    return frozenset(stays)


def _rows(entry_: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rows = entry_.get("rows", ()) if entry_.get("type") == "verdicts" else ()
    yield from (row for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str))


def _fields(body: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _time(fields: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(fields["t"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None
