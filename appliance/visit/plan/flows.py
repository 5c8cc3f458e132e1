"""The plan as flows: who connects where, why, and which checks are blind when that is in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.visit.plan.plan import AssetPlan, Plan
from appliance.visit.plan.step import Step
from appliance.visit.questions import QUESTIONS
from checks import ALL

PERMIT, STAYS_DENIED, SAME_ZONE = "permit", "stays denied", "same zone"


@dataclass(frozen=True, order=True)
class Flow:
    """
    One line for a firewall's owner: `action` is permit, stays denied, or same zone (no firewall).

    `destinations` are addresses of one zone (or one host outside it); `blind` the checks that
    nobody can judge without it.
    """

    action: str
    source: str
    zone: str
    destinations: tuple[str, ...]
    transport: str
    port: int
    why: str
    blind: tuple[str, ...] = ()


def flows(plan: Plan) -> tuple[Flow, ...]:
    """Every flow of the plan, merged by zone, in a fixed order."""
    merged: dict[tuple[str, str, str, str, int, str], tuple[set[str], set[str]]]
    merged = defaultdict(lambda: (set(), set()))
    for asset in plan.assets:
        for step, key in _keys(asset):
            addresses, questions = merged[key]
            addresses.add(asset.address)
            questions.add(step.question)
    found = [
        Flow(action, source, zone, tuple(sorted(at)), transport, port, why, _blind(questions))
        for (action, source, zone, transport, port, why), (at, questions) in merged.items()
    ]
    found += [
        Flow(PERMIT, o.source or "this host", "", (o.host,), o.transport, o.port, o.why)
        for o in plan.outside
    ]
    return tuple(sorted(found))


def _keys(asset: AssetPlan) -> Iterator[tuple[Step, tuple[str, str, str, str, int, str]]]:
    spoken = {(s.source, s.transport, s.port) for s in asset.steps if s.speaks}
    for step in asset.steps:
        if step.forbidden:
            continue
        across = PERMIT if step.permitted else STAYS_DENIED
        action = across if step.conduit else SAME_ZONE
        if (step.source, step.transport, step.port) in spoken:
            why = "read-only questions to a declared service"
        elif step.service:
            why = "whether a declared service is there; no byte is sent"
        else:
            why = "whether a port that must be closed is; no byte is sent"
        if action == STAYS_DENIED:
            why = "whether the firewall denies it; no byte is sent"
        source = step.source or f"vantage {step.vantage}"
        yield step, (action, source, asset.zone, step.transport, step.port, why)


def _blind(questions: set[str]) -> tuple[str, ...]:
    kinds = {q.facts for q in QUESTIONS if q.id in questions}
    return tuple(sorted(c.id for c in ALL if kinds & set(c.reads)))
