"""
Ask an OPC UA server for its endpoints, whether it takes nobody in, and what it says of itself.

On the wire, one TCP connection each, closed cleanly:

- `endpoints`: Hello, a channel without security, GetEndpoints.  No session.
- `anonymous`: Hello, a channel, CreateSession, one ActivateSession with the Anonymous token on the
  weakest endpoint; if it is let in, one Read of two attributes of the declared variables, and
  one of whether it may call the declared methods; CloseSession.
- `server`: the same with the configured credential on the strongest endpoint that takes it, and
  Reads of the server's build, clock, auditing, session limit and the declared variables' access;
  before the session is closed, what collectors/opcua_rights.py says, where that is asked for.

A secured channel needs the server's certificate: when this process has not seen the one listed,
GetEndpoints is asked once more on a connection of its own.

Never sent: anything that writes, calls, subscribes or adds; a password or user
certificate on a channel that is not encrypted, or to a server whose certificate is not trusted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from asyncua.crypto.security_policies import SecurityPolicy

from checks.facts.opcua import (
    Endpoint,
    MessageMode,
    OpcUaAnonymous,
    OpcUaEndpoints,
    OpcUaServer,
    TokenType,
)
from collectors import certificates, opcua_answers, opcua_keys, opcua_session, opcua_trust
from collectors.credentials import ClientCertificate, Password, Trust
from collectors.errors import (
    Busy,
    CollectError,
    Denied,
    LoginFailed,
    TimedOut,
    Unintelligible,
)
from collectors.opcua_choice import strongest, takes, weakest
from collectors.opcua_keys import APPLICATION_URI, Keys
from collectors.opcua_wire import Channel, Said, ua
from collectors.wire import Target, Wire

SESSION_TIMEOUT_MS = 30_000

_NO_ROOM = frozenset(
    {
        "BadTooManySessions",
        "BadTooManyOperations",
        "BadMaxConnectionsReached",
        "BadOutOfMemory",
        "BadResourceUnavailable",
        "BadServerTooBusy",
        "BadTcpNotEnoughResources",
        "BadTcpServerTooBusy",
    }
)
Beside = Callable[[opcua_session.Session], Awaitable[None]]
_NOT_IN_TIME = frozenset({"BadTimeout", "BadRequestTimeout", "BadTcpRequestTimeout"})
_JUDGED = frozenset({"BadIdentityTokenInvalid", "BadIdentityTokenRejected", "BadUserAccessDenied"})
_LOGIN_REFUSED = _JUDGED | {"BadUserSignatureInvalid"}


async def endpoints(wire: Wire, target: Target) -> OpcUaEndpoints:
    """The server's endpoint list.  An empty one is `Unintelligible`: it says nothing."""
    async with asking(
        wire, target, "asking for its endpoints", opcua_keys.unsecured(), APPLICATION_URI
    ) as channel:
        await channel.hello(str(target))
        await channel.open()
        request = ua.GetEndpointsRequest()
        request.Parameters.EndpointUrl = str(target)
        rows = (await channel.ask(request)).Endpoints or []
        if not rows:
            raise Unintelligible(target, "it lists no endpoint")
        return opcua_answers.offered(rows)


async def anonymous(
    wire: Wire,
    target: Target,
    *,
    offered: OpcUaEndpoints,
    variables: tuple[str, ...] = (),
    methods: tuple[str, ...] = (),
) -> OpcUaAnonymous:
    """
    One anonymous activation attempt, on the weakest endpoint that lists the Anonymous token, or
    on the weakest of all when none does, since what is advertised is not what is enforced.

    `activated` is False only when the server judged the identity itself.  Raises `Busy` when the
    server has no session free.
    """
    advertised = any(takes(row, TokenType.ANONYMOUS) for row in offered.endpoints)
    endpoint = weakest(offered)
    if endpoint is None:
        raise Unintelligible(target, "none of its endpoints can be spoken to", _AS_NOBODY)
    ours = None
    if endpoint.mode is not MessageMode.NONE:
        ours = await asyncio.to_thread(opcua_keys.throwaway, wire.gate.wall())
    security = await _security(wire, target, endpoint, ours)
    uri = ours.uri if ours else APPLICATION_URI
    async with asking(wire, target, _AS_NOBODY, security, uri) as channel:
        attempt = OpcUaAnonymous(
            advertised=advertised,
            activated=None,
            status="",
            endpoint=endpoint.url,
            mode=endpoint.mode,
            policy=endpoint.policy,
        )
        return await _attempted(attempt, wire, channel, target, endpoint, variables, methods)


_AS_NOBODY = "trying an anonymous session"


async def _attempted(
    attempt: OpcUaAnonymous,
    wire: Wire,
    channel: Channel,
    target: Target,
    endpoint: Endpoint,
    variables: tuple[str, ...],
    methods: tuple[str, ...],
) -> OpcUaAnonymous:
    try:
        await channel.hello(endpoint.url or str(target))
        await channel.open()
        session = await opcua_session.created(channel, target, endpoint, SESSION_TIMEOUT_MS)
        wire.lasts(target, session.revised_timeout_ms)
    except Said as said:
        _no_room_raised(said)
        return replace(attempt, status=said.status)
    try:
        known = session.token(TokenType.ANONYMOUS) is not None
        await opcua_session.activated(session, target, None, policy_id="anonymous")
        attempt = replace(attempt, activated=True, status="Good")
        access = await opcua_answers.access_as_far_as_told(channel, variables)
        callable_ = await opcua_answers.methods_as_far_as_told(channel, methods)
        return replace(attempt, variables=access, methods=callable_)
    except Said as said:
        _no_room_raised(said)
        # Without the token's id from this session, "invalid" may mean the id and not the identity.
        unsure = said.status == "BadIdentityTokenInvalid" and not known
        unsure = unsure and takes(endpoint, TokenType.ANONYMOUS)
        judged = said.of_service and said.status in _JUDGED and not unsure
        return replace(attempt, activated=False if judged else None, status=said.status)
    finally:
        if not await opcua_session.ended(channel):
            wire.left_open(target)


