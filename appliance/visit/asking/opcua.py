"""OPC UA: the endpoint list first, then what rests on it."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking import opcua_beside
from appliance.visit.asking.asker import Given
from appliance.visit.permits import session_ms
from checks.facts.observation import Facts
from checks.facts.opcua import OpcUaEndpoints
from collectors import opcua, opcua_discovery, opcua_trust
from collectors.allowed.permissions import OPCUA_SESSION_MS
from collectors.credentials import ClientCertificate, Credential, Password
from collectors.errors import CollectError, Denied, Unintelligible
from collectors.opcua_choice import strongest
from collectors.wire import Target

LIST = "opcua-endpoints"


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    if question == q.OPCUA_RIGHTS:
        return opcua_beside.told(given, target, service)
    if question == q.OPCUA_ENDPOINTS:
        return await _list(given, target, service)
    if question == q.OPCUA_DISCOVERY:
        return await opcua_discovery.servers(given.wire, target)
    offered = _offered(given, target, service)
    if question == q.OPCUA_ANONYMOUS:
        with given.session(target, OPCUA_SESSION_MS):
            return await opcua.anonymous(
                given.wire,
                target,
                offered=offered,
                variables=service.variables,
                methods=service.methods,
            )
    try:
        if service.credential is None:
            return await _server(given, target, service, offered, None)
        async with given.logins.trying(service.credential, target) as login:
            return await _server(given, target, service, offered, login)
    except CollectError as error:
        opcua_beside.fails(given, service, error)
        raise


async def _server(
    given: Given,
    target: Target,
    service: Service,
    offered: OpcUaEndpoints,
    login: Credential | None,
) -> Facts:
    if not isinstance(login, Password | ClientCertificate | None):
        raise Denied(target, f"credential {service.credential} is not one for OPC UA")
    own = given.logins.key_pair(service.certificate) if service.certificate else None
    if not isinstance(own, ClientCertificate | None):
        raise Denied(target, f"credential {service.certificate} is not a certificate")
    _fit(given, target, service, offered, login, own)
    timeout = session_ms(given.asset)
    beside = opcua_beside.wanted(given, target, service, login)
    with given.session(target, timeout):
        told = await opcua.server(
            given.wire,
            target,
            offered=offered,
            credential=login,
            certificate=own,
            trust=given.trust(service),
            variables=service.variables,
            session_timeout_ms=timeout,
            beside=beside,
        )
    opcua_beside.keep(given, service, beside)
    return told


def _fit(
    given: Given,
    target: Target,
    service: Service,
    offered: OpcUaEndpoints,
    login: Password | ClientCertificate | None,
    own: ClientCertificate | None,
) -> None:
    """Raises `Denied` for what the session would refuse unsent, so that none is noted as open."""
    kind, _ = opcua.identity_of(login)
    have = own is not None or isinstance(login, ClientCertificate)
    endpoint = strongest(target, offered, kind, have_certificate=have)
    if login is not None:
        opcua_trust.may_have_secrets(target, endpoint, given.trust(service), given.wire.gate.wall())


async def _list(given: Given, target: Target, service: Service) -> OpcUaEndpoints:
    try:
        offered = await opcua.endpoints(given.wire, target)
    except CollectError as error:
        given.kept[LIST, service.id] = error
        raise
    given.kept[LIST, service.id] = offered
    try:
        return opcua_trust.listed(offered, given.trust(service), target, given.wire.gate.wall())
    except Denied as error:
        # Our own CA file is unreadable; the list is as good as ever.
        return replace(offered, trust_problem=error.what)


def _offered(given: Given, target: Target, service: Service) -> OpcUaEndpoints:
    kept = given.kept.get((LIST, service.id))
    if isinstance(kept, CollectError):
        # Why there is no list is why there can be no session: a timeout stays a timeout.
        raise kept.retold(kept.doing)
    if not isinstance(kept, OpcUaEndpoints):
        raise Unintelligible(target, "its endpoints are not known", "opening a session")
    return kept
