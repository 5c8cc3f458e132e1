"""Modbus: the declared unit, and the data declared of it."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import modbus, modbus_registers
from collectors.wire import Target


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    if question == q.MODBUS_REGISTERS:
        return await modbus_registers.registers(given.wire, target)
    return await modbus.identity(given.wire, target, unit=service.unit)
