"""
Cosignatures of witnesses, as C2SP tlog-cosignature describes them: `cosignature/v1` over Ed25519.

A cosignature says: at this time, this was the largest consistent head of the log I had seen.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from appliance.ledger.errors import NoteError
from appliance.ledger.note import (
    SEED_LENGTH,
    PublicKey,
    nameable,
    parts,
    signature_of,
    text64,
)

_TIME_OCTETS = 8
_SIGNATURE_OCTETS = 64
# tlog-cosignature: a time must not exceed this.
_LATEST = (1 << 63) - 1


class Witness(PublicKey):
    """The public half of a witness's key."""

    kind = b"\x04"
    whose = "the witness"
    file = "witness.vkey"

    def accepts(self, text: str, at: int, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, _message(text, at))
        except (InvalidSignature, ValueError):
            return False
        return True


class Cosigner:
    """A witness's key; never shows its seed."""

    def __init__(self, name: str, seed: bytes) -> None:
        """`seed` is 32 bytes.  Raises `NoteError` for a name a note cannot carry."""
        if not nameable(name):
            raise NoteError(f"{name!r} cannot name a witness: use no white space and no '+'.")
        if len(seed) != SEED_LENGTH:
            raise NoteError(f"an Ed25519 seed has {SEED_LENGTH} bytes, this one {len(seed)}.")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.witness = Witness(name, self._key.public_key().public_bytes_raw())

    def line(self, text: str, at: int) -> str:
        """One signature line over a checkpoint's text, at `at` seconds since 1970."""
        signed = at.to_bytes(_TIME_OCTETS, "big") + self._key.sign(_message(text, at))
        return f"\N{EM DASH} {self.witness.name} {text64(self.witness.id + signed)}\n"


def cosigned(note: str, witness: Witness) -> int:
    """
    When the witness cosigned this note, in seconds since 1970; the newest time when there are many.

    Lines of other keys are ignored.  Raises `NoteError` for none of this key's, and a wrong one.
    """
    text, lines = parts(note)
    times = []
    for name, blob in map(signature_of, lines):
        if (name, blob[:4]) != (witness.name, witness.id):
            continue
        signed = blob[4:]
        at = int.from_bytes(signed[:_TIME_OCTETS], "big")
        whole = len(signed) == _TIME_OCTETS + _SIGNATURE_OCTETS and at <= _LATEST
        if not whole or not witness.accepts(text, at, signed[_TIME_OCTETS:]):
            raise NoteError(f"the cosignature by {witness.name}+{witness.id.hex()} is wrong.")
        times.append(at)
    if not times:
        raise NoteError(f"no cosignature by {witness.name}+{witness.id.hex()}.")
    return max(times)


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
