"""The evidence key: a systemd credential when there is one, else a file only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from appliance.ledger import durable
from appliance.ledger.anchors.outside import base, incarnation
from appliance.ledger.errors import LedgerError, NoteError
from appliance.ledger.note import SEED_LENGTH, Signer, Verifier

CREDENTIAL = "evidence-key"
KEY_FILE = "evidence.key"
VKEY_FILE = "evidence.vkey"


def load_or_create(state_dir: Path, origin: str) -> Signer:
    """
    The signer of the log `origin`, and its public half beside it in `evidence.vkey`.

    The credential `evidence-key` wins over `evidence.key`, which is made when there is neither.
    Raises `LedgerError` for a key others may read, for a seed that is none, and when the
    `evidence.vkey` at hand belongs to another key or origin.
    """
    try:
        signer = Signer(origin, _credential() or own_seed(state_dir / KEY_FILE))
        _publish(state_dir / VKEY_FILE, signer)
    except OSError as error:
        raise LedgerError(
            f"{error.filename or state_dir}: while preparing the evidence key: {error.strerror}."
        ) from error
    return signer


def existing(state_dir: Path, origin: str) -> Signer | None:
    """
    The signer of the log `origin`; None where this machine has no key, and none is made.

    Raises `PermissionError` for a key this user may not read, and `LedgerError` for a bad one.
    """
    seed = _credential() or (
        own_seed(state_dir / KEY_FILE) if (state_dir / KEY_FILE).exists() else None
    )
    return Signer(origin, seed) if seed else None


def _credential() -> bytes | None:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return None
    path = Path(directory, CREDENTIAL)
    return _seed(path) if path.exists() else None


def own_seed(path: Path) -> bytes:
    """The seed in this file, made when there is none.  Raises `OSError` and `LedgerError`."""
    if not path.exists():
        seed = secrets.token_bytes(SEED_LENGTH)
        try:
            durable.write(path, seed.hex().encode() + b"\n", mode=0o600, replace=False)
        except FileExistsError:
            return own_seed(path)
        return seed
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise LedgerError(
            f"{path}: others than its owner may use this key (mode {mode:03o}); "
            f"if nobody has, run: chmod 600 {path}"
        )
    return _seed(path)


def _seed(path: Path) -> bytes:
    data = path.read_bytes()
    if len(data) == SEED_LENGTH:
        return data
    try:
        seed = bytes.fromhex(data.decode("ascii"))
    except ValueError:
        seed = b""
    if len(seed) != SEED_LENGTH:
        raise LedgerError(
            f"{path}: {len(data)} bytes that are no Ed25519 seed; "
            f"write {SEED_LENGTH} bytes, or {2 * SEED_LENGTH} hex digits."
        )
    return seed


def _incarnation_of_same(known: str, signer: Signer) -> int | None:
    """The incarnation a vkey is of, when key and log are the signer's own."""
    try:
        verifier = Verifier.parse(known)
        if verifier.key == signer.verifier.key and base(verifier.name) == base(signer.name):
            return incarnation(verifier.name)
    except NoteError:
        pass
    return None


def _publish(path: Path, signer: Signer) -> None:
    line = signer.vkey + "\n"
    if not path.exists():
        durable.write(path, line.encode(), mode=0o644, replace=True)
        return
    known = path.read_text("utf-8", "replace")
    if known == line:
        return
    other = _incarnation_of_same(known, signer)
    if other is not None and other < incarnation(signer.name):
        # The power went between the change to the next incarnation and these lines.
        closed = path.with_name(f"evidence-{other}.vkey")
        durable.write(closed, known.encode(), mode=0o644, replace=True)
        durable.write(path, line.encode(), mode=0o644, replace=True)
    elif other is None:
        # Overwriting it would make every older checkpoint look forged to whoever copies it next.
        raise LedgerError(
            f"{path}: says {known.strip()!r}, but the key at hand is {signer.vkey!r}; restore the "
            "old key and site id, or move ledger, key and vkey away together to begin a new log."
        )
