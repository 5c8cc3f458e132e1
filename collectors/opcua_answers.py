"""What OPC UA servers answer, made into facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from checks.facts.clocks import ClockReading
from checks.facts.opcua import (
    Endpoint,
    MessageMode,
    MethodAccess,
    OpcUaEndpoints,
    OpcUaServer,
    TokenType,
    UserToken,
    VariableAccess,
)
from collectors import certificates
from collectors.errors import CollectError
from collectors.opcua_session import Session, read
from collectors.opcua_wire import Channel, Said, status_name, ua
from collectors.wire import Wire

# Small servers take about a hundred nodes in one Read.
MOST_NODES = 100
MOST_TEXT = 4_096

Answer = tuple[Any, int]
"""A value and its status code."""

_VALUE, _ACCESS, _USER_ACCESS, USER_EXECUTABLE = 13, 17, 18, 22
# BuildInfo, CurrentTime, Auditing and MaxSessions (OPC 10000-5).
_STATE = ("i=2260", "i=2258", "i=2994", "i=24095")

# Certificates by their SHA-256, as endpoint lists carry them: whole chains, which facts do not.
_chains: dict[str, bytes] = {}
_MOST_CHAINS = 1_024


def offered(rows: list[Any]) -> OpcUaEndpoints:
    found = tuple(_endpoint(row) for row in rows)
    shown = dict.fromkeys(row.certificate for row in found if row.certificate)
    server = rows[0].Server
    return OpcUaEndpoints(
        endpoints=found,
        certificates=tuple(
            certificates.certificate(certificates.split(_chains[digest])[0]) for digest in shown
        ),
        application_uri=text(server.ApplicationUri),
        product_uri=text(server.ProductUri),
        application_type=server.ApplicationType.name,
    )


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        url=text(row.EndpointUrl),
        mode=MessageMode(row.SecurityMode.name.rstrip("_")),
        policy=_short(row.SecurityPolicyUri),
        tokens=tuple(
            UserToken(TokenType(token.TokenType.name), _short(token.SecurityPolicyUri))
            for token in row.UserIdentityTokens or []
        ),
        level=int(row.SecurityLevel),
        transport=text(row.TransportProfileUri).rpartition("/")[2],
        certificate=_remembered(bytes(row.ServerCertificate or b"")),
    )


def _short(uri: str | None) -> str:
    return text(uri).rpartition("#")[2]


def text(told: str | None) -> str:
    """Printable, of bounded length: what is not UTF-8 arrives as characters no one can store."""
    return "".join(c if c.isprintable() else "\ufffd" for c in (told or "")[:MOST_TEXT])


def chain_of(certificate: str) -> bytes | None:
    """The DER chain, leaf first, whose leaf has this SHA-256, when this process has seen it."""
    return _chains.get(certificate)


def _remembered(chain: bytes) -> str:
    if not chain:
        return ""
    digest = certificates.certificate(certificates.split(chain)[0]).sha256
    while len(_chains) >= _MOST_CHAINS:
        del _chains[next(iter(_chains))]
    _chains[digest] = chain
    return digest


async def access_as_far_as_told(
    channel: Channel, variables: tuple[str, ...]
) -> tuple[VariableAccess, ...]:
    # That the door stood open is the finding: it must survive a Read that goes wrong.
    try:
        return _access(variables, await asked(channel, _questions(variables)))
    except (Said, CollectError, ValueError) as error:
        status = error.status if isinstance(error, Said) else f"not read: {error}"
        return tuple(VariableAccess(node, None, None, status) for node in variables)


async def methods_as_far_as_told(
    channel: Channel, methods: tuple[str, ...]
) -> tuple[MethodAccess, ...]:
    nodes = [node for node in methods if is_node(node)]
    try:
        answers = await asked(channel, [(node, USER_EXECUTABLE) for node in nodes])
    except (Said, CollectError, ValueError) as error:
        status = error.status if isinstance(error, Said) else f"not read: {error}"
        return tuple(MethodAccess(node, None, status) for node in methods)
    told = {node: method(node, answer) for node, answer in zip(nodes, answers, strict=True)}
    return tuple(told.get(node, MethodAccess(node, None, "BadNodeIdInvalid")) for node in methods)


def method(node: str, answer: Answer) -> MethodAccess:
    """What UserExecutable says of a method."""
    value, status = answer
    if status:
        return MethodAccess(node, None, status_name(status))
    if not isinstance(value, bool):
        return MethodAccess(node, None, "BadTypeMismatch")
    return MethodAccess(node, value)


async def state(
    wire: Wire,
    session: Session,
    variables: tuple[str, ...],
    session_timeout_ms: int,
    identity: str,
) -> OpcUaServer:
    questions = [(node, _VALUE) for node in _STATE] + _questions(variables)
    first = await read(session.channel, questions[:MOST_NODES])
    began, wall = session.channel.spoke_at
    took = wire.gate.now() - began
    rest = await asked(session.channel, questions[MOST_NODES:])
    first, access = first[: len(_STATE)], _access(variables, (first + rest)[len(_STATE) :])
    # A value with a bad status is no value.
    build, now, auditing, sessions = (None if status else value for value, status in first)
    unreadable = [
        f"{name}: {status_name(status) if status else 'empty'}"
        for name, (value, status), kind in zip(
            ("build", "clock", "auditing", "max sessions"),
            first,
            (ua.BuildInfo, datetime, bool, int),
            strict=True,
        )
        if status or not isinstance(value, kind)
    ]
    build = build if isinstance(build, ua.BuildInfo) else ua.BuildInfo()
    known = isinstance(build.BuildDate, datetime) and build.BuildDate.year > 1970
    return OpcUaServer(
        manufacturer=text(build.ManufacturerName),
        product=text(build.ProductName),
        product_uri=text(build.ProductUri),
        software_version=text(build.SoftwareVersion),
        build_number=text(build.BuildNumber),
        build_date=_utc(build.BuildDate).isoformat() if known else "",
        auditing=auditing if isinstance(auditing, bool) else None,
        max_sessions=_whole_number(sessions),
        requested_timeout_ms=session_timeout_ms,
        revised_timeout_ms=session.revised_timeout_ms,
        identity=identity,
        mode=session.endpoint.mode,
        policy=session.endpoint.policy,
        variables=access,
        unreadable=tuple(unreadable),
        clock=ClockReading(_utc(now), wall + timedelta(seconds=took / 2), int(took * 1000))
        if isinstance(now, datetime)
        else None,
    )


async def asked(channel: Channel, wanted: list[tuple[str, int]]) -> list[Answer]:
    """Values and status codes, in as many Reads as that takes.  Raises as `read`."""
    answers: list[Answer] = []
    for start in range(0, len(wanted), MOST_NODES):
        answers += await read(channel, wanted[start : start + MOST_NODES])
    return answers


def _access(
    variables: tuple[str, ...], answers: list[tuple[Any, int]]
) -> tuple[VariableAccess, ...]:
    told = iter(answers)
    return tuple(
        _one_access(node, next(told), next(told))
        if is_node(node)
        else VariableAccess(node, None, None, "BadNodeIdInvalid")
        for node in variables
    )


def _questions(variables: tuple[str, ...]) -> list[tuple[str, int]]:
    return [
        (node, attribute)
        for node in variables
        if is_node(node)
        for attribute in (_ACCESS, _USER_ACCESS)
    ]


def _one_access(node: str, access: tuple[Any, int], user: tuple[Any, int]) -> VariableAccess:
    status = access[1] or user[1]
    name = status_name(status)
    if not status and (_whole_number(access[0]) is None or _whole_number(user[0]) is None):
        name = "BadTypeMismatch"
    return VariableAccess(
        node,
        None if access[1] else _whole_number(access[0]),
        None if user[1] else _whole_number(user[0]),
        name,
    )


def _whole_number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_node(text: str) -> bool:
    """Whether this is a node id such as ns=2;s=Level."""
    try:
        ua.NodeId.from_string(text)
    except Exception:  # noqa: BLE001  the library raises whatever its parsing stumbles over
        return False
    return True


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
