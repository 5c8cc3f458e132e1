"""What OPC UA servers say about themselves.  Names follow OPC 10000-4."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from checks.facts.certificates import Certificate
from checks.facts.clocks import ClockReading
from checks.facts.observation import Facts, reading
from checks.facts.tls import TlsTrust


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
class OpcUaEndpoints(Facts):
    """
    The server's whole endpoint list, read without a session.

    Nobody has proved to hold the key of a certificate in it.
    """

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    endpoints: tuple[Endpoint, ...]
    certificates: tuple[Certificate, ...]
    application_uri: str
    product_uri: str
    application_type: str
    """Server, Client, ClientAndServer or DiscoveryServer."""
    trust: TlsTrust = TlsTrust.NOT_STATED
    """How the certificates fit the inventory; the first that does not decides."""
    trust_problem: str = ""


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
class MethodAccess:
    """UserExecutable of one method, for the identity used; None when the server did not say."""

    node: str
    executable: bool | None
    status: str = "Good"


@dataclass(frozen=True)
class OpcUaAnonymous(Facts):
    """
    One attempt to activate an anonymous session, on the weakest endpoint listed.

    `activated` is True or False when the server judged the identity; None when something else
    stood in the way, and `status` names it.  `advertised`: an Anonymous token was listed.
    `variables` and `methods` are what an activated session was told about the declared ones.
    """

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    advertised: bool
    activated: bool | None
    status: str
    endpoint: str
    mode: MessageMode
    policy: str
    variables: tuple[VariableAccess, ...] = ()
    methods: tuple[MethodAccess, ...] = ()


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


@dataclass(frozen=True)
class Application:
    """One server a discovery service names; its hosts are those of its discovery URLs."""

    uri: str
    name: str
    type: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class OpcUaDiscovery(Facts):
    """The answer to FindServers."""

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    applications: tuple[Application, ...]


@dataclass(frozen=True)
class RolePermission:
    """What a role may do on one node, by the permission bits' names (OPC 10000-3)."""

    node: str
    role: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class OpcUaRights(Facts):
    """
    Roles, permissions and certificate management as the configured identity is shown them.

    None: not readable, and `unreadable` has a line "name: status" for it.  Empty: the server has
    none, or nothing was declared to ask about.  `permissions` are RolePermissions of the declared
    variables, `own_permissions` those of the identity's own roles.

    `nonce_bytes` is the length of the shorter of the server's two nonces in a session on a secured
    channel, None on one without security.  Digests are readings; `compared` is with how many
    earlier sessions of ours they were compared, `repeated` says which of them came again.
    """

    protocols: ClassVar[tuple[str, ...]] = ("opcua",)

    identity: str
    roles: tuple[str, ...] | None
    permissions: tuple[RolePermission, ...] | None
    methods: tuple[MethodAccess, ...]
    push_methods: tuple[MethodAccess, ...]
    """UpdateCertificate and ApplyChanges of ServerConfiguration; empty when it is absent."""
    in_application_setup: bool | None
    """None as well where the server has no such state."""
    diagnostics_status: str
    """
    Good when the session security diagnostics were shown (their content is not kept), empty when
    there was nothing in them, off when they are switched off, else the status of reading them.
    """
    nonce_bytes: int | None
    own_permissions: tuple[RolePermission, ...] | None = None
    unreadable: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    """nonce, next nonce, session id."""
    compared: int = reading(0)
    nonce_sha256: str = reading("")
    next_nonce_sha256: str = reading("")
    session_sha256: str = reading("")
