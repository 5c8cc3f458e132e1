"""Does the SNMP agent answer the communities everybody knows?"""

from __future__ import annotations

from checks.check import CRITICAL, PART, SERVICE, SOC, check
from checks.facts.snmp import SnmpAnswer, SnmpDefaultCommunities
from checks.facts.verdict import Reason, RestsOn, Verdict, failed, inconclusive, passed


@check(
    title="Default communities get no answer",
    about=SERVICE,
    requirements={"SR 1.5": PART, "SR 1.1": PART},
    program=("USER 1.12",),
    severity=CRITICAL,
    audience=SOC,
    enables=("T1694.001",),
    remedy="Delete the communities public and private from the agent.",
    by_hand="Run snmpget -v2c -c public and -c private: neither may be answered.",
)
def judge(defaults: SnmpDefaultCommunities) -> Verdict:
    """
    Passes when no default community was answered while the same agent answered a permitted
    request; fails when one was answered; does not apply to assets that are never probed.

    `private` often grants writing, and both are the first thing anybody tries.
    """
    answered = [t for t in defaults.trials if t.answer is SnmpAnswer.ANSWERED]
    if answered:
        names = " and ".join(sorted({t.community for t in answered}))
        return failed(
            Reason.DEFAULT_CREDENTIAL,
            f"The agent answers the default community {names}.",
            where=tuple(f"{t.level.value} with {t.community}" for t in answered),
        )
    if not defaults.trials:
        return inconclusive(Reason.NOT_ASKED, "No default community was tried.")
    if not defaults.control:
        return inconclusive(
            Reason.NO_CONTROL, "The agent answered nothing else either, so silence means nothing."
        )
    names = " and ".join(sorted({t.community for t in defaults.trials}))
    return passed(
        f"The default community {names} was not answered while {defaults.control} was.",
        rests_on=RestsOn.SILENCE,
    )
