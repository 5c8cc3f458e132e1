"""The look of a drill: the real collector at our own bad responder, judged by the real check."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.clock import Clock
from appliance.drill.gate import OwnPort
from appliance.drill.responder import ADDRESS, responder
from checks import BY_ID
from checks.deciding import Inputs, decide
from checks.facts.context import Moment
from checks.facts.expected import Expected, ExpectedAsset, Limits
from checks.facts.observation import Observation
from checks.facts.standing import StateKey, Subject
from checks.facts.verdict import Verdict
from collectors import vnc
from collectors.errors import CollectError
from collectors.wire import Target, Wire

CHECK = BY_ID["vnc-protected"]
ASSET = "upheld-drill"
"""A pseudo-asset: in no inventory, no zone and no number."""
KEY = StateKey(Subject("service", asset=ASSET, service="tcp-drill"), CHECK.id)


@dataclass(frozen=True)
class Look:
    observation: Observation
    verdict: Verdict


async def look(drill: str, clock: Clock) -> Look:
    """One look; a responder that cannot be had or read is a gap, and so no failure to tell."""
    started = clock.now()
    facts, reason, said = None, None, ""
    async with responder() as port:
        target = Target(ASSET, ADDRESS, "tcp", port, "vnc")
        try:
            facts = await vnc.security(Wire(OwnPort(port, clock), connect=2.0, whole=5.0), target)
        except CollectError as error:
            reason, said = error.reason, str(error)
    observation = Observation(
        asset=ASSET,
        service=KEY.subject.service,
        vantage="loopback",
        vantage_kind="monitor",
        conduit=None,
        permitted=True,
        collector="vnc",
        question="vnc-security",
        facts_type="VncSecurity",
        visit=drill,
        started=started,
        finished=clock.now(),
        clock=clock.quality(),
        alive=facts is not None,
        last_alive=clock.now() if facts is not None else None,
        blind=False,
        facts=facts,
        reason=reason,
        said=said,
        port=KEY.subject.service,
    )
    asset = ExpectedAsset(ASSET, zone="", role="other", probing="robust", addresses=(ADDRESS,))
    inputs = Inputs(
        observations=(observation,),
        expected=Expected(Limits(), asset),
        moment=Moment(clock.now(), clock.quality()),
    )
    return Look(observation, decide(CHECK, inputs))
