"""HTTP and HTTPS: the declared paths, as anybody may ask for them."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import http
from collectors.wire import Target


async def ask(given: Given, _: q.Question, target: Target, service: Service) -> Facts:
    # A connection of ours is cut off where it would cost more than its share of the question.
    wire = replace(given.wire, packets=given.wire.packets // max(1, len(service.paths)))
    return await http.pages(wire, target, paths=service.paths)
