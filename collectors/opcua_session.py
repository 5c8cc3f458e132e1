"""
An OPC UA session on one channel: created, activated once, read from, closed.

A session holds one of the few places a small device has, so whoever creates one closes it.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asyncua.crypto import security_policies as _security_policies
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.ua.ua_binary import Primitives
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from checks.facts.opcua import Endpoint, MessageMode, TokenType
from collectors.allowed.opcua import MOST_REFERENCES
from collectors.credentials import Password
from collectors.errors import CollectError, Denied, Unintelligible
from collectors.opcua_keys import MODES, POLICIES, Keys
from collectors.opcua_wire import Channel, Said, ua
from collectors.wire import SECURE_CAP, Target

security_policies: Any = _security_policies

GOODBYE_SECONDS = 1.0
MOST_GOODBYE_SECONDS = 10.0

_TOKENS = {
    TokenType.ANONYMOUS: ua.UserTokenType.Anonymous,
    TokenType.USERNAME: ua.UserTokenType.UserName,
    TokenType.CERTIFICATE: ua.UserTokenType.Certificate,
}


@dataclass
class Session:
    """
    A created session; `tokens` are the user token policies its endpoint lists.

    `nonce` is the one it was created with, `next_nonce` the one of its activation.
    """

    channel: Channel
    endpoint: Endpoint
    revised_timeout_ms: int
    id: str
    nonce: bytes
    tokens: tuple[Any, ...]
    next_nonce: bytes = b""

    def token(self, kind: TokenType) -> Any:
        """The first listed user token policy of that kind whose cryptography we have, or None."""
        return next(
            (
                token
                for token in self.tokens
                if token.TokenType == _TOKENS[kind]
                and (token.SecurityPolicyUri or "").rpartition("#")[2] in ("", *POLICIES)
            ),
            None,
        )


async def created(channel: Channel, target: Target, endpoint: Endpoint, timeout_ms: int) -> Session:
    """CreateSession.  Raises `Said`, and `Unintelligible` when the server cannot prove its key."""
    secured = channel.policy
    request = ua.CreateSessionRequest()
    asked = request.Parameters
    asked.ClientDescription.ApplicationUri = channel.application_uri
    asked.ClientDescription.ApplicationName = ua.LocalizedText("Upheld")
    asked.ClientDescription.ApplicationType = ua.ApplicationType.Client
    asked.EndpointUrl = endpoint.url or str(target)
    asked.SessionName = "Upheld"
    asked.ClientNonce = secrets.token_bytes(32)
    host = getattr(secured, "host_certificate", None) or None
    asked.ClientCertificate = host
    asked.RequestedSessionTimeout = float(timeout_ms)
    asked.MaxResponseMessageSize = SECURE_CAP
    answer = (await channel.ask(request)).Parameters
    channel.authentication = answer.AuthenticationToken
    try:
        if host is not None:
            secured.asymmetric_cryptography.verify(
                host + asked.ClientNonce, answer.ServerSignature.Signature
            )
            if not (answer.ServerCertificate or b"").startswith(secured.peer_certificate or b"\0"):
                raise ValueError("it shows another certificate than on its endpoint")  # noqa: TRY301
        return Session(
            channel=channel,
            endpoint=endpoint,
            revised_timeout_ms=int(answer.RevisedSessionTimeout),
            id=answer.SessionId.to_string(),
            nonce=bytes(answer.ServerNonce or b""),
            tokens=_tokens(answer.ServerEndpoints or [], endpoint),
        )
    except Exception as error:
        await ended(channel)
        words = str(error) or "it does not prove that it holds its key"
        raise Unintelligible(target, f"its session cannot be used: {words}") from error


def _tokens(rows: list[Any], endpoint: Endpoint) -> tuple[Any, ...]:
    same = [
        row
        for row in rows
        if row.SecurityMode == MODES[endpoint.mode]
        and (row.SecurityPolicyUri or "").rpartition("#")[2] == endpoint.policy
    ]
    same.sort(key=lambda row: row.EndpointUrl != endpoint.url)
    return tuple(token for row in same for token in row.UserIdentityTokens or [])


async def activated(
    session: Session, target: Target, identity: Password | Keys | None, policy_id: str = ""
) -> None:
    """
    ActivateSession as `identity`; None is nobody, under `policy_id` when no token is listed.

    Raises `Said`, or `Denied` when the session's endpoint does not take such a token.
    """
    request = ua.ActivateSessionRequest()
    given = request.Parameters
    secured = session.channel.policy
    challenge = (secured.peer_certificate or b"") + session.nonce
    if session.endpoint.mode is not MessageMode.NONE:
        given.ClientSignature.Algorithm = secured.AsymmetricSignatureURI
        given.ClientSignature.Signature = secured.asymmetric_cryptography.signature(challenge)
    if identity is None:
        listed = session.token(TokenType.ANONYMOUS)
        given.UserIdentityToken = ua.AnonymousIdentityToken()
        given.UserIdentityToken.PolicyId = policy_id if listed is None else listed.PolicyId
    elif isinstance(identity, Password):
        _with_password(session, target, identity, given)
    else:
        _with_certificate(session, target, identity, challenge, given)
    answer = (await session.channel.ask(request)).Parameters
    session.next_nonce = bytes(answer.ServerNonce or b"")


def _guarded(session: Session, target: Target, kind: TokenType) -> tuple[Any, str]:
    """The token to use and its policy's URI.  The last line of defence for a secret."""
    if session.endpoint.mode is not MessageMode.SIGN_AND_ENCRYPT:
        raise Denied(target, "a secret is never sent on a channel that is not encrypted")
    token = session.token(kind)
    if token is None:
        raise Denied(target, f"its session does not take {kind} tokens")
    # OPC 10000-4, 7.41: a token without a policy of its own uses the endpoint's.
    return token, token.SecurityPolicyUri or session.channel.policy.URI


