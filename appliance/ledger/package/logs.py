"""
A ledger's logs one after the other: those that were closed, and the one in use.

A restored copy is closed and the next incarnation begun, whose first entry quotes both sides.  Who
shows a period shows all of them, so entries are counted through: `place` is an entry's number over
all logs, `index` the one in its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from appliance.ledger.anchors.outside import base, incarnation
from appliance.ledger.errors import LedgerError, NoteError
from appliance.ledger.note import Checkpoint, Verifier, opened_checkpoint
from appliance.ledger.package.runs import Runs
from appliance.ledger.reading import read
from appliance.ledger.tiles import StoredNodes
from appliance.ledger.tree import root_at

Result = TypeVar("Result")


@dataclass(frozen=True)
class Log:
    """
    One of them.  Its entry 0 has the place `start`; `size` counts those that are signed, `held`
    all that are written down.  `folder` is its folder's name in a package.
    """

    connection: sqlite3.Connection
    verifier: Verifier
    note: str
    head: Checkpoint
    start: int
    held: int
    folder: str

    @property
    def size(self) -> int:
        return self.head.size

    @property
    def number(self) -> int:
        """Its incarnation; 1 for a name that says none."""
        return _number(self.verifier.name)

    @cached_property
    def nodes(self) -> StoredNodes:
        return StoredNodes(self.connection)

    def own(self, places: Runs) -> Runs:
        """Those of the places that are signed entries of this log, as indices."""
        found = Runs()
        for first, last in places.stretches():
            for place in range(max(first, self.start), min(last + 1, self.start + self.size)):
                found.add(place - self.start)
        return found


class Logs:
    """
    The oldest first.  `notes` says what lies beside them and is not in here, each with why.
    """

    def __init__(self, logs: Sequence[Log], notes: Iterable[str] = ()) -> None:
        self.all = tuple(logs)
        self.notes = tuple(notes)

    def __iter__(self) -> Iterator[Log]:
        return iter(self.all)

    @property
    def newest(self) -> Log:
        return self.all[-1]

    @property
    def held(self) -> int:
        """How many places there are."""
        return self.newest.start + self.newest.held

    @property
    def signed(self) -> int:
        return self.newest.start + self.newest.size

    def of(self, place: int) -> Log:
        return next(log for log in reversed(self.all) if log.start <= place)

    def named(self, place: int) -> str:
        """An entry's number for people: 17, or 1/17 where there is more than one log."""
        log = self.of(place)
        number = str(place - log.start)
        return number if len(self.all) == 1 else f"{log.number}/{number}"

    def entries(self, last: int | None = None) -> Iterator[tuple[int, bytes | None]]:
        """(place, body) up to and with `last`; None for a body that was pruned."""
        for log in self.all:
            left = log.held - 1 if last is None else min(last - log.start, log.held - 1)
            rows = log.connection.execute(
                "SELECT idx, body FROM entry WHERE idx <= ? ORDER BY idx", (left,)
            )
            for index, body in rows:
                yield log.start + index, body

    def backwards(self) -> Iterator[tuple[int, bytes | None]]:
        for log in reversed(self.all):
            rows = log.connection.execute(
                "SELECT idx, body FROM entry WHERE idx < ? ORDER BY idx DESC", (log.held,)
            )
            for index, body in rows:
                yield log.start + index, body

    def bodies(self, places: Runs) -> Iterator[tuple[int, bytes]]:
        """The bodies of these entries, in their order."""
        for log in self.all:
            for first, last in log.own(places).stretches():
                rows = log.connection.execute(
                    "SELECT idx, body FROM entry WHERE idx >= ? AND idx <= ? ORDER BY idx",
                    (first, last),
                )
                for index, body in rows:
                    yield log.start + index, body

    def content(self, digest: str) -> bytes | None:
        """A damaged content is as good as none; `evidence verify` names it."""
        for log in reversed(self.all):
            row = log.connection.execute(
                "SELECT body FROM content WHERE digest = ?", (digest,)
            ).fetchone()
            if row is not None and "sha256:" + sha256(row[0]).hexdigest() == digest:
                return bytes(row[0])
        return None


