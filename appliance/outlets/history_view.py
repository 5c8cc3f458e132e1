"""One state's verdicts in the ledger, and the observations each rests on."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from appliance.ledger.reading import read
from appliance.outlets.leaves import LONGEST_VALUE, decoded, size_of, word
from appliance.outlets.text import harmless
from checks.facts.codec import digest

MOST = 5
"""Turns that are shown; older ones only until one says its verdict in full."""
LOOK_BACK = 50_000
"""How many entries are searched; a package has them all."""
VISIT = 50
"""A visit's observations stand at most so many entries before its verdicts."""


@dataclass(frozen=True)
class Turn:
    """One verdict of a state's history: the entry it is in, and the observations it rests on."""

    index: int
    at: str
    state: str
    verdict: str
    said: str
    same: bool
    inputs: tuple[Basis, ...]


@dataclass(frozen=True)
class Basis:
    """One observation a verdict names: the entry that holds it, and its facts' digest or a gap."""

    index: int | None
    question: str
    facts: str
    gap: str


def history(ledger: Path, key: str) -> tuple[Turn, ...]:
    """The newest verdicts of one state, the newest first, with what each rests on."""
    return read(ledger, "reading a history", partial(_history, key))


def _history(key: str, connection: sqlite3.Connection) -> tuple[Turn, ...]:
    # A key is made of ids and dots, so it stands in JSON as it is.
    rows = connection.execute(
        "SELECT idx, body FROM entry WHERE idx >= ? AND instr(body, ?) > 0 ORDER BY idx DESC",
        (size_of(connection) - LOOK_BACK, f'"key":"{key}"'.encode()),
    )
    turns = []
    for index, body in rows:
        value = decoded(body)
        if not isinstance(value, dict) or value.get("type") != "verdicts":
            continue
        turns += [
            _turn(connection, index, value, row) for row in value["rows"] if row.get("key") == key
        ]
        if len(turns) >= MOST and not all(turn.same for turn in turns):
            break
    full = next((n for n, turn in enumerate(turns) if not turn.same), len(turns))
    return (*turns[:MOST], *(turns[full : full + 1] if full >= MOST else ()))


def _turn(
    connection: sqlite3.Connection, index: int, fields: dict[str, Any], row: dict[str, Any]
) -> Turn:
    verdict = row.get("verdict") or {}
    return Turn(
        index=index,
        at=word(fields, "t"),
        state=word(row, "state"),
        verdict=word(verdict, "outcome"),
        said=harmless(str(verdict.get("said", "")), LONGEST_VALUE),
        same=bool(row.get("same")),
        inputs=_bases(connection, index, str(fields.get("visit", "")), row.get("inputs")),
    )


def _bases(
    connection: sqlite3.Connection, index: int, visit: str, inputs: object
) -> tuple[Basis, ...]:
    """The observations of the same visit a verdict rests on; older ones are known by digest."""
    named = inputs if isinstance(inputs, list) else []
    rows = connection.execute(
        "SELECT idx, body FROM entry WHERE idx < ? AND idx >= ? ORDER BY idx DESC",
        (index, index - VISIT),
    )
    found: dict[str, Basis] = {}
    for at, body in rows:
        value = decoded(body)
        if not isinstance(value, dict) or value.get("type") != "observations":
            continue
        if value.get("visit") != visit:
            continue
        for row in value["rows"]:
            question = f"{row.get('question', '')} {row.get('service') or ''}".strip()
            gap = f"{row['reason']}: {row.get('said', '')}" if row.get("reason") else ""
            found[digest(row)] = Basis(
                at, harmless(question), str(row.get("facts", "")), harmless(gap, LONGEST_VALUE)
            )
    return tuple(
        found.get(str(name), Basis(None, f"an earlier visit's, {str(name)[:19]}…", "", ""))
        for name in named
    )
