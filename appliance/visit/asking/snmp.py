"""SNMP: with the configured credential, and beside it what must be refused."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import snmp
from collectors.credentials import Community, SnmpUser
from collectors.errors import Denied
from collectors.wire import Target


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    login = given.credential(service.credential) if service.credential else None
    if not isinstance(login, Community | SnmpUser | None):
        raise Denied(target, f"credential {service.credential} is not one for SNMP")
    if question is q.SNMP_DEFAULTS:
        return await snmp.default_communities(given.wire, target, credential=login)
    if login is None:
        raise Denied(target, "the inventory has no credential for it", "reading")
    if question is q.SNMP_REFUSALS:
        return await snmp.refusals(given.wire, target, credential=login)
    return await snmp.system(
        given.wire, target, credential=login, firmware_oids=given.firmware_oids
    )
