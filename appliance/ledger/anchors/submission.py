"""The request a log sends to a witness (C2SP tlog-witness, add-checkpoint): written and read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, bytes64, parts, text64

MOST_PROOF_LINES = 63
LONGEST = 64 * 1024
"""Octets; a note with a hundred signatures and a full proof has less."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Submission:
    """A signed checkpoint, and the proof that it only appended to the one of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says, its signatures not looked at.  Raises `NoteError`."""
        return Checkpoint.parse(parts(self.note)[0])

    @property
    def body(self) -> bytes:
        """As it goes over HTTP."""
        lines = [f"old {self.old}", *map(text64, self.proof), ""]
        return ("\n".join(lines) + "\n" + self.note).encode()


def parse(body: bytes) -> Submission:
    """Raises `NoteError` saying which part is not as it should be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NoteError("the request is not UTF-8.") from None
    head, separator, note = text.partition("\n\n")
    first, *hashes = head.split("\n")
    if not separator or not first.startswith("old "):
        raise NoteError("the request has no line 'old SIZE' and no empty line after its proof.")
    old = number(first.removeprefix("old "))
    if old is None:
        raise NoteError(f"the old size is {first.removeprefix('old ')[:40]!r}, no decimal number.")
    if len(hashes) > MOST_PROOF_LINES:
        raise NoteError(f"the proof has {len(hashes)} lines; {MOST_PROOF_LINES} are allowed.")
    return Submission(old, tuple(_hash(line) for line in hashes), _checked(note))


def number(text: str) -> int | None:
    """A size as the protocol writes it: decimal, no leading zeros; None when it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def joined(note: str, lines: str) -> str:
    """The note with a witness's lines added.  Raises `NoteError` when they are no such lines."""
    whole = note + lines
    parts(whole)
    return whole


def only(note: str, keep: Sequence[str]) -> str:
    """The note with the signatures of the keys of these names, and no others."""
    text, lines = parts(note)
    kept = [line for line in lines if line.split(" ")[1] in keep]
    return text + "\n" + "".join(f"{line}\n" for line in kept)


def _hash(line: str) -> bytes:
    found = bytes64(line)
    if found is None or len(found) != 32:
        raise NoteError(f"a proof line is {line[:60]!r}, not base64 of 32 bytes.")
    return found


def _checked(note: str) -> str:
    Checkpoint.parse(parts(note)[0])
    return note
