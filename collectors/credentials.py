"""What collectors log in with.  None of these shows its secret when printed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Password:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ClientCertificate:
    """An application instance certificate (PEM or DER) and its private key (PEM)."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Community:
    """An SNMP v1 or v2c community."""

    community: str = field(repr=False)


@dataclass(frozen=True)
class SnmpUser:
    """
    An SNMPv3 user.

    Protocols as in RFC 7860 and 3826: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512; DES,
    AES-128, AES-192, AES-256.  Empty: that part is not used.
    """

    user: str
    auth_protocol: str = ""
    auth_secret: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Trust:
    """Whom we send a secret to: the peer whose certificate has this SHA-256, or whose chain ends
    in one of these CA certificates (PEM).  Neither: nobody, so no secret is sent."""

    sha256: str = ""
    ca: bytes = b""


Credential = Password | ClientCertificate | Community | SnmpUser
