"""TLS: the whole handshake first, then what must be refused beside it."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from checks.facts.tls import TlsServer
from collectors import tls
from collectors.errors import CollectError, Unintelligible
from collectors.wire import Target, Wire


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    # A connection of ours is cut off where it would cost more than its share of the question.
    wire = replace(given.wire, packets=question.packets // question.connections)
    if question is q.TLS_SERVER:
        return await _server(given, wire, target, service)
    control = tls.control_of(_seen(given, target, service))
    if question is q.TLS_VERSIONS:
        return await tls.versions(wire, target, control=control)
    return await tls.weak_suites(wire, target, control=control)


async def _server(given: Given, wire: Wire, target: Target, service: Service) -> TlsServer:
    try:
        seen = await tls.server(wire, target, trust=given.trust(service))
    except CollectError as error:
        given.kept[q.TLS_SERVER.id, service.id] = error
        raise
    given.kept[q.TLS_SERVER.id, service.id] = seen
    return seen


def _seen(given: Given, target: Target, service: Service) -> TlsServer:
    kept = given.kept.get((q.TLS_SERVER.id, service.id))
    if isinstance(kept, CollectError):
        # Why there is no handshake is why refusals would mean nothing: a timeout stays a timeout.
        raise kept.retold(kept.doing)
    if not isinstance(kept, TlsServer):
        raise Unintelligible(target, "no whole handshake was made", "trying what it must refuse")
    return kept
