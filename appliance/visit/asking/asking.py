"""One question to one port: who asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from appliance.site.model import Service, Vantage
from appliance.visit import questions as q
from appliance.visit.asking import greetings, http, modbus, ntp, opcua, snmp, snmp_tables, ssh, tls
from appliance.visit.asking.asker import HEARD, Asker, Given
from appliance.visit.asks import Ask
from appliance.visit.permits import permitted
from appliance.visit.reach import Look
from checks.facts.observation import Facts
from checks.facts.ports import TcpPort
from collectors import ports
from collectors.wire import Target

ASKERS: Mapping[str, Asker] = {
    "opcua": opcua.ask,
    "modbus": modbus.ask,
    "snmp": snmp.ask,
    "snmp-tables": snmp_tables.ask,
    "ssh": ssh.ask,
    "http": http.ask,
    "ntp": ntp.ask,
    **dict.fromkeys(greetings.COLLECTORS, greetings.ask),
    "tls": tls.ask,
}
"""By the question's collector."""


@dataclass(frozen=True)
class Asking:
    """Asks one asset in one visit."""

    given: Given

    async def ask(self, look: Look, question: q.Question) -> Facts:
        """The facts, or a `CollectError` that says why there are none."""
        service = look.service
        spoken = service is not None and question is not q.TCP_PORT
        target = self._target(look, spoken=spoken)
        packets = q.packets(question, self.given.numbers) + self._within(service, question)
        wire = replace(self.given.wire, packets=packets)
        if service is None or not spoken:
            return await ports.port(wire, target)
        given = replace(self.given, wire=wire, vantage=look.vantage.id)
        return await ASKERS[question.collector](given, question, target, service)

    def heard(self, vantage: Vantage, who: str) -> None:
        """Somebody answered this vantage in this visit: what it sends leaves, and comes back."""
        self.given.kept.setdefault((HEARD, vantage.id), who)

    def expects(self, asks: Iterable[Ask]) -> None:
        """What this visit asks, so that one session can answer all that belongs to it."""
        self.given.coming.update(
            (ask.question.id, ask.look.service.id) for ask in asks if ask.look.service is not None
        )

    def _within(self, service: Service | None, question: q.Question) -> int:
        """The packets of what is answered in the same session."""
        return sum(
            other.packets
            for other in q.QUESTIONS
            if other.within
            and other.after == question.id
            and service is not None
            and (other.id, service.id) in self.given.coming
        )

    async def lives(self, look: Look) -> tuple[TcpPort, float | None]:
        """Whether the port opens, and after how many seconds it was closed again, if it was."""
        packets = q.packets(q.TCP_PORT, self.given.numbers)
        wire = replace(self.given.wire, packets=packets)
        return await ports.lives(wire, self._target(look, spoken=False))

    async def stirs(self, look: Look) -> bool:
        """
        One datagram for a sign of life; False when there is none to send.

        Raises `CollectError`: `TimedOut` for silence.
        """
        service = look.service
        if service is None or service.protocol != "snmp":
            return False
        given = replace(self.given, wire=replace(self.given.wire, packets=1))
        return await snmp.stirs(given, self._target(look, spoken=True), service)

    def _target(self, look: Look, *, spoken: bool) -> Target:
        service = look.service
        return Target(
            asset=self.given.asset.id,
            address=self.given.asset.address,
            transport=look.port.transport,
            port=look.port.number,
            protocol=service.protocol if service is not None and spoken else "tcp",
            source=look.vantage.source,
            permits=permitted(self.given.asset, service),
        )
