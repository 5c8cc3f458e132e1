"""Everything there is to ask of one asset: pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.site.model import Asset, Service
from appliance.site.speaking import second_of
from appliance.visit import questions as q
from appliance.visit.reach import Look

ORDER = (q.Effort.CONNECT, q.Effort.HANDSHAKE, q.Effort.LOGIN)


@dataclass(frozen=True)
class Ask:
    """One question to put through one look; `forbidden` says why it may not be put."""

    look: Look
    question: q.Question
    forbidden: str | None = None


def asks(asset: Asset, looks: tuple[Look, ...], *, laboratory: bool) -> tuple[Ask, ...]:
    """
    Everything a whole visit asks, gentlest first.

    A service is spoken to from one vantage only: the first that is permitted to.  Only what is
    asked `beside` it comes from another.
    """
    found = [Ask(look, q.TCP_PORT) for look in looks if look.port.transport == "tcp"]
    spoken: set[str] = set()
    for look in looks:
        if not look.permitted or look.service is None or look.port.id in spoken:
            continue
        spoken.add(look.port.id)
        ways = [o for o in looks if o.permitted and o.port == look.port]
        for question in q.BY_PROTOCOL.get(look.service.protocol, ()):
            at = _from_beside(asset, look.service, ways) if question.beside else look
            if at is None or not _arises(asset, look.service, question):
                continue
            why = q.forbidden(asset, question, laboratory=laboratory)
            found.append(Ask(at, question, why))
    return tuple(sorted(found, key=lambda ask: ORDER.index(ask.question.effort)))


def _arises(asset: Asset, service: Service, question: q.Question) -> bool:
    return q.concerns(asset, question) and q.wanted(service, question)


def _from_beside(asset: Asset, service: Service, ways: list[Look]) -> Look | None:
    second = second_of([look.vantage for look in ways], asset, service)
    return next((look for look in ways if look.vantage == second), None)
