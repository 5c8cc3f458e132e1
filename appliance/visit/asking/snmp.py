"""SNMP: with the configured credential, and beside it what must be refused."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import HEARD, Given
from checks.facts.observation import Facts
from checks.facts.snmp import SnmpSystem
from collectors import snmp
from collectors.credentials import Community, SnmpUser
from collectors.errors import CollectError, Denied
from collectors.snmp_managers import managers
from collectors.wire import Target

WORKS = "snmp-login"
MANAGER = "snmp-manager"


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    if question == q.SNMP_SYSTEM:
        return await _system(given, target, service)
    # What follows hides a login that fails; so it uses one only that worked in this visit.
    if question == q.SNMP_DEFAULTS:
        kept = given.kept.get((WORKS, service.id))
        known = kept if isinstance(kept, Community | SnmpUser) else None
        return await snmp.default_communities(given.wire, target, credential=known)
    login = working(given, target, service)
    if question == q.SNMP_MANAGERS:
        return await managers(
            given.wire,
            target,
            given.kept[MANAGER, service.id],
            credential=login,
            heard=given.kept.get((HEARD, given.vantage), ""),
        )
    former = _former(given, target, service) if isinstance(login, SnmpUser) else None
    return await snmp.refusals(given.wire, target, credential=login, community=former)


async def stirs(given: Given, target: Target, service: Service) -> bool:
    """
    Ask for a sign of life; False when there is nothing to ask with.  Raises as `snmp.lives`.
    """
    if service.credential is None:
        return False
    known = given.logins.for_a_look(service.credential, target)
    if not isinstance(known, Community | SnmpUser):
        return False
    await snmp.lives(given.wire, target, credential=known)
    return True


def _former(given: Given, target: Target, service: Service) -> Community | None:
    """The community once valid here, silence to which means something; None where none is named."""
    if service.formerly is None:
        return None
    known = given.logins.former(service.formerly)
    if not isinstance(known, Community):
        raise Denied(target, f"credential {service.formerly} is not a community")
    return known


def working(given: Given, target: Target, service: Service) -> Community | SnmpUser:
    """The login that worked in this visit.  Raises `CollectError` saying why there is none."""
    works = given.kept.get((WORKS, service.id))
    if isinstance(works, CollectError):
        raise works.retold(works.doing)
    if not isinstance(works, Community | SnmpUser):
        raise Denied(target, "no login worked in this visit", "reading")
    return works


async def _system(given: Given, target: Target, service: Service) -> SnmpSystem:
    if service.credential is None:
        error = Denied(target, "the inventory has no credential for it", "reading")
        given.kept[WORKS, service.id] = error
        raise error
    try:
        async with given.logins.trying(service.credential, target) as login:
            if not isinstance(login, Community | SnmpUser):
                raise Denied(target, f"credential {service.credential} is not one for SNMP")
            seen = await snmp.system(
                given.wire, target, credential=login, firmware_oids=given.firmware_oids
            )
    except CollectError as error:
        given.kept[WORKS, service.id] = error
        raise
    given.kept[WORKS, service.id] = login
    given.kept[MANAGER, service.id] = target
    return seen
