"""
The tree in tiles of 256 hashes, as C2SP tlog-tiles cuts it, so that a root or a proof is cheap.

Tile (L, n) holds hashes 256n to 256n + 255 of tree level 8L.  Level 0 is stored once it is full
(until then the entries hold its leaves); higher levels grow by one hash every 256 of the level
below.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from appliance.ledger.tree import Nodes, complete_subtrees, join, node_hash

WIDTH = 256
HASH = 32


@dataclass(frozen=True)
class Tile:
    level: int
    n: int
    hashes: tuple[bytes, ...]


@dataclass
class Growing:
    """The right edge of a tree: what appending and its root need, nothing more."""

    size: int = 0
    _peaks: list[bytes] = field(default_factory=list)
    _rows: list[list[bytes]] = field(default_factory=list)

    def copy(self) -> Growing:
        return Growing(self.size, list(self._peaks), [list(row) for row in self._rows])

    def root(self) -> bytes:
        return join(self._peaks)

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf hash; gives the tiles that became full or, above level 0, grew."""
        changed = self._place(0, leaf)
        hashed, index, level = leaf, self.size, 0
        while index & 1:
            hashed, index, level = node_hash(self._peaks.pop(), hashed), index >> 1, level + 1
            if level % 8 == 0:
                changed += self._place(level // 8, hashed)
        self._peaks.append(hashed)
        self.size += 1
        return changed

    def _place(self, level: int, hashed: bytes) -> list[Tile]:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(hashed)
        n = (self.size >> 8 * level) // WIDTH
        full = len(row) == WIDTH
        changed = [Tile(level, n, tuple(row))] if full or level > 0 else []
        if full:
            self._rows[level] = []
        return changed

    @classmethod
    def restored(cls, size: int, nodes: Nodes) -> Self:
        """The edge of a stored tree.  Raises `LookupError` when a tile it needs is damaged."""
        rows = []
        for level in range(0, size.bit_length(), 8):
            count = size >> level
            rows.append([nodes(level, i) for i in range(count - count % WIDTH, count)])
        return cls(size, [nodes(*place) for place in complete_subtrees(size)], rows)


class StoredNodes:
    """
    The hash of any full subtree, from the tables `tile` and `entry`.

    Raises `LookupError` naming the tile that is missing or too short.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: tuple[tuple[int, int], Sequence[bytes]] = ((-1, -1), ())

    def __call__(self, level: int, index: int) -> bytes:
        tile, inside = divmod(level, 8)
        first = index << inside
        hashes = self._hashes(tile, first // WIDTH)
        row = list(hashes[first % WIDTH : first % WIDTH + (1 << inside)])
        if len(row) != 1 << inside:
            raise LookupError(f"tile {tile}/{first // WIDTH} holds only {len(hashes)} hashes")
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]

    def _hashes(self, level: int, n: int) -> Sequence[bytes]:
        if self._last[0] != (level, n):
            self._last = ((level, n), self._read(level, n))
        return self._last[1]

    def _read(self, level: int, n: int) -> Sequence[bytes]:
        row = self._connection.execute(
            "SELECT hashes FROM tile WHERE level = ? AND n = ?", (level, n)
        ).fetchone()
        if row is not None:
            return unpacked(row[0])
        if level == 0:
            span = (n * WIDTH, (n + 1) * WIDTH)
            leaves = self._connection.execute(
                "SELECT leaf FROM main.entry WHERE idx >= ? AND idx < ? ORDER BY idx", span
            )
            return [leaf for (leaf,) in leaves]
        return ()


def packed(tile: Tile) -> tuple[int, int, bytes]:
    """A row of the table `tile`."""
    return tile.level, tile.n, b"".join(tile.hashes)


def unpacked(hashes: bytes) -> list[bytes]:
    return [hashes[i : i + HASH] for i in range(0, len(hashes), HASH)]
