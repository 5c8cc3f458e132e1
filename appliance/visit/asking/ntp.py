"""NTP: one packet to a time server."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import ntp
from collectors.wire import Target


async def ask(given: Given, _: q.Question, target: Target, __: Service) -> Facts:
    return await ntp.server(given.wire, target)
