"""One question to one port: who asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.visit import questions as q
from appliance.visit.asking import greetings, modbus, ntp, opcua, snmp, ssh, tls
from appliance.visit.asking.asker import Asker, Given
from appliance.visit.permits import permitted
from appliance.visit.reach import Look
from checks.facts.observation import Facts
from collectors import ports
from collectors.wire import Target

ASKERS: Mapping[str, Asker] = {
    "opcua": opcua.ask,
    "modbus": modbus.ask,
    "snmp": snmp.ask,
    "ssh": ssh.ask,
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
        target = Target(
            asset=self.given.asset.id,
            address=self.given.asset.address,
            transport=look.port.transport,
            port=look.port.number,
            protocol=service.protocol if service is not None and spoken else "tcp",
            source=look.vantage.source,
            permits=permitted(self.given.asset, service),
        )
        if service is None or not spoken:
            return await ports.port(self.given.wire, target)
        return await ASKERS[question.collector](self.given, question, target, service)
