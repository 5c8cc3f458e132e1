"""
Signed notes and checkpoints, as C2SP signed-note and tlog-checkpoint describe them.

A note is text, an empty line, and one line per signature: EM DASH, key name, base64 of the key
id and the signature.  A checkpoint's text is origin, size and root, a line each.
"""

from __future__ import annotations

import base64
import binascii
import re
from copy import copy
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from appliance.ledger.errors import NoteError

SEED_LENGTH = 32
_DASH = "\N{EM DASH} "
# The specification lets a verifier stop somewhere; more lines than this is an attack.
_MOST_SIGNATURES = 100


@dataclass(frozen=True)
class PublicKey:
    """The public half of an Ed25519 key; `kind` is what its signatures are over (signed-note)."""

    name: str
    key: bytes

    kind: ClassVar[bytes]
    whose: ClassVar[str]
    file: ClassVar[str]

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.key).digest()[:4]

    @property
    def vkey(self) -> str:
        """`name+id+key` on one line: what a SOC and an assessor are given at commissioning."""
        return f"{self.name}+{self.id.hex()}+{text64(self.kind + self.key)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Raises `NoteError` saying what such a vkey looks like."""
        name, _, rest = vkey.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        key = bytes64(encoded)
        if not nameable(name) or key is None or len(key) != 33 or key[:1] != cls.kind:
            raise NoteError(
                f"{vkey.strip()!r} is not an Ed25519 key of {cls.whose}; write name+id+key in one "
                f"line, as in the file {cls.file}."
            )
        found = cls(name, key[1:])
        if found.id.hex() != identity:
            raise NoteError(
                f"the key of {cls.whose} {name} says its id is {identity!r}, but name and key give "
                f"{found.id.hex()}; copy the whole line from {cls.file} again."
            )
        return found


class Verifier(PublicKey):
    """The public half of a log's key."""

    kind = b"\x01"
    whose = "the log"
    file = "evidence.vkey"

    def accepts(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """An Ed25519 note key; never shows its seed."""

    def __init__(self, name: str, seed: bytes) -> None:
        """`seed` is 32 bytes.  Raises `NoteError` for a name a note cannot carry."""
        if not nameable(name):
            raise NoteError(f"{name!r} cannot name a key: use no white space and no '+'.")
        if len(seed) != SEED_LENGTH:
            raise NoteError(f"an Ed25519 seed has {SEED_LENGTH} bytes, this one {len(seed)}.")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def renamed(self, name: str) -> Signer:
        """The same key for another log.  Raises `NoteError` for a name a note cannot carry."""
        if not nameable(name):
            raise NoteError(f"{name!r} cannot name a key: use no white space and no '+'.")
        other = copy(self)
        other.verifier = Verifier(name, self.verifier.key)
        return other

    def sign(self, text: str) -> str:
        """The whole note.  Raises `NoteError` for a text a note cannot carry."""
        if not text.endswith("\n") or not printable(text):
            raise NoteError("a note's text ends with a newline and has no control characters.")
        signature = text64(self.verifier.id + self.octets(text.encode()))
        return f"{text}\n{_DASH}{self.name} {signature}\n"

    def octets(self, message: bytes) -> bytes:
        """The bare signature over a message that says itself what it is for."""
        return self._key.sign(message)


def opened(note: str, verifier: Verifier) -> str:
    """
    The text of a note, once the key's signature on it is found good.

    Lines of other keys are ignored.  Raises `NoteError` for a malformed note, for none of this
    key's signatures, and for a wrong one.
    """
    text, lines = parts(note)
    ours = [s for name, s in map(signature_of, lines) if name == verifier.name]
    ours = [s for s in ours if s[:4] == verifier.id]
    if not ours:
        raise NoteError(
            f"no signature by {verifier.name}+{verifier.id.hex()}; it carries "
            + ", ".join(_signer_of(line) for line in lines)
            + "."
        )
    if not all(verifier.accepts(text, s[4:]) for s in ours):
        raise NoteError(f"the signature by {verifier.name}+{verifier.id.hex()} is wrong.")
    return text


def parts(note: str) -> tuple[str, list[str]]:
    """A note's text and its signature lines.  Raises `NoteError` when it has no such form."""
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or not printable(note):
        raise NoteError("not a signed note: text, an empty line and signature lines are missing.")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError(f"the note has {len(lines)} signatures; {_MOST_SIGNATURES} are allowed.")
    return text + "\n", lines


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{text64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Raises `NoteError`.  Further lines are extensions and mean nothing here."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteError("not a checkpoint: it has origin, size and root, a line each.")
        origin, size, encoded = lines[:3]
        root = bytes64(encoded)
        # tlog-checkpoint: decimal without leading zeros; 19 digits are more than any log has.
        if not re.fullmatch("0|[1-9][0-9]{0,18}", size):
            raise NoteError(f"the checkpoint's size is {size!r}, not a decimal number.")
        if root is None or len(root) != 32:
            raise NoteError(f"the checkpoint's root is {encoded!r}, not base64 of 32 bytes.")
        return cls(origin, int(size), root)


def opened_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Raises `NoteError` as `opened` and `Checkpoint.parse`, and for another log's checkpoint."""
    checkpoint = Checkpoint.parse(opened(note, verifier))
    if checkpoint.origin != verifier.name:
        raise NoteError(
            f"the checkpoint is of log {checkpoint.origin!r}, the key of {verifier.name!r}."
        )
    return checkpoint


def signature_of(line: str) -> tuple[str, bytes]:
    """The key's name and what it signed with: key id and signature.  Raises `NoteError`."""
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    blob = bytes64(encoded)
    whole = line.startswith(_DASH) and separator and blob is not None and len(blob) > 4
    if not whole or not nameable(name) or blob is None:
        raise NoteError(f"not a signature line: {line!r}.")
    return name, blob


def _signer_of(line: str) -> str:
    name, blob = signature_of(line)
    return f"{name}+{blob[:4].hex()}"


def nameable(name: str) -> bool:
    return bool(name) and "+" not in name and printable(name) and len(name.split()) == 1


def printable(text: str) -> bool:
    # signed-note: UTF-8 without ASCII control characters other than newline.
    return all(c >= " " or c == "\n" for c in text)


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def bytes64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # A second spelling of the same bytes would let a note be changed without being noticed.
    return data if text64(data) == text else None
