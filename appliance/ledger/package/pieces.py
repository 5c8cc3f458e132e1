"""The log's part of a package: bodies, the hashes that stand for the others, signed heads, proofs."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from appliance.ledger.note import Checkpoint
from appliance.ledger.package.bag import Bag
from appliance.ledger.package.logs import Log, Logs
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.span import Span
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import consistency_at, inclusion_at, leaf_hash, root_at

RAW = "data/90_raw/"
LOG = RAW + "log/"
MOST_CHECKPOINTS = 5_000
"""Every one of them costs a reader's verifier some milliseconds."""


def checkpoints(connection: sqlite3.Connection, span: Span) -> Iterator[dict[str, object]]:
    """
    The period's signed heads; beyond a limit every n-th.

    The last of the period is always among those given.
    """
    period = (span.first, span.last + 1)
    (count,) = connection.execute(
        "SELECT count(*) FROM checkpoint WHERE size > ? AND size <= ?", period
    ).fetchone()
    step = -(-count // MOST_CHECKPOINTS) or 1
    rows = connection.execute(
        "SELECT size, made_at, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size",
        period,
    )
    for number, (size, made_at, note) in enumerate(rows, 1):
        if (count - number) % step == 0:
            yield {"size": size, "made_at": made_at, "note": note}


def subtrees(
    nodes: StoredNodes, size: int, span: Span, disclosed: Iterable[int]
) -> Iterator[tuple[int, int, bytes]]:
    """
    (start, level, hash) of what stands for all entries that are not disclosed.

    Inside the period one by one, because every checkpoint there must be recomputable.
    """
    for before, after in pairwise(chain((-1,), disclosed, (size,))):
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


def contradicted(log: Log, olds: Iterable[Checkpoint]) -> Iterator[str]:
    """What is to be said of older heads that this log does not continue."""
    for old in (o for o in olds if o.origin == log.verifier.name):
        if old.size > log.size:
            yield (
                f"a checkpoint covers {old.size} entries, but this ledger only {log.size}: it was "
                "cut, or an old copy was restored"
            )
        elif root_at(old.size, log.nodes) != old.root:
            yield f"a checkpoint over {old.size} entries is of another history than this ledger"


def tlog_proof(nodes: StoredNodes, index: int, size: int, note: str) -> bytes:
    """C2SP tlog-proof: one entry's way to the signed root, in one text file."""
    path = "".join(_text(h) + "\n" for h in inclusion_at(index, size, nodes))
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{note}".encode()


def masked(logs: Logs, disclosed: Runs, mask: Mask) -> Runs:
    """Those of the disclosed entries that cannot be shown as they are."""
    if not mask:
        return Runs()
    return Runs(i for i, body in logs.bodies(disclosed) if mask.view(body) is not None)


def without(disclosed: Runs, hidden: Runs) -> Runs:
    left = iter(hidden)
    one = next(left, None)
    found = Runs()
    for index in disclosed:
        if index == one:
            one = next(left, None)
        else:
            found.add(index)
    return found


def write_log(
    bag: Bag, log: Log, span: Span, disclosed: Runs, olds: Sequence[int], proven: Iterable[int]
) -> None:
    """
    What is in a log's folder but for masked views; `span` and all numbers are the log's own.

    Raises `LookupError` for a damaged tree.
    """
    connection, nodes, size, folder = log.connection, log.nodes, log.size, f"{RAW}{log.folder}/"
    shown = (b for first, last in disclosed.stretches() for b in _bodies(connection, first, last))
    bag.add(folder + "entries.jsonl", (body + b"\n" for _, body in shown))
    bag.add(folder + "indices.txt", (b"%d\n" % i for i in disclosed))
    stand_ins = subtrees(nodes, size, span, disclosed)
    bag.add(
        folder + "subtrees.txt",
        (b"%d %d %s\n" % (start, level, h.hex().encode()) for start, level, h in stand_ins),
    )
    bag.add(folder + "checkpoint", log.note.encode())
    bag.add(folder + "checkpoints.jsonl", map(line, checkpoints(connection, span)))
    proofs = consistency(nodes, size, [span.first, *olds])
    bag.add(folder + "consistency.jsonl", map(line, proofs))
    for index in proven:
        proof = tlog_proof(nodes, index, size, log.note)
        bag.add(f"{folder}proofs/{index}.tlog-proof", proof)


def write_masked(bag: Bag, log: Log, span: Span, hidden: Runs, mask: Mask) -> None:
    """Of the period's hidden entries what may be shown, and the hash that stands for the rest."""
    if not mask:
        return
    period = Runs(i for i in hidden if i >= span.first)
    shown = (
        row for first, last in period.stretches() for row in _bodies(log.connection, first, last)
    )
    bag.add(
        f"{RAW}{log.folder}/masked.jsonl",
        (
            b'{"index":%d,"leaf":"%s","view":%s}\n'
            % (index, leaf_hash(body).hex().encode(), mask.view(body) or b"null")
            for index, body in shown
        ),
    )


def _bodies(connection: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    yield from connection.execute(
        "SELECT idx, body FROM entry WHERE idx >= ? AND idx <= ? ORDER BY idx", (first, last)
    )


def line(row: object) -> bytes:
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
