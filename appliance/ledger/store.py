"""
The ledger as the daemon uses it: what is recorded, what is to be told, and what was remembered.

One thread owns the one connection; the loop waits for it and is never blocked by it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from appliance.clock import Clock, SystemClock
from appliance.ledger import bundles, incarnation, outbox, pruning
from appliance.ledger.entry import Message, Waiting
from appliance.ledger.errors import LedgerError, explained
from appliance.ledger.note import Signer, Verifier
from appliance.ledger.writing import AnchorRow, Batch, Committed, Writer

_CHUNK = 512

Result = TypeVar("Result")


class Store:
    """An open ledger.  Every method raises `LedgerError`, and nothing else of its own."""

    def __init__(self, path: Path, signer: Signer, clock: Clock) -> None:
        """Use `open`."""
        self.path = path
        self._writer = Writer(path, signer, clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._closed = False

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
            store._thread.submit(store._writer.open).result()
        except BaseException:
            store._thread.submit(store._writer.close).result()
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
        batch = Batch(tuple(entries), tuple(messages), dict(contents or {}), kept, tuple(anchors))
        return await self._call(self._writer.commit, batch)

    async def waiting(self, outlet: str, limit: int = 100) -> list[Waiting]:
        """The outlet's messages, oldest first."""
        return await self._call(outbox.waiting, self._writer.connection, outlet, limit)

    async def wait(self, ids: Iterable[int]) -> bool:
        """Whether any of these messages still waits to be delivered."""
        return await self._call(outbox.wait, self._writer.connection, tuple(ids))

    async def delivered(self, ids: Iterable[int]) -> None:
        """Forget messages; ids that wait no more are ignored."""
        await self._call(self._writer.delivered, tuple(ids))

    async def backlog(self) -> dict[str, int]:
        """How many messages wait, for outlets where any do."""
        return await self._call(outbox.backlog, self._writer.connection)

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
        return await self._call(lambda: work(self._writer.connection))

    async def begin_anew(self, entries: Sequence[bytes], *, after: int = 0) -> Committed:
        """
        Close this log and go on in its next incarnation, which begins with these entries.

        Its number is higher than `after` too.  The old ledger stays beside the new one; messages
        that wait and cached bodies move over.
        """
        return await self._call(self._writer.begin_anew, tuple(entries), after)

    async def packed(self, n: int, bundle: bytes) -> None:
        """Replace the bodies of the n-th run of entries by this bundle of them."""
        await self._call(self._writer.pack, n, bundle)
        await self.lightened(n)

    async def lightened(self, n: int) -> None:
        """Take out of their rows the bodies that the n-th bundle holds, a few at a time."""
        for span in bundles.spans(n):
            await self._call(self._writer.lighten, span)

    async def pruned(self, plan: pruning.Plan, body: bytes) -> Committed:
        """Let a run's old bodies go, in one transaction with the entry that says so."""
        return await self._call(self._writer.commit, Batch((body,), prune=plan))

    @property
    def verifier(self) -> Verifier:
        """The log's name and public key."""
        return self._writer.signer.verifier

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
        return self._writer.tree.size

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
            await self._call(self._writer.close)
            self._closed = True
            self._thread.shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(self, work: Callable[..., Result], *arguments: object) -> Result:
        if self._closed:
            raise LedgerError(f"{self.path}: the ledger is closed.")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work, *arguments)
        except sqlite3.Error as error:
            raise explained(self.path, "reading", error) from error

    async def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._call(lambda: self._writer.connection.execute(query, values).fetchall())
