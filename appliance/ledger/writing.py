"""
A ledger's file as its one writer has it: entries, their tree, and its signed head.

Everything here blocks and belongs to one thread.  A commit is one transaction, durable before its
checkpoint is signed: a head over entries a power cut can take back would be a promise about another
history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from appliance.clock import Clock
from appliance.ledger import bundles, cached, durable, incarnation, outbox, pruning, schema
from appliance.ledger.entry import Message
from appliance.ledger.errors import LedgerError, explained
from appliance.ledger.note import Checkpoint, Signer
from appliance.ledger.reopening import reopened
from appliance.ledger.tiles import Growing, Tile, packed
from appliance.ledger.tree import leaf_hash

# tlog-tiles: an entry bundle writes a length in 16 bits.
LONGEST_ENTRY = 65_535
_BUSY_MS = 1_000

AnchorRow = tuple[int, str, str, str, bytes]
"""Size, kind, which anchor, when (RFC 3339), and what it gave back."""


@dataclass(frozen=True)
class Committed:
    """
    Where a commit's entries are: from `first` up to, not including, `size`.

    `messages` holds each message's id in the outbox and its number in its stream, in their order.
    """

    first: int
    size: int
    root: bytes
    checkpoint: str
    messages: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Batch:
    """What one commit appends, and everything that follows from it; `kept` is by table and key."""

    entries: tuple[bytes, ...] = ()
    messages: tuple[Message, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, bytes | None]] = field(default_factory=dict)
    anchors: tuple[AnchorRow, ...] = ()
    prune: pruning.Plan | None = None


class Writer:
    """Raises `LedgerError`; `sqlite3.Error` only where it reads."""

    def __init__(self, path: Path, signer: Signer, clock: Clock) -> None:
        """`open` it before anything else."""
        self.path = path
        self.signer = signer
        self._clock = clock
        self.connection: sqlite3.Connection
        self.tree: Growing

    def open(self) -> None:
        """Open or create it; entries that a crash left after the newest checkpoint are signed."""
        try:
            self.connection = sqlite3.connect(self.path, isolation_level=None)
            self.connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            new = schema.is_new(self.connection)
            if not new:
                schema.require(self.connection, self.path)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise explained(self.path, "opening the ledger", error) from error
        with self._transaction("opening the ledger"):
            if new:
                schema.create(self.connection)
            schema.complete(self.connection)
            bundles.show(self.connection)
            self.tree, signed = reopened(self.connection, self.path, self.signer.verifier)
        if signed != self.tree.size:
            self._sign()
        if new:
            durable.sync_directory(self.path.parent)

    def pack(self, n: int, bundle: bytes) -> None:
        with self._transaction("packing old entries"):
            bundles.put(self.connection, n, bundle)

    def lighten(self, span: tuple[int, int]) -> None:
        with self._transaction("packing old entries"):
            bundles.lighten(self.connection, span)

    def begin_anew(self, entries: Sequence[bytes], after: int) -> Committed:
        """Close this log and go on in its next incarnation, which begins with these entries."""
        signer = self.signer.renamed(incarnation.following(self.signer.name, after))
        with incarnation.replaced(self.path, self.connection, self.signer, signer) as path:
            fresh = Writer(path, signer, self._clock)
            fresh.open()
            try:
                incarnation.carry_over(fresh.connection, self.path)
                begun = fresh.commit(Batch(tuple(entries)))
            finally:
                fresh.close()
        self.signer = signer
        self.open()
        return begun

    def close(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()

    def commit(self, batch: Batch) -> Committed:
        """Append the batch, all or nothing, then sign."""
        self._refuse_unfit(batch.entries, batch.contents)
        first, tree = self.tree.size, self.tree.copy()
        with self._transaction("recording"):
            self._refuse_second_writer()
            self._append(tree, batch.entries)
            self.connection.executemany(
                "INSERT INTO content VALUES (?, ?) ON CONFLICT DO NOTHING", batch.contents.items()
            )
            pruning.cite(self.connection, tuple(batch.contents), tree.size - 1)
            if batch.prune is not None:
                pruning.put(self.connection, batch.prune, first)
            for table, rows in batch.kept.items():
                cached.replace(self.connection, table, rows)
            self.connection.executemany("INSERT INTO anchor VALUES (?, ?, ?, ?, ?)", batch.anchors)
            told = tuple(outbox.put(self.connection, message) for message in batch.messages)
        self.tree = tree
        return Committed(first, tree.size, tree.root(), self._sign(), told)

    def _append(self, tree: Growing, entries: Sequence[bytes]) -> None:
        first, tiles = tree.size, dict[tuple[int, int], Tile]()
        leaves = [leaf_hash(body) for body in entries]
        for leaf in leaves:
            # Of a tile that grows several times, only the last is written.
            tiles.update(((tile.level, tile.n), tile) for tile in tree.append(leaf))
        rows = zip(range(first, tree.size), leaves, entries, strict=True)
        self.connection.executemany("INSERT INTO main.entry VALUES (?, ?, ?)", rows)
        self.connection.executemany(
            "INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", map(packed, tiles.values())
        )

    def _sign(self) -> str:
        tree = self.tree
        note = self.signer.sign(Checkpoint(self.signer.name, tree.size, tree.root()).text)
        made_at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._transaction(f"storing the checkpoint of the {tree.size} entries it holds"):
            # The same size signs to the same note, so a later cosignature is not overwritten.
            self.connection.execute(
                "INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (tree.size, note, made_at),
            )
        return note

    def delivered(self, ids: Sequence[int]) -> None:
        with self._transaction("noting deliveries"):
            outbox.delivered(self.connection, ids)

    def _refuse_unfit(self, entries: Sequence[bytes], contents: Mapping[str, bytes]) -> None:
        for position, body in enumerate(entries):
            if len(body) > LONGEST_ENTRY:
                raise LedgerError(
                    f"{self.path}: entry {position} of this commit has {len(body)} bytes, and "
                    f"{LONGEST_ENTRY} are allowed; put its bulk into contents."
                )
        for digest, body in contents.items():
            actual = f"sha256:{sha256(body).hexdigest()}"
            if digest != actual:
                raise LedgerError(f"{self.path}: content {digest} has the digest {actual}.")

    def _refuse_second_writer(self) -> None:
        (last,) = self.connection.execute("SELECT max(idx) FROM main.entry").fetchone()
        held = 0 if last is None else last + 1
        if held != self.tree.size:
            raise LedgerError(
                f"{self.path}: holds {held} entries, but this process knows of {self.tree.size}: "
                "another process wrote to it; stop that one and start this one again."
            )

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[None]:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explained(self.path, doing, error) from error
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
