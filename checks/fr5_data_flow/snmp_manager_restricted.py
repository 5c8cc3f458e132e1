"""Does the SNMP agent answer anybody, or its managers only?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.snmp import SnmpElsewhere, SnmpManagers
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)


@check(
    title="SNMP answers only approved managers",
    about=SERVICE,
    requirements={"SR 5.2": PART, "SR 2.1": PART, "SR 1.13": PART},
    program=("NET 1.6",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0888",),
    remedy="Set the agent's management access list to the addresses of its managers.",
    by_hand="From a host of the zone that is no manager run snmpget with a community that works, "
    "or with any SNMPv3 user: only a timeout is right, an error message is an answer too.",
)
def judge(looks: tuple[Seen[SnmpManagers], ...], expected: Expected) -> Verdict:
    """
    Passes when an address that is no manager got no answer, or a refused port, while the same
    agent answered its manager; fails when it got one, a refusal included; does not apply where no
    plain vantage shares the agent's zone beside the one that asks everything else.

    What an agent says to anybody, anybody can flood, guess at and read the version of.
    """
    second = expected.service.second_look if expected.service else ""
    if not second:
        return not_applicable(
            "We have no second address in its zone to ask from: no plain vantage beside the one "
            "that speaks to it."
        )
    of_second = [s for s in looks if s.vantage == second and s.conduit is None]
    if not of_second:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    seen = of_second[-1].facts
    if seen is None:
        assert of_second[-1].reason is not None
        return inconclusive(of_second[-1].reason, of_second[-1].said)
    return _judged(seen)


def _judged(seen: SnmpManagers) -> Verdict:
    if not seen.source or not seen.manager or seen.source == seen.manager:
        return inconclusive(
            Reason.NOT_COMPARABLE, "It was asked from one address only, so nothing was compared."
        )
    if seen.answer is SnmpElsewhere.ANSWERED:
        return failed(
            Reason.REACHABLE,
            f"The agent answers {seen.source}, which is no approved manager, to {seen.asked}.",
            where=(seen.source,),
        )
    if not seen.control:
        return inconclusive(
            Reason.NO_CONTROL,
            f"Directly afterwards it did not answer its manager {seen.manager} either, so that "
            f"{seen.source} was not answered means nothing.",
        )
    if seen.answer is SnmpElsewhere.CLOSED:
        return passed(
            f"Its port is closed to {seen.source}, while it answered {seen.manager} to "
            f"{seen.control}."
        )
    if not seen.heard:
        return inconclusive(
            Reason.NO_CONTROL,
            f"Nobody answered {seen.source} in this visit, so the network may be what is silent; "
            "a control host would tell.",
        )
    return passed(
        f"It did not answer {seen.source}, which {seen.heard} did, while it answered "
        f"{seen.manager} to {seen.control}.",
        rests_on=RestsOn.SILENCE,
    )
