"""The log's part of a package: bodies, the hashes that stand for the others, signed heads, proofs."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from appliance.ledger.errors import LedgerError, NoteError
from appliance.ledger.note import Checkpoint, Verifier, opened_checkpoint
from appliance.ledger.package.span import Span
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import consistency_at, inclusion_at, root_at

LOG = "data/90_raw/log/"
MOST_CHECKPOINTS = 5_000
"""Every one of them costs a reader's verifier some milliseconds."""


def bodies(connection: sqlite3.Connection, indices: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """The bodies of these entries, in their order, which must be rising."""
    for first, last in _runs(indices):
        yield from connection.execute(
            "SELECT idx, body FROM entry WHERE idx >= ? AND idx <= ? ORDER BY idx", (first, last)
        )


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each stretch without a gap."""
    first = last = None
    for index in indices:
        if first is None or last is None:
            first = last = index
        elif index == last + 1:
            last = index
        else:
            yield first, last
            first = last = index
    if first is not None and last is not None:
        yield first, last


def newest(connection: sqlite3.Connection, verifier: Verifier) -> tuple[str, Checkpoint]:
    """The newest signed head.  Raises `LedgerError` when it is not this key's."""
    (note,) = connection.execute(
        "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
    ).fetchone()
    try:
        return note, opened_checkpoint(note, verifier)
    except NoteError as error:
        raise LedgerError(
            f"the newest checkpoint: {error} Run `upheld evidence verify`."
        ) from error


def checkpoints(connection: sqlite3.Connection, span: Span) -> list[dict[str, object]]:
    """
    The period's signed heads; beyond a limit every n-th.

    The last of the period is always among those given.
    """
    rows = connection.execute(
        "SELECT size, made_at, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size",
        (span.first, span.last + 1),
    ).fetchall()
    step = -(-len(rows) // MOST_CHECKPOINTS) or 1
    kept = rows[::-1][::step][::-1]
    return [{"size": s, "made_at": m, "note": n} for s, m, n in kept]


def subtrees(
    nodes: StoredNodes, size: int, span: Span, disclosed: Sequence[int]
) -> Iterator[tuple[int, int, bytes]]:
    """
    (start, level, hash) of what stands for all entries that are not disclosed.

    Inside the period one by one, because every checkpoint there must be recomputable.
    """
    edges = [-1, *disclosed, size]
    for before, after in pairwise(edges):
        start = before + 1
        while start < after:
            level = 0
            if not span.first <= start <= span.last:
                limit = span.first if start < span.first else after
                level = _largest(start, min(after, limit))
            yield start, level, nodes(level, start >> level)
            start += 1 << level


def _largest(start: int, end: int) -> int:
    """The level of the largest aligned subtree from `start` that ends by `end`."""
    level = (end - start).bit_length() - 1
    while start % (1 << level):
        level -= 1
    return level


def consistency(nodes: StoredNodes, size: int, olds: Sequence[int]) -> Iterator[dict[str, object]]:
    """Proofs that the log of `size` only added to what it was before."""
    for old in sorted(set(olds)):
        if 0 < old < size:
            path = consistency_at(old, size, nodes)
            yield {"from": old, "to": size, "hashes": [_text(h) for h in path]}


def contradicted(nodes: StoredNodes, size: int, olds: Sequence[Checkpoint]) -> Iterator[str]:
    """What is to be said of older heads that this ledger does not continue."""
    for old in olds:
        if old.size > size:
            yield f"a checkpoint covers {old.size} entries, but this ledger only {size}: it was cut"
        elif root_at(old.size, nodes) != old.root:
            yield f"a checkpoint over {old.size} entries is of another history than this ledger"


def tlog_proof(nodes: StoredNodes, index: int, size: int, note: str) -> bytes:
    """C2SP tlog-proof: one entry's way to the signed root, in one text file."""
    path = "".join(_text(h) + "\n" for h in inclusion_at(index, size, nodes))
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{note}".encode()


def log_files(
    connection: sqlite3.Connection,
    span: Span,
    disclosed: Sequence[int],
    head: tuple[str, Checkpoint],
    olds: Sequence[int],
    proven: Sequence[int],
) -> dict[str, bytes]:
    """Everything under 90_raw/log.  Raises `LookupError` for a damaged tree."""
    note, checkpoint = head
    nodes = StoredNodes(connection)
    found: Mapping[str, bytes] = {
        "entries.jsonl": b"".join(b + b"\n" for _, b in bodies(connection, disclosed)),
        "indices.txt": "".join(f"{i}\n" for i in disclosed).encode(),
        "subtrees.txt": "".join(
            f"{start} {level} {hashed.hex()}\n"
            for start, level, hashed in subtrees(nodes, checkpoint.size, span, disclosed)
        ).encode(),
        "checkpoint": note.encode(),
        "checkpoints.jsonl": _lines(checkpoints(connection, span)),
        "consistency.jsonl": _lines(consistency(nodes, checkpoint.size, [span.first, *olds])),
    }
    proofs = {
        f"proofs/{index}.tlog-proof": tlog_proof(nodes, index, checkpoint.size, note)
        for index in proven
    }
    return {LOG + name: data for name, data in {**found, **proofs}.items()}


def _lines(rows: object) -> bytes:
    assert isinstance(rows, (Iterator, list))
    return b"".join(
        json.dumps(r, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        for r in rows
    )


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
