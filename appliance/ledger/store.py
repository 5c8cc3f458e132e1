"""
The ledger as the daemon writes it: entries, their tree, its signed head, and what is to be told.

One thread owns the one connection.  A commit is one transaction, durable before its checkpoint
is signed: a head over entries a power cut can take back would be a promise about another history.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeVar

from appliance.clock import Clock, SystemClock
from appliance.ledger import bundles, cached, durable, incarnation, outbox, pruning, schema
from appliance.ledger.entry import Message, Waiting
from appliance.ledger.errors import LedgerError, explained
from appliance.ledger.note import Checkpoint, Signer, Verifier
from appliance.ledger.reopening import reopened
from appliance.ledger.tiles import Growing, Tile, packed
from appliance.ledger.tree import leaf_hash

# tlog-tiles: an entry bundle writes a length in 16 bits.
LONGEST_ENTRY = 65_535
_BUSY_MS = 1_000
_CHUNK = 512

Result = TypeVar("Result")

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


class Store:
    """An open ledger.  Every method raises `LedgerError`, and nothing else of its own."""

    def __init__(self, path: Path, signer: Signer, clock: Clock) -> None:
        """Use `open`."""
        self.path = path
        self._signer = signer
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._closed = False
        self._connection: sqlite3.Connection
        self._tree: Growing

    @classmethod
    def open(
        cls, path: Path, *, origin: str, key: bytes | Signer, clock: Clock | None = None
    ) -> Self:
        """
        Open or create the ledger of log `origin`; `key` is its signer or an Ed25519 seed.

        Blocks for a moment: call it before the loop is busy.  Entries that a crash left after
        the newest checkpoint are signed now.  Raises `LedgerError` when the stored checkpoint
        and the recomputed root differ, or when key, origin or file belong to another log.
        """
        signer = key if isinstance(key, Signer) else Signer(origin, key)
        if signer.name != origin:
            raise LedgerError(f"{path}: log {origin!r} cannot be signed by {signer.name!r}.")
        store = cls(path, signer, clock or SystemClock())
        incarnation.finish(path)
        try:
            store._thread.submit(store._open).result()
        except BaseException:
            store._thread.submit(store._disconnect).result()
            store._thread.shutdown()
            raise
        return store

    async def commit(
        self,
        entries: Sequence[bytes],
        messages: Sequence[Message] = (),
        *,
        contents: Mapping[str, bytes] | None = None,
        standings: Mapping[str, bytes | None] | None = None,
        remembered: Mapping[str, bytes | None] | None = None,
        alerts: Mapping[str, bytes | None] | None = None,
        noted: Mapping[str, bytes | None] | None = None,
        anchors: Sequence[AnchorRow] = (),
    ) -> Committed:
        """
        Append entries and everything that follows from them, all or nothing, then sign.

        `contents` maps `sha256:<hex>` to the bytes it is the digest of; `standings`,
        `remembered` and `alerts` replace cached bodies by key, None drops one.  When the caller is
        cancelled the commit may still happen.  Raises `LedgerError` for an entry over 65,535 bytes or a
        wrong digest (nothing is recorded), and for what SQLite reports.
        """
        kept = {
            "standing": dict(standings or {}),
            "remembered": dict(remembered or {}),
            "alert": dict(alerts or {}),
            "noted": dict(noted or {}),
        }
        return await self._call(
            self._commit,
            tuple(entries),
            tuple(messages),
            dict(contents or {}),
            kept,
            tuple(anchors),
        )

    async def waiting(self, outlet: str, limit: int = 100) -> list[Waiting]:
        """The outlet's messages, oldest first."""
        return await self._call(outbox.waiting, self._connection, outlet, limit)

    async def wait(self, ids: Iterable[int]) -> bool:
        """Whether any of these messages still waits to be delivered."""
        return await self._call(outbox.wait, self._connection, tuple(ids))

    async def delivered(self, ids: Iterable[int]) -> None:
        """Forget messages; ids that wait no more are ignored."""
        await self._call(self._delivered, tuple(ids))

    async def backlog(self) -> dict[str, int]:
        """How many messages wait, for outlets where any do."""
        return await self._call(outbox.backlog, self._connection)

    async def standings(self) -> dict[str, bytes]:
        return dict(await self._rows("SELECT key, body FROM standing ORDER BY key"))

    async def remembered(self) -> dict[str, bytes]:
        return dict(await self._rows("SELECT key, body FROM remembered ORDER BY key"))

    async def alerts(self) -> dict[str, bytes]:
        """What was told of each alert."""
        return dict(await self._rows("SELECT key, body FROM alert ORDER BY key"))

    async def noted(self) -> dict[str, bytes]:
        """What the appliance knows of itself."""
        return dict(await self._rows("SELECT key, body FROM noted ORDER BY key"))

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` finds between two commits; it must not write."""
        return await self._call(lambda: work(self._connection))

    async def begin_anew(self, entries: Sequence[bytes], *, after: int = 0) -> Committed:
        """
        Close this log and go on in its next incarnation, which begins with these entries.

        Its number is higher than `after` too.  The old ledger stays beside the new one; messages
        that wait and cached bodies move over.
        """
        return await self._call(self._begin_anew, tuple(entries), after)

    async def packed(self, n: int, bundle: bytes) -> None:
        """Replace the bodies of the n-th run of entries by this bundle of them."""
        await self._call(self._packed, n, bundle)
        await self.lightened(n)

    async def lightened(self, n: int) -> None:
        """Take out of their rows the bodies that the n-th bundle holds, a few at a time."""
        for span in bundles.spans(n):
            await self._call(self._lightened, span)

    async def pruned(self, plan: pruning.Plan, body: bytes) -> Committed:
        """Let a run's old bodies go, in one transaction with the entry that says so."""
        return await self._call(self._commit, (body,), (), {}, {}, (), plan)

    @property
    def verifier(self) -> Verifier:
        """The log's name and public key."""
        return self._signer.verifier

    async def latest_checkpoint(self) -> str:
        """The newest signed note; a new ledger has one over nothing."""
        ((note,),) = await self._rows("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        return str(note)

    async def signed_at(self) -> datetime:
        """When the newest checkpoint was made, by our own clock, in UTC."""
        query = "SELECT made_at FROM checkpoint ORDER BY size DESC LIMIT 1"
        ((made_at,),) = await self._rows(query)
        return datetime.fromisoformat(made_at)

    @property
    def size(self) -> int:
        """How many entries are recorded."""
        return self._tree.size

    async def entries(
        self, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[tuple[int, bytes]]:
        """(index, body) from `start` up to, not including, `stop` or the size at the start."""
        end = self.size if stop is None else min(stop, self.size)
        for first in range(max(start, 0), end, _CHUNK):
            for index, body in await self._rows(
                "SELECT idx, body FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx",
                first,
                min(first + _CHUNK, end),
            ):
                yield index, body

    async def content(self, digest: str) -> bytes:
        """Raises `LedgerError` for a digest the ledger does not hold."""
        for (body,) in await self._rows("SELECT body FROM content WHERE digest = ?", digest):
            return bytes(body)
        raise LedgerError(f"{self.path}: there is no content {digest}.")

    async def close(self) -> None:
        """Twice does no harm."""
        if not self._closed:
            await self._call(self._disconnect)
            self._closed = True
            self._thread.shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # What follows runs in the owning thread, but for _call and _rows that lead there.

    async def _call(self, work: Callable[..., Result], *arguments: object) -> Result:
        if self._closed:
            raise LedgerError(f"{self.path}: the ledger is closed.")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work, *arguments)
        except sqlite3.Error as error:
            raise explained(self.path, "reading", error) from error

    async def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._call(lambda: self._connection.execute(query, values).fetchall())

    def _open(self) -> None:
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None)
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            new = schema.is_new(self._connection)
            if not new:
                schema.require(self._connection, self.path)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise explained(self.path, "opening the ledger", error) from error
        with self._transaction("opening the ledger"):
            if new:
                schema.create(self._connection)
            schema.complete(self._connection)
            bundles.show(self._connection)
            self._tree, signed = reopened(self._connection, self.path, self._signer.verifier)
        if signed != self._tree.size:
            self._sign()
        if new:
            durable.sync_directory(self.path.parent)

    def _packed(self, n: int, bundle: bytes) -> None:
        with self._transaction("packing old entries"):
            bundles.put(self._connection, n, bundle)

    def _lightened(self, span: tuple[int, int]) -> None:
        with self._transaction("packing old entries"):
            bundles.lighten(self._connection, span)

    def _begin_anew(self, entries: Sequence[bytes], after: int) -> Committed:
        signer = self._signer.renamed(incarnation.following(self._signer.name, after))
        with incarnation.replaced(self.path, self._connection, self._signer, signer) as path:
            fresh = Store(path, signer, self._clock)
            fresh._open()
            try:
                incarnation.carry_over(fresh._connection, self.path)
                begun = fresh._commit(entries, (), {}, {})
            finally:
                fresh._disconnect()
                fresh._thread.shutdown()
        self._signer = signer
        self._open()
        return begun

    def _disconnect(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    def _commit(
        self,
        entries: Sequence[bytes],
        messages: Sequence[Message],
        contents: Mapping[str, bytes],
        kept: Mapping[str, Mapping[str, bytes | None]],
        anchors: Sequence[AnchorRow] = (),
        prune: pruning.Plan | None = None,
    ) -> Committed:
        self._refuse_unfit(entries, contents)
        first, tree = self._tree.size, self._tree.copy()
        with self._transaction("recording"):
            self._refuse_second_writer()
            self._append(tree, entries)
            self._connection.executemany(
                "INSERT INTO content VALUES (?, ?) ON CONFLICT DO NOTHING", contents.items()
            )
            pruning.cite(self._connection, tuple(contents), tree.size - 1)
            if prune is not None:
                pruning.put(self._connection, prune, first)
            for table, rows in kept.items():
                cached.replace(self._connection, table, rows)
            self._connection.executemany("INSERT INTO anchor VALUES (?, ?, ?, ?, ?)", anchors)
            told = tuple(outbox.put(self._connection, message) for message in messages)
        self._tree = tree
        return Committed(first, tree.size, tree.root(), self._sign(), told)

    def _append(self, tree: Growing, entries: Sequence[bytes]) -> None:
        first, tiles = tree.size, dict[tuple[int, int], Tile]()
        leaves = [leaf_hash(body) for body in entries]
        for leaf in leaves:
            # Of a tile that grows several times, only the last is written.
            tiles.update(((tile.level, tile.n), tile) for tile in tree.append(leaf))
        rows = zip(range(first, tree.size), leaves, entries, strict=True)
        self._connection.executemany("INSERT INTO main.entry VALUES (?, ?, ?)", rows)
        self._connection.executemany(
            "INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", map(packed, tiles.values())
        )

    def _sign(self) -> str:
        tree = self._tree
        note = self._signer.sign(Checkpoint(self._signer.name, tree.size, tree.root()).text)
        made_at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._transaction(f"storing the checkpoint of the {tree.size} entries it holds"):
            # The same size signs to the same note, so a later cosignature is not overwritten.
            self._connection.execute(
                "INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (tree.size, note, made_at),
            )
        return note

    def _delivered(self, ids: Sequence[int]) -> None:
        with self._transaction("noting deliveries"):
            outbox.delivered(self._connection, ids)

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
        (last,) = self._connection.execute("SELECT max(idx) FROM main.entry").fetchone()
        held = 0 if last is None else last + 1
        if held != self.size:
            raise LedgerError(
                f"{self.path}: holds {held} entries, but this process knows of {self.size}: "
                "another process wrote to it; stop that one and start this one again."
            )

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explained(self.path, doing, error) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
