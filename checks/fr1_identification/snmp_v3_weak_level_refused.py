"""Does the agent insist on the protection its users are meant to have?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.snmp import SnmpAnswer, SnmpLevel, SnmpRefusals
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)

_LOWER = (SnmpLevel.NO_AUTH_NO_PRIV, SnmpLevel.AUTH_NO_PRIV)


@check(
    title="The same user cannot read at a lower security level",
    about=SERVICE,
    requirements={"SR 1.2": PART, "SR 2.1 RE 1": PART, "SR 4.1": PART},
    program=("USER 1.6",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0842", "T0888"),
    remedy="Set the least security level of the user's group to authPriv.",
    by_hand="Run snmpget -v3 -l noAuthNoPriv -u {user}, then -l authNoPriv: both must be refused.",
)
def judge(refusals: SnmpRefusals, expected: Expected) -> Verdict:
    """
    Passes when both lower levels were refused or met with silence while the user's own level was
    answered; fails when one of them is answered; does not apply to a service read with a
    community.

    Encryption that is only offered protects nobody: whoever listens asks without it.
    """
    if expected.service is not None and expected.service.login == "community":
        return not_applicable("The service is read with a community, so there is no SNMPv3 user.")
    tried = [t for t in refusals.trials if t.level in _LOWER]
    answered = [t.level.value for t in tried if t.answer is SnmpAnswer.ANSWERED]
    if answered:
        return failed(
            Reason.UNPROTECTED,
            f"The agent answers our user at {' and '.join(answered)} too.",
            where=tuple(answered),
        )
    if {t.level for t in tried} != set(_LOWER):
        return inconclusive(Reason.NOT_ASKED, "Not both lower levels were tried.")
    if not refusals.control:
        return inconclusive(
            Reason.NO_CONTROL, "The agent answered nothing else either, so silence means nothing."
        )
    silent = any(t.answer is SnmpAnswer.SILENT for t in tried)
    return passed(
        f"Neither noAuthNoPriv nor authNoPriv was answered while {refusals.control} was.",
        rests_on=RestsOn.SILENCE if silent else RestsOn.ANSWER,
    )
