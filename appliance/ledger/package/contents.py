"""
The contents that the disclosed entries name, and the source of every revision that judged.

Facts, expectations and lists are one line each of contents.jsonl; what is no line of JSON, as a
check's source, is a file named by its digest.  Which there are is kept in a temporary database:
a year of visits names more than a small computer should remember.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.ledger.naming import CONTENT_KEYS, is_digest, references
from appliance.ledger.package.bag import Bag
from appliance.ledger.package.logs import Logs
from appliance.ledger.package.masking import Mask
from checks import BY_ID
from checks.revision import sources_of

LINES = "data/90_raw/contents.jsonl"
MASKED = "data/90_raw/masked-contents.jsonl"
FOLDER = "data/90_raw/contents/"
_KEYS = CONTENT_KEYS | {"rev"}
_LINE, _FILE, _HIDDEN, _GONE = range(4)


class Contents:
    """What `bodies` name, and what that names in turn; close it."""

    def __init__(self, logs: Logs, bodies: Iterable[bytes], mask: Mask) -> None:
        self._logs, self._mask = logs, mask
        # Without a name SQLite keeps it in a file of its own, beyond a few pages of cache.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("PRAGMA cache_size = -4096")
        self._seen.execute("BEGIN")
        self._seen.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, kind INT) WITHOUT ROWID")
        self._installed: dict[str, bytes] = {}
        for check in BY_ID.values():
            self._installed |= sources_of(check)
        # Most of the time is spent reading JSON, so what names nothing is not read.
        for body in bodies:
            if b'"sha256:' in body:
                self._meet(references(_decoded(body), _KEYS))

    def close(self) -> None:
        self._seen.close()

    def write(self, bag: Bag) -> None:
        bag.add(LINES, (data + b"\n" for _, data in self._of(_LINE)))
        for digest, data in self._of(_FILE):
            bag.add(FOLDER + digest, data)
        if self._mask:
            bag.add(MASKED, map(self._masked, self._of(_HIDDEN)))

    def gone(self, most: int) -> list[str]:
        """The first digests nobody could give."""
        rows = self._seen.execute(
            "SELECT digest FROM seen WHERE kind = ? ORDER BY digest LIMIT ?", (_GONE, most)
        )
        return [f"sha256:{d.hex()}" for (d,) in rows]

    def _meet(self, digests: Iterable[str]) -> None:
        left = list(digests)
        while left:
            digest = left.pop()
            octets = bytes.fromhex(digest.removeprefix("sha256:"))
            if self._seen.execute("SELECT 1 FROM seen WHERE digest = ?", (octets,)).fetchone():
                continue
            data = self._data(digest)
            self._seen.execute("INSERT INTO seen VALUES (?, ?)", (octets, self._kind(data)))
            left += _sources(data or b"")

    def _kind(self, data: bytes | None) -> int:
        if data is None:
            return _GONE
        line = data[:1] in (b"{", b"[") and b"\n" not in data
        if line and self._mask.view(data) is not None:
            return _HIDDEN
        return _LINE if line else _FILE

    def _of(self, kind: int) -> Iterator[tuple[str, bytes]]:
        for (octets,) in self._seen.execute(
            "SELECT digest FROM seen WHERE kind = ? ORDER BY digest", (kind,)
        ):
            data = self._data(f"sha256:{octets.hex()}")
            assert data is not None
            yield octets.hex(), data

    def _masked(self, item: tuple[str, bytes]) -> bytes:
        digest, data = item
        shown = self._mask.view(data) or b"null"
        return b'{"digest":"sha256:%s","view":%s}\n' % (digest.encode(), shown)

    def _data(self, digest: str) -> bytes | None:
        found = self._logs.content(digest)
        return self._installed.get(digest) if found is None else found


def _sources(data: bytes) -> list[str]:
    """The files of a check's revision, where the content is the list of one."""
    if not data.startswith(b'{"files":{'):
        return []
    files = _decoded(data).get("files", {})
    return [d for d in files.values() if is_digest(d)]


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {}