def _with_password(session: Session, target: Target, identity: Password, given: Any) -> None:
    token, uri = _guarded(session, target, TokenType.USERNAME)
    given.UserIdentityToken = ua.UserNameIdentityToken()
    given.UserIdentityToken.PolicyId = token.PolicyId
    given.UserIdentityToken.UserName = identity.user
    secret = identity.password.encode()
    if uri == SecurityPolicyNone.URI:
        given.UserIdentityToken.Password = secret
        return
    peer = x509.load_der_x509_certificate(session.channel.policy.peer_certificate or b"")
    data, algorithm = security_policies.encrypt_asymmetric(
        peer.public_key(), Primitives.Bytes.pack(secret + session.nonce), uri
    )
    given.UserIdentityToken.Password = data
    given.UserIdentityToken.EncryptionAlgorithm = algorithm


def _with_certificate(
    session: Session, target: Target, identity: Keys, challenge: bytes, given: Any
) -> None:
    token, uri = _guarded(session, target, TokenType.CERTIFICATE)
    if uri == SecurityPolicyNone.URI:
        uri = session.channel.policy.URI
    given.UserIdentityToken = ua.X509IdentityToken()
    given.UserIdentityToken.PolicyId = token.PolicyId
    given.UserIdentityToken.CertificateData = identity.certificate.public_bytes(Encoding.DER)
    signature, algorithm = security_policies.sign_asymmetric(identity.key, challenge, uri)
    given.UserTokenSignature.Algorithm = algorithm
    given.UserTokenSignature.Signature = signature


async def ended(channel: Channel) -> bool:
    """
    CloseSession with its subscriptions.  Whether the server answered it, or had no session.

    What goes wrong now changes nothing of what was seen; but a session may be left behind.
    """
    if channel.authentication.is_null():
        return True
    request = ua.CloseSessionRequest()
    request.DeleteSubscriptions = True
    heard = False
    with suppress(CollectError, TimeoutError):
        async with channel.within(
            min(MOST_GOODBYE_SECONDS, max(GOODBYE_SECONDS, 2 * channel.slowest))
        ):
            with suppress(Said):
                await channel.ask(request)
            heard = True
    channel.authentication = ua.NodeId()
    return heard


async def read(channel: Channel, wanted: list[tuple[str, int]]) -> list[tuple[Any, int]]:
    """
    One Read of (node id, attribute id) pairs: a value and a status code for each, in order.

    Raises `Said`, and `ValueError` when the answers do not match the questions.
    """
    request = ua.ReadRequest()
    request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Neither
    for node, attribute in wanted:
        row = ua.ReadValueId()
        row.NodeId = ua.NodeId.from_string(node)
        row.AttributeId = attribute
        request.Parameters.NodesToRead.append(row)
    results = (await channel.ask(request)).Results or []
    if len(results) != len(wanted):
        raise ValueError(f"{len(results)} answers to {len(wanted)} questions")
    return [
        (
            None if result.Value is None else result.Value.Value,
            0 if result.StatusCode is None else result.StatusCode.value,
        )
        for result in results
    ]


async def browsed(channel: Channel, node: str) -> tuple[int, list[tuple[str, str]], bool]:
    """
    One Browse of a node's components, objects only: its status code, each one's node id and name,
    and whether that is all of them.

    Raises `Said`, and `ValueError` when the answer does not match the question.
    """
    request = ua.BrowseRequest()
    request.Parameters.RequestedMaxReferencesPerNode = MOST_REFERENCES
    row = ua.BrowseDescription()
    row.NodeId = ua.NodeId.from_string(node)
    row.BrowseDirection = ua.BrowseDirection.Forward
    row.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasComponent)
    row.NodeClassMask = ua.NodeClass.Object
    row.ResultMask = ua.BrowseResultMask.BrowseName
    request.Parameters.NodesToBrowse.append(row)
    results = (await channel.ask(request)).Results or []
    if len(results) != 1:
        raise ValueError(f"{len(results)} answers to one question")
    found = [(r.NodeId.to_string(), str(r.BrowseName.Name or "")) for r in results[0].References]
    status = 0 if results[0].StatusCode is None else results[0].StatusCode.value
    whole = not results[0].ContinuationPoint and len(found) <= MOST_REFERENCES
    return status, found, whole
