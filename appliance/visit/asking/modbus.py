"""Modbus: the declared unit, nothing else."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import modbus
from collectors.wire import Target


async def ask(given: Given, _: q.Question, target: Target, service: Service) -> Facts:
    return await modbus.identity(given.wire, target, unit=service.unit)
