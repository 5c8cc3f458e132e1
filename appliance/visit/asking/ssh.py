"""SSH: what it offers, and once a day its host key; nobody ever logs in."""

from __future__ import annotations

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import ssh
from collectors.wire import Target


async def ask(given: Given, question: q.Question, target: Target, _: Service) -> Facts:
    if question is q.SSH_HOST_KEY:
        return await ssh.host_key(given.wire, target)
    return await ssh.offer(given.wire, target)
