"""What TLS servers accept, refuse and show.  Names follow RFC 8446 and RFC 5246."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from checks.facts.certificates import Certificate
from checks.facts.observation import Facts

TLS_PROTOCOLS = ("tls", "https", "mqtts", "modbus-tls")


class TlsVersion(StrEnum):
    SSL3 = "SSL 3.0"
    TLS10 = "TLS 1.0"
    TLS11 = "TLS 1.1"
    TLS12 = "TLS 1.2"
    TLS13 = "TLS 1.3"


class TlsAnswer(StrEnum):
    """What came back on one ClientHello, or on a handshake without a client certificate."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """An alert said so."""
    CUT = "cut"
    """It ended without an alert that refuses: closed, reset, or an alert about something else.

    Probably a refusal, not certainly."""
    SILENT = "silent"


class TlsTrust(StrEnum):
    """How the server's certificate fits what the inventory trusts."""

    PINNED = "pinned"
    CHAINED = "chained"
    """Its chain ends in the site's CA and it names the address or the asset."""
    UNTRUSTED = "untrusted"
    UNPROVEN = "unproven"
    """It may fit, but the server did not show that it holds the key: anybody can copy one."""
    NOT_STATED = "not-stated"
    """The inventory states no trust for this service."""


@dataclass(frozen=True)
class TlsServer(Facts):
    """
    One handshake as today's clients make it.

    `certificates` is what the server presented, its own first; kept also when the handshake
    failed afterwards or a certificate has expired.  `completed` is None when the server cannot
    be told to have finished (`said` tells why).  `client_certificate`: it asked for one;
    `without_certificate` is its answer to our having none, judged after TLS 1.3's late alert
    had time to arrive; None when it did not ask, or ended the handshake for another reason.
    """

    protocols: ClassVar[tuple[str, ...]] = TLS_PROTOCOLS

    version: TlsVersion | None
    cipher: str
    completed: bool | None
    certificates: tuple[Certificate, ...]
    trust: TlsTrust
    trust_problem: str = ""
    client_certificate: bool = False
    without_certificate: TlsAnswer | None = None
    said: str = ""


@dataclass(frozen=True)
class TlsTrial:
    """One ClientHello that offers one thing only.

    `offered` is a version ("TLS 1.0") or a group of cipher suites ("RC4").  `alert` is the name of
    the alert that ended it, empty when there was none (refused without one: an older version was
    chosen instead).
    """

    offered: str
    answer: TlsAnswer
    alert: str = ""


@dataclass(frozen=True)
class TlsVersions(Facts):
    """
    Which protocol versions are accepted, one ClientHello each.

    `control` is the version a whole handshake reached in the same visit, or one that failed for
    want of a client certificate only; None when none did, and then no refusal means anything.
    """

    protocols: ClassVar[tuple[str, ...]] = TLS_PROTOCOLS

    trials: tuple[TlsTrial, ...]
    control: TlsVersion | None


@dataclass(frozen=True)
class TlsWeakSuites(Facts):
    """Which weak groups of cipher suites are accepted (NULL, EXPORT, RC4, DES, 3DES, anonymous).

    `control` as in TlsVersions.
    """

    protocols: ClassVar[tuple[str, ...]] = TLS_PROTOCOLS

    trials: tuple[TlsTrial, ...]
    control: TlsVersion | None