def read_logs(
    ledger: Path, doing: str, work: Callable[[Logs], Result], verifier: Verifier | None = None
) -> Result:
    """
    What `work` finds in one unchanging view of a ledger and of those closed before it.

    Without a verifier the heads are taken as they stand.  Raises `LedgerError` for a ledger that
    cannot be read or is not of this key; a closed one of that kind is a note.
    """
    closed, notes = _closed(ledger, verifier)
    found: list[tuple[str, sqlite3.Connection]] = []

    def inner(paths: Sequence[Path]) -> Result:
        if not paths:
            return work(_joined(found, notes, verifier))

        def opened(connection: sqlite3.Connection) -> Result:
            found.append((paths[0].name, connection))
            try:
                return inner(paths[1:])
            finally:
                found.pop()

        return read(paths[0], doing, opened)

    # The one in use first: a change to the next incarnation meanwhile takes nothing from our view.
    return inner([ledger, *closed])


def newest(connection: sqlite3.Connection, verifier: Verifier) -> tuple[str, Checkpoint]:
    """The newest signed head.  Raises `LedgerError` when it is not this key's."""
    note = _note(connection)
    try:
        return note, opened_checkpoint(note, verifier)
    except NoteError as error:
        raise LedgerError(
            f"the newest checkpoint: {error} Run `upheld evidence verify`."
        ) from error


def _note(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    if row is None:
        raise LedgerError("the ledger has no checkpoint; run `upheld evidence verify`.")
    return str(row[0])


def _closed(ledger: Path, verifier: Verifier | None) -> tuple[list[Path], list[str]]:
    """The closed ledgers that can be read, and what is to be said of the others."""
    paths, notes = [], []
    for path in sorted(ledger.parent.glob(f"{ledger.stem}-*{ledger.suffix}")):
        try:
            read(path, "looking at a closed ledger", partial(_headed, verifier))
        except (LedgerError, OSError) as error:
            notes.append(f"{path.name} is not in here: {error}")
        else:
            paths.append(path)
    return paths, notes


def _headed(verifier: Verifier | None, connection: sqlite3.Connection) -> tuple[str, Checkpoint]:
    """The head of a log of whatever incarnation that this key signed."""
    note = _note(connection)
    origin = note.partition("\n")[0]
    if verifier is None:
        return note, Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
    if base(origin) != base(verifier.name):
        raise NoteError(f"it is of log {origin!r}, not of {base(verifier.name)!r}.")
    return newest(connection, Verifier(origin, verifier.key))


def _joined(
    found: Sequence[tuple[str, sqlite3.Connection]], notes: Sequence[str], verifier: Verifier | None
) -> Logs:
    """Sorted by incarnation; of two files of one incarnation the longer, where it continues the other."""
    (_, own), *others = found
    heads = {id(own): newest(own, verifier) if verifier else _headed(None, own)}
    heads |= {id(c): _headed(verifier, c) for _, c in others}
    said = list(notes)
    best: dict[int, tuple[str, sqlite3.Connection]] = {}
    for name, connection in found:
        number = _number(heads[id(connection)][1].origin)
        if number not in best:
            best[number] = (name, connection)
            continue
        pair = sorted([best[number], (name, connection)], key=lambda f: heads[id(f[1])][1].size)
        (shorter, short), best[number] = pair
        size, root = heads[id(short)][1].size, heads[id(short)][1].root
        if root_at(size, StoredNodes(best[number][1])) != root:
            said.append(
                f"{shorter} is another history of {heads[id(short)][1].origin}, of {size} entries, "
                f"than {best[number][0]}; it is not in here"
            )
    logs: list[Log] = []
    for number, (_, connection) in sorted(best.items()):
        note, head = heads[id(connection)]
        start = logs[-1].start + logs[-1].size if logs else 0
        held, folder = head.size, f"log-{number}"
        if number == max(best):
            (last,) = connection.execute("SELECT max(idx) FROM entry").fetchone()
            held, folder = 0 if last is None else last + 1, "log"
        key = Verifier(head.origin, verifier.key if verifier else bytes(32))
        logs.append(Log(connection, key, note, head, start, held, folder))
    return Logs(logs, said)


def _number(origin: str) -> int:
    try:
        return incarnation(origin)
    except NoteError:
        return 1
