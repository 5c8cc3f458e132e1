"""Does the SNMP agent still answer the versions without protection?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.snmp import SnmpAnswer, SnmpLevel, SnmpRefusals, SnmpSystem
from checks.facts.switches import SnmpAccess
from checks.facts.verdict import Reason, RestsOn, Verdict, failed, inconclusive, passed

_OLD = (SnmpLevel.V1, SnmpLevel.V2C)
_MODELS = frozenset(level.value for level in _OLD)
_KNOWN_VALID = "configured"


@check(
    title="SNMP v1/v2c is off",
    about=SERVICE,
    requirements={
        "SR 1.2": PART,
        "SR 1.1": PART,
        "SR 4.1": PART,
        "SR 7.7": PART,
        "SR 7.6": PART,
    },
    program=("NET 1.8", "USER 1.6"),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0842", "T0888"),
    remedy="Set the agent to SNMPv3 only and delete its communities.",
    by_hand="Run snmpget -v1 and -v2c with the community once in use: neither may be answered; "
    "look in the agent's settings for the versions it allows.",
)
def judge(refusals: SnmpRefusals, system: SnmpSystem | None, access: SnmpAccess | None) -> Verdict:
    """
    Passes when v1 and v2c stayed silent to a community known to be valid while the same agent
    answered a permitted request; fails when either version is answered; does not apply to assets
    that are never probed.

    A wrong community is silent too: silence to `public` alone does not show that v2c is off.
    """
    if system is not None and system.level in _OLD:
        return failed(
            Reason.UNPROTECTED, f"The agent is read with SNMP {system.level.value} today."
        )
    tried = [t for t in refusals.trials if t.level in _OLD]
    answered = [t for t in tried if t.answer is SnmpAnswer.ANSWERED]
    if answered:
        return failed(
            Reason.UNPROTECTED,
            "The agent answers SNMP "
            + " and ".join(sorted({t.level.value for t in answered}))
            + ".",
            where=tuple(f"{t.level.value} with {t.community}" for t in answered),
        )
    if not tried:
        return inconclusive(Reason.NOT_ASKED, "Neither v1 nor v2c was tried.")
    if not refusals.control:
        return inconclusive(
            Reason.NO_CONTROL, "The agent answered nothing else either, so silence means nothing."
        )
    valid = {t.level for t in tried if t.community == _KNOWN_VALID}
    if not valid.issuperset(_OLD):
        names = " and ".join(sorted({t.community or "no community" for t in tried}))
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Silence to {names} does not show that v1 and v2c are off: a wrong community is "
            "silent too.",
        )
    if left := _still_there(access):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The community once in use is silent, but the agent still shows {left}: another may "
            "be answered.",
        )
    return passed(
        f"Neither v1 nor v2c was answered while {refusals.control} was.",
        rests_on=RestsOn.SILENCE,
    )


def _still_there(access: SnmpAccess | None) -> str:
    """What of the old versions the agent's own tables hold; empty where they show nothing."""
    if access is None:
        return ""
    if access.communities:
        return f"{access.communities} communities"
    names = sorted({m.name for m in access.members or () if m.model in _MODELS})
    return f"{' and '.join(names)} for v1 or v2c" if names else ""
