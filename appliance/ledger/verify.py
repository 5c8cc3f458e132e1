"""Is the ledger what was signed?  Recomputes everything, changes nothing, names what is broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

from appliance.ledger.errors import NoteError
from appliance.ledger.naming import CONTENT_KEYS, named
from appliance.ledger.note import Checkpoint, Verifier, opened_checkpoint
from appliance.ledger.pruning import Pruned, said
from appliance.ledger.reading import read
from appliance.ledger.tiles import Growing, packed
from appliance.ledger.tree import leaf_hash

_MOST_NAMED = 20


@dataclass(frozen=True)
class Report:
    """
    What was checked and what is broken, a sentence each; nothing broken is `ok`.

    `unsigned` entries came after the newest checkpoint: a crash leaves some, until the ledger is
    opened again.  `size` and `root` are those of the newest good checkpoint.  `pruned` bodies are gone
    because one of the signed entries `pruned_by` says so; any other missing body is broken.
    """

    origin: str
    entries: int
    checkpoints: int
    contents: int
    unsigned: int
    size: int
    root: bytes
    broken: tuple[str, ...]
    pruned: int = 0
    pruned_by: tuple[Pruned, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.broken


def verify(path: Path, vkey: str, known: Sequence[str] = ()) -> Report:
    """
    Rehash every entry and content, recompute every root, check every signature.

    `known` are checkpoints kept elsewhere (the SOC's): whoever holds the key can rewrite a
    ledger and sign it again, and only those show it.  Raises `LedgerError` when there is no
    ledger to read or the vkey is none.
    """
    verifier = Verifier.parse(vkey)
    return read(path, "verifying", partial(_verified, verifier, known))


@dataclass
class _Findings:
    """Broken things by kind: the first of each kind in full, then how many more."""

    _kinds: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, sentence: str) -> None:
        self._kinds.setdefault(kind, []).append(sentence)

    def sentences(self) -> Iterator[str]:
        for kind, found in self._kinds.items():
            yield from found[:_MOST_NAMED]
            if len(found) > _MOST_NAMED:
                yield f"and {len(found) - _MOST_NAMED} more {kind}"


def _verified(verifier: Verifier, known: Sequence[str], connection: sqlite3.Connection) -> Report:
    findings = _Findings()
    (stored,) = connection.execute("SELECT count(*) FROM checkpoint").fetchone()
    heads = _Heads(findings, _checkpoints(connection, verifier, known, findings))
    gone = _Gone()
    tree, names = _walked(connection, heads, gone, findings)
    heads.beyond(tree.size)
    contents = _contents(connection, names, findings)
    if heads.newest is None:
        findings.add("checkpoints", "no checkpoint is good, so nothing here is signed")
    size = heads.newest.size if heads.newest else 0
    pruned = gone.judged(size, findings)
    return Report(
        origin=verifier.name,
        entries=tree.size,
        checkpoints=stored,
        contents=contents,
        unsigned=tree.size - size,
        size=size,
        root=heads.newest.root if heads.newest else Growing().root(),
        broken=tuple(findings.sentences()),
        pruned=pruned,
        pruned_by=tuple(p for p in gone.said if p.index < size),
    )


def _checkpoints(
    connection: sqlite3.Connection,
    verifier: Verifier,
    known: Sequence[str],
    findings: _Findings,
) -> list[tuple[str, Checkpoint]]:
    """Those with a good signature, smallest first, each with what to call it."""
    found = []
    for size, note in connection.execute("SELECT size, note FROM checkpoint ORDER BY size"):
        try:
            checkpoint = opened_checkpoint(note, verifier)
        except NoteError as error:
            findings.add("checkpoints", f"checkpoint {size}: {error}")
            continue
        if checkpoint.size != size:
            findings.add("checkpoints", f"checkpoint {size}: is signed for size {checkpoint.size}")
        found.append((f"checkpoint {size}", checkpoint))
    for position, note in enumerate(known, 1):
        name = f"outside checkpoint {position}"
        try:
            found.append((name, opened_checkpoint(note, verifier)))
        except NoteError as error:
            findings.add("checkpoints", f"{name}: {error}")
    return sorted(found, key=lambda named: named[1].size)


class _Heads:
    """The signed heads, met one after the other while the tree grows."""

    def __init__(self, findings: _Findings, heads: list[tuple[str, Checkpoint]]) -> None:
        self.newest: Checkpoint | None = None
        self._findings = findings
        self._heads = heads[::-1]

    def meet(self, tree: Growing) -> None:
        while self._heads and self._heads[-1][1].size == tree.size:
            name, head = self._heads.pop()
            root = tree.root()
            if root == head.root:
                self.newest = head
                continue
            since = self.newest.size if self.newest else 0
            self._findings.add(
                "checkpoints",
                f"{name}: signed root {head.root.hex()}, but the entries give {root.hex()}; "
                f"the newest head before it that holds is at {since}",
            )

    def beyond(self, size: int) -> None:
        for name, head in reversed(self._heads):
            self._findings.add(
                "checkpoints",
                f"{name}: signed over {head.size} entries, but the ledger holds only {size}",
            )


class _Gone:
    """Bodies that are not there, and the entries that say they were pruned."""

    def __init__(self) -> None:
        self.said: list[Pruned] = []
        # First and last of each stretch: years of bodies may be gone.
        self._stretches: list[list[int]] = []

    def meet(self, index: int, leaf: bytes, body: bytes | None, findings: _Findings) -> None:
        if body is None:
            if self._stretches and self._stretches[-1][1] == index - 1:
                self._stretches[-1][1] = index
            else:
                self._stretches.append([index, index])
        elif (found := leaf_hash(body)) != leaf:
            findings.add(
                "entries",
                f"entry {index}: its body hashes to {found.hex()}, "
                f"but was recorded as {leaf.hex()}",
            )
        elif (pruned := said(index, body)) is not None:
            self.said.append(pruned)

    def judged(self, signed: int, findings: _Findings) -> int:
        """How many were pruned; every other one is a finding.  Only what is signed was said."""
        order, turn, pruned = sorted(self.said, key=lambda p: (p.first, p.index)), 0, 0
        for start, end in self._stretches:
            for index in range(start, end + 1):
                while turn < len(order) and order[turn].end <= index:
                    turn += 1
                by = [p for p in order[turn : turn + 2] if index in p]
                if any(p.index < signed for p in by):
                    pruned += 1
                elif by:
                    findings.add(
                        "entries",
                        f"entry {index}: its body is missing; entry {by[0].index} says that it "
                        "was pruned, but nobody has signed that yet",
                    )
                else:
                    findings.add("entries", f"entry {index}: its body is missing")
        return pruned


def _walked(
    connection: sqlite3.Connection, heads: _Heads, gone: _Gone, findings: _Findings
) -> tuple[Growing, dict[str, int]]:
    """The tree over the recorded leaves, and the contents entries name, with the first to."""
    tree, names = Growing(), dict[str, int]()
    growing: dict[tuple[int, int], bytes] = {}
    full = 0
    heads.meet(tree)
    expected = 0
    for index, leaf, body in connection.execute("SELECT idx, leaf, body FROM entry ORDER BY idx"):
        if index != expected:
            findings.add("entries", f"entry {expected}: missing, up to {index - 1}")
        expected = index + 1
        gone.meet(index, leaf, body, findings)
        for digest in named(body):
            names.setdefault(digest, index)
        # The recorded leaf, so that one changed body does not blame every later checkpoint.
        for level, n, hashes in map(packed, tree.append(leaf)):
            if level == 0:
                full += 1
                _check_tile(connection, (level, n), hashes, findings)
            else:
                growing[level, n] = hashes
        heads.meet(tree)
    for place, hashes in growing.items():
        _check_tile(connection, place, hashes, findings)
    (stored,) = connection.execute("SELECT count(*) FROM tile").fetchone()
    if stored > full + len(growing):
        findings.add("tiles", f"tiles: {stored} are stored, {full + len(growing)} are due")
    return tree, names


def _check_tile(
    connection: sqlite3.Connection, place: tuple[int, int], hashes: bytes, findings: _Findings
) -> None:
    row = connection.execute("SELECT hashes FROM tile WHERE level = ? AND n = ?", place).fetchone()
    if row is None:
        findings.add("tiles", f"tile {place[0]}/{place[1]}: missing")
    elif row[0] != hashes:
        findings.add("tiles", f"tile {place[0]}/{place[1]}: is not what the entries give")


def _contents(connection: sqlite3.Connection, names: dict[str, int], findings: _Findings) -> int:
    count = 0
    missing = dict(names)
    for digest, body in connection.execute("SELECT digest, body FROM content"):
        count += 1
        missing.pop(digest, None)
        actual = f"sha256:{sha256(body).hexdigest()}"
        if actual != digest:
            findings.add("contents", f"content {digest}: its bytes have the digest {actual}")
    for digest, index in missing.items():
        findings.add("contents", f"content {digest}: missing, though entry {index} names it")
    return count


__all__ = ["CONTENT_KEYS", "Report", "verify"]
