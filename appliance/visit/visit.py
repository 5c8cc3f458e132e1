"""
One pass over one asset: every due question once, one connection at a time.

Nothing is retried.  A port that did not open is not spoken to in the same visit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from appliance.clock import Clock
from appliance.site.model import Asset
from appliance.visit import questions as q
from appliance.visit.asking import Asking
from appliance.visit.control import Controls
from appliance.visit.reach import Look
from checks.facts.context import Presence
from checks.facts.observation import Facts, Observation
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.snmp import SnmpAnswer, SnmpDefaultCommunities, SnmpRefusals
from checks.facts.verdict import Reason
from collectors.errors import (
    CollectError,
    HungUp,
    Refused,
    TimedOut,
    TurnedAway,
    Unintelligible,
)

ORDER = (q.Effort.CONNECT, q.Effort.HANDSHAKE, q.Effort.LOGIN)
# A closed or silent port already said what a second connection would only repeat.
_SHUT = {
    PortAnswer.REFUSED: Reason.REFUSED,
    PortAnswer.FILTERED: Reason.FILTERED,
    PortAnswer.UNREACHABLE: Reason.UNREACHABLE,
}


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
            why = q.forbidden(asset, question, laboratory=laboratory)
            found.append(Ask(look, question, why))
    return tuple(sorted(found, key=lambda ask: ORDER.index(ask.question.effort)))


@dataclass
class Visit:
    """A visit under way.  `pause` is the seconds the device gets between connections."""

    id: str
    asset: Asset
    asking: Asking
    controls: Controls
    clock: Clock
    pause: float
    last_alive: datetime | None

    async def run(self, todo: tuple[Ask, ...]) -> tuple[Observation, ...]:
        """The observations, the last of them whether the asset was there at all."""
        started = self.clock.now()
        for vantage in {ask.look.vantage.id: ask.look.vantage for ask in todo}.values():
            await self.controls.seen_from(vantage)
        seen: list[Observation] = []
        shut: dict[str, Reason] = {}
        for ask in todo:
            observation = await self._one(ask, shut)
            if isinstance(observation.facts, TcpPort) and ask.look.permitted:
                port = observation.facts
                if port.answer in _SHUT:
                    shut[ask.look.port.id] = _SHUT[port.answer]
            seen.append(observation)
        return self._ended(seen, started)

    async def _one(self, ask: Ask, shut: dict[str, Reason]) -> Observation:
        started = self.clock.now()
        if ask.forbidden is not None:
            return self._observed(ask, started, None, Reason.NOT_PERMITTED, ask.forbidden)
        if ask.question is not q.TCP_PORT and (reason := shut.get(ask.look.port.id)):
            said = f"Port {ask.look.port} did not open in this visit ({reason})."
            return self._observed(ask, started, None, reason, said)
        try:
            facts = await self.asking.ask(ask.look, ask.question)
        except CollectError as error:
            observation = self._observed(ask, started, None, error.reason, str(error), error)
        else:
            observation = self._observed(ask, started, facts)
        if self.pause:
            await asyncio.sleep(self.pause)
        return observation

    def _observed(
        self,
        ask: Ask,
        started: datetime,
        facts: Facts | None,
        reason: Reason | None = None,
        said: str = "",
        error: CollectError | None = None,
    ) -> Observation:
        vantage = ask.look.vantage
        crossing = ask.look.conduit is not None
        return Observation(
            asset=self.asset.id,
            service=ask.look.service.id if ask.look.service else None,
            vantage=vantage.id,
            vantage_kind=vantage.kind,
            conduit=ask.look.conduit,
            permitted=ask.look.permitted,
            collector=ask.question.collector,
            question=ask.question.id,
            facts_type=ask.question.facts.__name__,
            visit=self.id,
            started=started,
            finished=self.clock.now(),
            clock=self.clock.quality(),
            alive=_answered(facts, error, ask.look),
            last_alive=self.last_alive,
            blind=self._blind(vantage.id, crossing=crossing),
            facts=facts,
            reason=reason,
            said=said,
            port=ask.look.port.id,
        )

    def _blind(self, vantage: str, *, crossing: bool) -> bool:
        """Without a control host only silence across a conduit is worthless: inside a zone the
        asset's own answers are the control."""
        site = self.controls.site
        if not site.appliance.control and not crossing:
            return False
        return self.controls.blind(site.vantage(vantage))

    def _ended(self, seen: list[Observation], started: datetime) -> tuple[Observation, ...]:
        """The same observations, each now knowing whether the asset answered anything at all."""
        by = tuple(sorted({o.port for o in seen if o.alive}))
        ended = self.clock.now()
        last = ended if by else self.last_alive
        seen = [replace(o, alive=bool(by), last_alive=last) for o in seen]
        if not seen:
            return ()
        monitors = [o for o in seen if o.permitted] or seen
        presence = replace(
            monitors[0],
            service=None,
            port="",
            collector=q.PRESENCE.collector,
            question=q.PRESENCE.id,
            facts_type=Presence.__name__,
            started=started,
            finished=ended,
            blind=any(o.blind for o in monitors),
            facts=Presence(answered=bool(by), by=by, last=last),
            reason=None,
            said="",
        )
        return (*seen, presence)


def _answered(facts: Facts | None, error: CollectError | None, look: Look) -> bool:
    """
    Whether the device itself gave a sign of life.

    A refused port may be the firewall's doing when a conduit lies between, so it only counts
    inside the zone.
    """
    if isinstance(facts, TcpPort):
        if facts.answer is PortAnswer.OPEN:
            return True
        return facts.answer is PortAnswer.REFUSED and look.conduit is None
    if isinstance(facts, SnmpRefusals | SnmpDefaultCommunities):
        # Silence to every question is written down too, but it is no sign of life.
        heard = any(trial.answer is not SnmpAnswer.SILENT for trial in facts.trials)
        return heard or bool(facts.control)
    if isinstance(error, Refused):
        return look.conduit is None
    if isinstance(error, TurnedAway):
        return True
    return facts is not None or (
        isinstance(error, TimedOut | HungUp | Unintelligible) and (look.port.transport == "tcp")
    )


Due = Callable[[Ask], bool]
