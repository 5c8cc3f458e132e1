"""Is every account the device shows one somebody approved?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.switches import SnmpAccess
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Accounts readable from the device are on the approved list",
    about=SERVICE,
    requirements={"SR 1.3": PART, "SR 1.4": PART, "SR 1.1 RE 1": PART, "SR 2.1 RE 2": PART},
    program=("USER 1.1", "USER 1.2", "USER 1.4", "USER 1.12"),
    severity=HIGH,
    audience=SOC,
    enables=("T0859",),
    remedy="Delete the account, or have it approved and write it into expect: {snmp_users: [...]}.",
    by_hand="Run snmpwalk of 1.3.6.1.6.3.15.1.2.2.1 on {address}, or read the users of SNMPv3 on "
    "the device's own page, and compare the names with the approved list.",
)
def judge(access: SnmpAccess, expected: Expected) -> Verdict:
    """
    Passes when every SNMPv3 user shown is approved for this asset, our own among them; fails when
    one is not; does not apply where the inventory approves no list.

    An account nobody approved is somebody's way back in.  Names are read, secrets never.
    """
    approved = expected.asset.snmp_users if expected.asset else ()
    if not approved:
        return not_applicable("The inventory states no approved SNMPv3 users for this asset.")
    if not access.users:
        return inconclusive(Reason.NOT_COMPARABLE, "The agent does not show its SNMPv3 users.")
    strange = sorted({u.name for u in access.users} - set(approved))
    if strange:
        return failed(
            Reason.NOT_APPROVED,
            f"{len(strange)} SNMPv3 users are not approved: {', '.join(strange[:10])}.",
            where=tuple(strange),
        )
    if access.truncated:
        return inconclusive(Reason.NOT_COMPARABLE, "Not all users were read.")
    if access.own_name and access.own_name not in {u.name for u in access.users}:
        return inconclusive(
            Reason.NOT_COMPARABLE, "Our own user is not among those shown, so others may not be."
        )
    return passed(f"All {len(access.users)} SNMPv3 users shown are approved.")
