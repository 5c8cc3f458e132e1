"""What a device's X.509 certificate says, whatever protocol it came over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Certificate:
    """An X.509 certificate as far as it could be read; `problem` says what could not be."""

    sha256: str
    subject: str = ""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    key_type: str = ""
    """RSA, EC, Ed25519, Ed448, DSA or other."""
    key_bits: int = 0
    signature_hash: str = ""
    """Lower-case, such as sha256; empty for signatures without one (Ed25519)."""
    public_key_sha256: str = ""
    self_signed: bool = False
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    problem: str = ""
