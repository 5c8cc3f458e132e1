"""One question to one service: from the inventory's words to a collector's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from appliance.site.model import Asset, Service
from appliance.visit import questions as q
from appliance.visit.permits import permitted, session_ms
from appliance.visit.reach import Look
from checks.facts.observation import Facts
from checks.facts.opcua import OpcUaEndpoints
from collectors import modbus, opcua, ports, snmp
from collectors.credentials import (
    ClientCertificate,
    Community,
    Credential,
    Password,
    SnmpUser,
    Trust,
)
from collectors.errors import CollectError, Denied, Unintelligible
from collectors.wire import Target, Wire


@dataclass
class Asking:
    """
    Asks one asset in one visit.

    `credential` gives what the inventory's credential id stands for, and `trust` whom a service's
    secrets may be sent to; both raise `Denied` when the site does not have them.
    """

    asset: Asset
    wire: Wire
    credential: Callable[[str], Credential]
    trust: Callable[[Service], Trust]
    firmware_oids: Mapping[str, str]
    offered: dict[str, OpcUaEndpoints] = field(default_factory=dict)
    unlisted: dict[str, CollectError] = field(default_factory=dict)

    async def ask(self, look: Look, question: q.Question) -> Facts:
        """The facts, or a `CollectError` that says why there are none."""
        target = Target(
            asset=self.asset.id,
            address=self.asset.address,
            transport=look.port.transport,
            port=look.port.number,
            protocol="tcp" if question is q.TCP_PORT or not look.service else look.service.protocol,
            source=look.vantage.source,
            permits=permitted(self.asset, look.service),
        )
        if question is q.TCP_PORT:
            return await ports.port(self.wire, target)
        assert look.service is not None
        match look.service.protocol:
            case "opcua":
                return await self._opcua(question, target, look.service)
            case "modbus":
                return await modbus.identity(self.wire, target, unit=look.service.unit)
            case _:
                return await self._snmp(question, target, look.service)

    async def _opcua(self, question: q.Question, target: Target, service: Service) -> Facts:
        if question is q.OPCUA_ENDPOINTS:
            try:
                self.offered[service.id] = await opcua.endpoints(self.wire, target)
            except CollectError as error:
                self.unlisted[service.id] = error
                raise
            return self.offered[service.id]
        offered = self.offered.get(service.id)
        if offered is None:
            # Why there is no list is why there can be no session: a timeout stays a timeout.
            if (why := self.unlisted.get(service.id)) is not None:
                raise type(why)(why.target, why.what, why.doing)
            raise Unintelligible(target, "its endpoints are not known", "opening a session")
        if question is q.OPCUA_ANONYMOUS:
            return await opcua.anonymous(
                self.wire, target, offered=offered, variables=service.variables
            )
        login = self.credential(service.credential) if service.credential else None
        if not isinstance(login, Password | ClientCertificate | None):
            raise Denied(target, f"credential {service.credential} is not one for OPC UA")
        own = self.credential(service.certificate) if service.certificate else None
        if not isinstance(own, ClientCertificate | None):
            raise Denied(target, f"credential {service.certificate} is not a certificate")
        return await opcua.server(
            self.wire,
            target,
            offered=offered,
            credential=login,
            certificate=own,
            trust=self.trust(service),
            variables=service.variables,
            session_timeout_ms=session_ms(self.asset),
        )

    async def _snmp(self, question: q.Question, target: Target, service: Service) -> Facts:
        login = self.credential(service.credential) if service.credential else None
        if not isinstance(login, Community | SnmpUser | None):
            raise Denied(target, f"credential {service.credential} is not one for SNMP")
        if question is q.SNMP_DEFAULTS:
            return await snmp.default_communities(self.wire, target, credential=login)
        if login is None:
            raise Denied(target, "the inventory has no credential for it", "reading")
        if question is q.SNMP_REFUSALS:
            return await snmp.refusals(self.wire, target, credential=login)
        return await snmp.system(
            self.wire, target, credential=login, firmware_oids=self.firmware_oids
        )
