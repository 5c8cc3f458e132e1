"""Modbus: the declared unit, what a profile permits to ask it, and the data declared of it."""

from __future__ import annotations

import re
from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from appliance.visit.permits import with_server_id
from checks.facts.modbus import ModbusIdentity
from checks.facts.observation import Facts
from collectors import modbus, modbus_registers, modbus_server_id
from collectors.errors import CollectError, NotPermitted
from collectors.wire import Target

IDENTITY = q.MODBUS_IDENTITY.id


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    if question == q.MODBUS_REGISTERS:
        return await modbus_registers.registers(given.wire, target)
    if question == q.MODBUS_SERVER_ID:
        octets = _server_id_octets(given, target, service)
        target = replace(target, permits=with_server_id(target.permits))
        return await modbus_server_id.server_id(given.wire, target, id_octets=octets)
    try:
        seen = await modbus.identity(given.wire, target, unit=service.unit)
    except CollectError as error:
        given.kept[IDENTITY, service.id] = error
        raise
    given.kept[IDENTITY, service.id] = seen
    return seen


def _server_id_octets(given: Given, target: Target, service: Service) -> int:
    """Raises `NotPermitted` unless the one profile that what it said of itself fits permits it."""
    doing = "asking for its server id"
    seen = given.kept.get((IDENTITY, service.id))
    if isinstance(seen, CollectError):
        # Why it is not known is why it is not asked: a timeout stays a timeout.
        raise seen.retold(doing)
    if not isinstance(seen, ModbusIdentity) or not seen.supported:
        why = "it does not identify itself, so no device profile can say that function 17 is safe"
        raise NotPermitted(target, why, doing)
    texts = (seen.vendor, seen.product_code, seen.revision, seen.product_name, seen.model)
    said = " ".join(texts)
    fits = [p for p in given.profiles if p.modbus and all(re.search(r, said) for r in p.modbus)]
    if len(fits) != 1 or fits[0].server_id_octets is None:
        which = fits[0].id if len(fits) == 1 else f"{len(fits)} profiles fit"
        raise NotPermitted(
            target,
            f"no device profile says that function 17 is safe on {said.strip()!r} ({which}); "
            "permit it in profiles/ of the site, or leave out expect: server_id",
            doing,
        )
    return fits[0].server_id_octets
