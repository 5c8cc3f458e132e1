"""What SSH servers offer before anybody logs in.  Names follow RFC 4253."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts


@dataclass(frozen=True)
class SshOffer(Facts):
    """
    The identification line and the server's KEXINIT.

    `ciphers`, `macs` and `compression` are what it offers from server to client and from client
    to server, joined, in its own order.  `before` are lines sent ahead of the identification.
    """

    protocols: ClassVar[tuple[str, ...]] = ("ssh",)

    protocol_version: str
    """Such as 2.0; 1.99 is a server that still speaks version 1."""
    software: str
    before: tuple[str, ...]
    key_exchange: tuple[str, ...]
    host_key_algorithms: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    compression: tuple[str, ...]


@dataclass(frozen=True)
class SshHostKey(Facts):
    """The host key, shown in one whole key exchange whose signature verified; no login follows."""

    protocols: ClassVar[tuple[str, ...]] = ("ssh",)

    algorithm: str
    key_type: str
    """RSA, EC, Ed25519, DSA or other."""
    key_bits: int
    sha256: str
    """SHA-256 of the public key blob, in hex."""
