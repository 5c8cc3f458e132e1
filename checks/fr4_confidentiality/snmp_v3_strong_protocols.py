"""Do all SNMPv3 users have protocols worth having?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.switches import SnmpAccess
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

_WEAK = frozenset(("none", "MD5", "DES"))


@check(
    title="SNMPv3 users use strong protocols",
    about=SERVICE,
    requirements={"SR 4.3": PART, "SR 1.5": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0842",),
    remedy="Create the named users again with SHA-2 and AES, and delete those nobody needs.",
    by_hand="Walk usmUserAuthProtocol and usmUserPrivProtocol and look for MD5, DES and none.",
)
def judge(access: SnmpAccess) -> Verdict:
    """
    Passes when every user shown authenticates with SHA and encrypts with AES; fails when one has
    MD5, DES or nothing; does not apply to devices that are never probed.

    One forgotten user with DES is as good a way in as if all had it.
    """
    if not access.users:
        return inconclusive(Reason.NOT_COMPARABLE, "The agent does not show its SNMPv3 users.")
    weak = [u for u in access.users if {u.auth, u.priv} & _WEAK]
    if weak:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            "; ".join(f"{u.name} has {u.auth} and {u.priv}" for u in weak) + ".",
            where=tuple(u.name for u in weak),
        )
    strange = [
        u for u in access.users if not (u.auth.startswith("SHA-") and u.priv.startswith("AES-"))
    ]
    if strange or access.truncated:
        names = ", ".join(u.name for u in strange)
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody here knows the protocols of {names}." if names else "Not all was read.",
        )
    if access.own_name and access.own_name not in {u.name for u in access.users}:
        return inconclusive(
            Reason.NOT_COMPARABLE, "Our own user is not among those shown, so others may not be."
        )
    return passed(f"All {len(access.users)} users have SHA and AES.")
