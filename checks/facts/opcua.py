"""What OPC UA servers say about themselves.  Names follow OPC 10000-4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from checks.facts.clocks import ClockReading
from checks.facts.observation import Facts, reading


class MessageMode(StrEnum):
    NONE = "None"
    SIGN = "Sign"
    SIGN_AND_ENCRYPT = "SignAndEncrypt"
    INVALID = "Invalid"


class TokenType(StrEnum):
    ANONYMOUS = "Anonymous"
    USERNAME = "UserName"
    CERTIFICATE = "Certificate"
    ISSUED = "IssuedToken"


@dataclass(frozen=True)
class UserToken:
    type: TokenType
    policy: str
    """Short name of its own security policy; empty when the endpoint's applies."""


@dataclass(frozen=True)
class Endpoint:
    """One row of GetEndpoints; `policy` is the short name, such as Basic256Sha256."""

    url: str
    mode: MessageMode
    policy: str
    tokens: tuple[UserToken, ...]
    level: int
    transport: str
    certificate: str
    """SHA-256 of the DER certificate in hex; empty when there is none."""


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


@dataclass(frozen=True)
class OpcUaEndpoints(Facts):
    """The server's whole endpoint list, read without a session."""

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    endpoints: tuple[Endpoint, ...]
    certificates: tuple[Certificate, ...]
    application_uri: str
    product_uri: str
    application_type: str
    """Server, Client, ClientAndServer or DiscoveryServer."""


@dataclass(frozen=True)
class VariableAccess:
    """AccessLevel and UserAccessLevel of one declared variable, for the identity used.

    None when the server did not give it; `status` then holds its status name.
    """

    node: str
    access: int | None
    user_access: int | None
    status: str = "Good"


@dataclass(frozen=True)
class OpcUaAnonymous(Facts):
    """
    One attempt to activate an anonymous session, on the weakest endpoint listed.

    `activated` is True or False when the server judged the identity; None when something else
    stood in the way, and `status` names it.  `advertised`: an Anonymous token was listed.
    `variables` is what an activated session was told about the declared variables.
    """

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    advertised: bool
    activated: bool | None
    status: str
    endpoint: str
    mode: MessageMode
    policy: str
    variables: tuple[VariableAccess, ...] = ()


@dataclass(frozen=True)
class OpcUaServer(Facts):
    """
    What a session with the configured credentials could read.

    None or empty: not readable; `unreadable` then has a line "name: status" for it.
    Timeouts in milliseconds: what was asked for, and what the server granted.
    """

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    manufacturer: str
    product: str
    product_uri: str
    software_version: str
    build_number: str
    build_date: str
    auditing: bool | None
    max_sessions: int | None
    requested_timeout_ms: int
    revised_timeout_ms: int
    identity: str
    """anonymous, password or certificate."""
    mode: MessageMode
    policy: str
    variables: tuple[VariableAccess, ...] = ()
    unreadable: tuple[str, ...] = ()
    clock: ClockReading | None = reading()
