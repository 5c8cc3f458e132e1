"""Do roles decide who may change a variable?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaRights
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_permissions import EVERYBODY, changing


@check(
    title="Roles decide who may change the declared variables",
    about=SERVICE,
    requirements={"SR 2.1 RE 2": PART, "SR 2.1": PART},
    program=("USER 2.1", "USER 1.4"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0836",),
    remedy="Define roles, give Anonymous and AuthenticatedUser no more than Browse and Read, and "
    "record who has which role.",
    by_hand="In UaExpert look at RolePermissions of the declared variables at {address}:{port}: "
    "Anonymous and AuthenticatedUser may have Browse and Read only.",
)
def judge(rights: OpcUaRights, expected: Expected) -> Verdict:
    """
    Passes when the server has roles and every declared variable states role permissions that let
    everybody look at most; fails when Anonymous or AuthenticatedUser may change one; does not
    apply to servers without roles, and then says so.

    AuthenticatedUser is every login there is: what it may do is not bound to a role at all.
    """
    stated = rights.permissions or ()
    flat = changing(row for row in stated if row.role in EVERYBODY)
    if flat:
        return failed(
            Reason.WRITABLE,
            f"{flat[0].role} has {', '.join(flat[0].permissions)} on {flat[0].node}.",
            where=tuple(dict.fromkeys(row.node for row in flat)),
        )
    if rights.roles == () and rights.permissions == ():
        return not_applicable("The server has no roles: who may do what is not bound to them.")
    declared = expected.service.variables if expected.service else ()
    if not declared:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The inventory declares no variables for this server."
        )
    if rights.permissions is None or not rights.roles:
        return inconclusive(
            Reason.DENIED,
            "Our login is not shown the roles or their permissions.",
            where=rights.unreadable,
        )
    bound = {row.node for row in stated}
    if unbound := tuple(node for node in declared if node not in bound):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{len(unbound)} of {len(declared)} variables show no role permissions of their own.",
            where=unbound,
        )
    return passed(
        f"Of {len(rights.roles)} roles, those everybody has may change none of "
        f"{len(declared)} variables."
    )