def _no_room_raised(said: Said) -> None:
    if said.status in _NO_ROOM | _NOT_IN_TIME:
        raise said


async def server(
    wire: Wire,
    target: Target,
    *,
    offered: OpcUaEndpoints,
    credential: Password | ClientCertificate | None,
    certificate: ClientCertificate | None,
    trust: Trust,
    variables: tuple[str, ...] = (),
    session_timeout_ms: int = SESSION_TIMEOUT_MS,
    beside: Beside | None = None,
) -> OpcUaServer:
    """
    What a session with `credential` (None: anonymous) can read.

    `certificate` is our application certificate; `beside` reads more before the session is
    closed, and keeps what it finds and what goes wrong to itself.  Raises `Denied`, saying what to configure,
    rather than send a secret unencrypted or to a server that `trust` does not name.
    """
    kind, identity_name = identity_of(credential)
    own = certificate or (credential if isinstance(credential, ClientCertificate) else None)
    ours = _loaded(target, own)
    endpoint = strongest(target, offered, kind, have_certificate=ours is not None)
    user = _loaded(target, credential) if isinstance(credential, ClientCertificate) else None
    security = await _security(wire, target, endpoint, ours)
    if credential is not None:
        opcua_trust.may_have_secrets(target, endpoint, trust, wire.gate.wall())
    doing = f"reading its state with {identity_name} login"
    uri = ours.uri if ours else APPLICATION_URI
    async with asking(wire, target, doing, security, uri) as channel:
        await channel.hello(endpoint.url or str(target))
        await channel.open()
        try:
            session = await opcua_session.created(channel, target, endpoint, session_timeout_ms)
            wire.lasts(target, session.revised_timeout_ms)
            identity = user if user is not None else credential
            assert not isinstance(identity, ClientCertificate)
            await _logged_in(session, target, identity)
            told = await opcua_answers.state(
                wire, session, variables, session_timeout_ms, identity_name
            )
            if beside is not None:
                await beside(session)
            return told
        finally:
            if not await opcua_session.ended(channel):
                wire.left_open(target)


async def _logged_in(
    session: opcua_session.Session, target: Target, identity: Password | Keys | None
) -> None:
    try:
        await opcua_session.activated(session, target, identity)
    except Said as said:
        if identity is None or not said.of_service or said.status not in _LOGIN_REFUSED:
            raise
        raise LoginFailed(target, f"it refused our login, {said}") from said


def identity_of(credential: Password | ClientCertificate | None) -> tuple[TokenType, str]:
    match credential:
        case None:
            return TokenType.ANONYMOUS, "anonymous"
        case Password():
            return TokenType.USERNAME, "password"
        case ClientCertificate():
            return TokenType.CERTIFICATE, "certificate"


def _loaded(target: Target, ours: ClientCertificate | None) -> Keys | None:
    if ours is None:
        return None
    try:
        return opcua_keys.keys(ours)
    except ValueError as error:
        raise Denied(
            target, f"our certificate cannot be used, {error}; correct `certificate` of the service"
        ) from error


async def _security(
    wire: Wire, target: Target, endpoint: Endpoint, ours: Keys | None
) -> SecurityPolicy:
    if endpoint.mode is MessageMode.NONE:
        return opcua_keys.unsecured()
    if opcua_answers.chain_of(endpoint.certificate) is None:
        await endpoints(wire, target)
    leaf = certificates.split(_chain(target, endpoint))[0]
    return opcua_keys.policy(target, endpoint, leaf, ours)


def _chain(target: Target, endpoint: Endpoint) -> bytes:
    chain = opcua_answers.chain_of(endpoint.certificate)
    if chain is None:
        raise Unintelligible(target, "its certificate is no longer the one it listed")
    return chain


@asynccontextmanager
async def asking(
    wire: Wire, target: Target, doing: str, security: SecurityPolicy, uri: str
) -> AsyncIterator[Channel]:
    """One connection, its deadline, and every way it can end put into our own words."""
    channel: Channel | None = None
    try:
        async with (
            wire.attached(target, lambda: Channel(wire.gate, target, security, uri)) as channel,
            wire.within(target),
        ):
            try:
                yield channel
            finally:
                with suppress(CollectError):
                    channel.close()
    except CollectError as error:
        raise error.retold(error.doing or doing) from error.__cause__
    except TimeoutError:
        if channel is not None and channel.over is not None:
            raise Unintelligible(target, channel.over.what, doing) from None
        raise TimedOut(target, f"no answer within {wire.whole:g} s", doing) from None
    except Said as said:
        raise refusal(target, said, doing) from said
    except Exception as error:
        # The library signals refusals with whatever it stumbled over, bare assertions included.
        words = str(error).strip() or type(error).__name__
        raise Unintelligible(target, f"the answer does not add up: {words}", doing) from error


def refusal(target: Target, said: Said, doing: str) -> CollectError:
    """A server's no in our own words."""
    if said.status in _NO_ROOM:
        return Busy(target, f"it has no room for us, {said}", doing)
    if said.status in _NOT_IN_TIME:
        return TimedOut(target, f"it gave up, {said}", doing)
    return Denied(target, f"it said no, {said}", doing)
