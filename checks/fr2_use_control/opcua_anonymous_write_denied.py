"""May somebody who does not say who he is write process variables?"""

from __future__ import annotations

from checks.check import CRITICAL, HINT, ON_INTERFACE, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaAnonymous
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# OPC 10000-3, 8.57: AccessLevelType.
_CURRENT_WRITE = 0x02


@check(
    title="An anonymous session may not write process variables",
    about=SERVICE,
    requirements={"SR 2.1": ON_INTERFACE, "SR 2.1 RE 1": PART, "SR 3.5": HINT},
    program=("USER 2.1", "USER 1.5"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0836", "T1692.001"),
    remedy="Set the role permissions of anonymous users to read only, or refuse them altogether.",
    by_hand="In UaExpert connect with Anonymous and look at UserAccessLevel of the declared "
    "variables: CurrentWrite must not be set.  Do not write.",
)
def judge(attempt: OpcUaAnonymous, expected: Expected) -> Verdict:
    """
    Passes when the server declares no write permission on any declared variable; fails when it
    declares one; does not apply when the anonymous session was refused.

    We read what the server declares and never try a write; a server may still refuse one.
    """
    if attempt.activated is False:
        return not_applicable("The server refuses anonymous sessions.")
    if attempt.activated is None:
        return inconclusive(Reason.DENIED, f"No anonymous session was judged: {attempt.status}.")
    writable = [v for v in attempt.variables if (v.user_access or 0) & _CURRENT_WRITE]
    if writable:
        return failed(
            Reason.WRITABLE,
            f"The server declares write permission for anonymous users on {len(writable)} of "
            f"{len(attempt.variables)} variables.",
            where=tuple(v.node for v in writable),
        )
    declared = expected.service.variables if expected.service else ()
    if not declared:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The inventory declares no variables for this server."
        )
    read = {v.node for v in attempt.variables if v.user_access is not None}
    if unread := tuple(node for node in declared if node not in read):
        return inconclusive(
            Reason.DENIED,
            f"The access level of {len(unread)} of {len(declared)} variables could not be read.",
            where=unread,
        )
    return passed(
        f"The server declares no write permission for anonymous users on {len(declared)} variables."
    )
