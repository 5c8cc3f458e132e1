"""What waits to be told, in the ledger's own file so that it is written with what it tells."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from appliance.ledger.entry import Message, Waiting


def put(connection: sqlite3.Connection, message: Message) -> tuple[int, int]:
    """
    Number a message and let it wait, inside the caller's transaction; its id and its number.

    A `latest_only` message takes the place of a waiting one with a number and an id of its own:
    the older may be on its way at this moment, and its receipt must not count for the newer.
    """
    if message.latest_only:
        connection.execute(
            "DELETE FROM outbox WHERE outlet = ? AND address = ? AND latest_only",
            (message.outlet, message.address),
        )
    (sequence,) = connection.execute(
        "INSERT INTO stream VALUES (?, ?, 1) "
        "ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
        (message.outlet, message.stream),
    ).fetchone()
    row = connection.execute(
        "INSERT INTO outbox (outlet, stream, sequence, address, headers, body, latest_only) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            message.outlet,
            message.stream,
            sequence,
            message.address,
            message.headers,
            message.body,
            message.latest_only,
        ),
    ).lastrowid
    assert row is not None
    return row, int(sequence)


def wait(connection: sqlite3.Connection, ids: Iterable[int]) -> bool:
    """Whether any of them has not been delivered."""
    query = "SELECT EXISTS (SELECT 1 FROM outbox WHERE id = ?)"
    return any(connection.execute(query, (i,)).fetchone()[0] for i in ids)


def waiting(connection: sqlite3.Connection, outlet: str, limit: int) -> list[Waiting]:
    """Oldest first."""
    rows = connection.execute(
        "SELECT id, sequence, stream, address, body, headers, latest_only FROM outbox "
        "WHERE outlet = ? ORDER BY id LIMIT ?",
        (outlet, limit),
    )
    return [
        Waiting(id_, sequence, Message(outlet, stream, address, body, headers, bool(latest)))
        for id_, sequence, stream, address, body, headers, latest in rows
    ]


def delivered(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    connection.executemany("DELETE FROM outbox WHERE id = ?", [(i,) for i in ids])


def backlog(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(
        connection.execute("SELECT outlet, count(*) FROM outbox GROUP BY outlet").fetchall()
    )
