"""Put a large file in its place so that it is whole after a power cut, or not there at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from appliance.ledger import durable


def place(path: Path, pieces: Iterable[bytes], *, mode: int) -> int:
    """Its size in bytes.  Replaces what is there; raises `OSError`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    size = 0
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
        ) as file:
            os.fchmod(file.fileno(), mode)
            for piece in pieces:
                file.write(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    durable.sync_directory(path.absolute().parent)
    return size
