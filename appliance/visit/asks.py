"""Everything there is to ask of one asset: pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.site.model import Asset
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

    A service is spoken to from one vantage only: the first that is permitted to.
    """
    found = [Ask(look, q.TCP_PORT) for look in looks if look.port.transport == "tcp"]
    spoken: set[str] = set()
    for look in looks:
        if not look.permitted or look.service is None or look.port.id in spoken:
            continue
        spoken.add(look.port.id)
        for question in q.BY_PROTOCOL.get(look.service.protocol, ()):
            if not q.concerns(asset, question) or not q.wanted(look.service, question):
                continue
            why = q.forbidden(asset, question, laboratory=laboratory)
            found.append(Ask(look, question, why))
    return tuple(sorted(found, key=lambda ask: ORDER.index(ask.question.effort)))
