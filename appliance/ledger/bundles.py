"""
Bodies of entries packed together, so that a visit's results cost what is new in them.

A bundle holds the bodies of 4,096 entries in a row, each with its length in 16 bits before it (as
a C2SP tlog-tiles entry bundle has them), compressed as one.  `show` lays a view over the table, so
that whoever reads entries reads them as if each body stood in its row.  A body that was pruned has
no octets in its bundle, and is NULL in the view.
"""

from __future__ import annotations

import lzma
import sqlite3
from collections.abc import Iterator, Sequence

from appliance.ledger.tree import leaf_hash

ENTRIES = 4_096
STEP = 256
_LENGTH = 2
_OF_NOTHING = leaf_hash(b"")
# Small windows and no search for the last percent: this runs beside visits.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 2, "dict_size": 16 * 1024 * 1024}]


def pack(bodies: Sequence[bytes]) -> bytes:
    """Every body must have fewer than 65,536 octets."""
    plain = b"".join(len(body).to_bytes(_LENGTH, "big") + body for body in bodies)
    return lzma.compress(plain, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=_FILTERS)


def unpack(bundle: bytes) -> list[bytes]:
    """Raises `ValueError` for what is no bundle."""
    try:
        plain = lzma.decompress(bundle, format=lzma.FORMAT_XZ)
    except lzma.LZMAError as error:
        raise ValueError(f"no bundle: {error}") from error
    bodies, at = [], 0
    while at < len(plain):
        length = int.from_bytes(plain[at : at + _LENGTH], "big")
        bodies.append(plain[at + _LENGTH : at + _LENGTH + length])
        at += _LENGTH + length
    if at != len(plain):
        raise ValueError("no bundle: it ends in the middle of a body")
    return bodies


def show(connection: sqlite3.Connection) -> None:
    """Lay the view over the entries; a body whose bundle is damaged, pruned or gone is NULL in it."""
    (there,) = connection.execute(
        "SELECT count(*) FROM main.sqlite_master WHERE name = 'bundle'"
    ).fetchone()
    if not there:
        return
    last: dict[int, list[bytes]] = {}

    def unbundled(index: int, leaf: bytes) -> bytes | None:
        n, place = divmod(index, ENTRIES)
        if n not in last:
            row = connection.execute("SELECT body FROM main.bundle WHERE n = ?", (n,)).fetchone()
            last.clear()
            try:
                last[n] = unpack(row[0]) if row else []
            except ValueError:
                last[n] = []
        body = last[n][place] if place < len(last[n]) else b""
        return body if body or leaf == _OF_NOTHING else None

    connection.create_function("unbundled", 2, unbundled)
    connection.execute(
        "CREATE TEMP VIEW IF NOT EXISTS entry AS "
        "SELECT idx, leaf, coalesce(body, unbundled(idx, leaf)) AS body FROM main.entry"
    )


def due(connection: sqlite3.Connection) -> int | None:
    """The first run of entries that is whole and not packed yet; None: there is none."""
    (packed,) = connection.execute("SELECT max(n) FROM main.bundle").fetchone()
    (last,) = connection.execute("SELECT max(idx) FROM main.entry").fetchone()
    n = 0 if packed is None else packed + 1
    return n if last is not None and last + 1 >= (n + 1) * ENTRIES else None


def bodies(connection: sqlite3.Connection, n: int) -> list[bytes]:
    """The bodies of one run, as they stand in their rows.  Raises `ValueError` when some do not."""
    rows = connection.execute(
        "SELECT body FROM main.entry WHERE idx >= ? AND idx < ? ORDER BY idx",
        (n * ENTRIES, (n + 1) * ENTRIES),
    ).fetchall()
    found = [body for (body,) in rows if body is not None]
    if len(found) != ENTRIES:
        raise ValueError(f"of the entries of bundle {n}, {ENTRIES - len(found)} have no body")
    return found


def half(connection: sqlite3.Connection) -> int | None:
    """The run that has its bundle and still has bodies in its rows: the power went meanwhile."""
    row = connection.execute(
        "SELECT n FROM (SELECT max(n) AS n FROM main.bundle) AS newest "
        "JOIN main.entry AS e ON e.idx = (newest.n + 1) * ? - 1 WHERE e.body IS NOT NULL",
        (ENTRIES,),
    ).fetchone()
    return None if row is None else int(row[0])


def put(connection: sqlite3.Connection, n: int, bundle: bytes) -> None:
    """Keep the bundle of one run, inside the caller's transaction; `lighten` follows."""
    connection.execute("INSERT INTO main.bundle VALUES (?, ?)", (n, bundle))


def spans(n: int) -> Iterator[tuple[int, int]]:
    """A run in steps, short enough for a visit to be written between two of them."""
    for first in range(n * ENTRIES, (n + 1) * ENTRIES, STEP):
        yield first, min(first + STEP, (n + 1) * ENTRIES)


def lighten(connection: sqlite3.Connection, span: tuple[int, int]) -> None:
    """Take the bodies out of these rows, which a bundle holds; in the caller's transaction."""
    rows = connection.execute(
        "SELECT idx, leaf FROM main.entry WHERE idx >= ? AND idx < ? ORDER BY idx", span
    ).fetchall()
    # Not UPDATE: it would leave a page of the file for every row or two, nearly empty.
    connection.execute("DELETE FROM main.entry WHERE idx >= ? AND idx < ?", span)
    connection.executemany("INSERT INTO main.entry VALUES (?, ?, NULL)", rows)
