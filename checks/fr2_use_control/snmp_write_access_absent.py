"""May anybody change the device over SNMP who should not?"""

from __future__ import annotations

from checks import vendor_settings
from checks.check import CRITICAL, PART, SERVICE, SOC, check
from checks.facts.switches import SnmpAccess, SnmpGroup, SnmpSettings
from checks.facts.verdict import Outcome, Reason, Verdict, failed, inconclusive, passed


@check(
    title="No community and not our own user has SNMP write access",
    about=SERVICE,
    requirements={"SR 2.1": PART, "SR 2.1 RE 1": PART, "SR 2.1 RE 2": PART},
    program=("USER 2.1",),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0836",),
    remedy="Remove read-write communities; leave a write view to one group of administrators.",
    by_hand="Walk vacmAccessWriteViewName and vacmGroupName as an administrator; never send a SET.",
)
def judge(access: SnmpAccess, settings: SnmpSettings | None) -> Verdict:
    """
    Passes when the groups of all communities and of our own user have no write view; fails when
    one has, when a user without authentication has, or when the vendor's switch says that
    communities may write; does not apply to devices that are never probed.

    The access tables tell it; a SET would be the harm it looks for.
    """
    flags = vendor_settings.judged(vendor_settings.of(settings, "snmp-write-access-absent"))
    if flags is not None and flags.outcome is Outcome.FAIL:
        return flags
    groups = [g for g in access.groups or () if g.write_view and _matters(g, access)]
    if groups:
        return failed(
            Reason.WRITABLE,
            "; ".join(f"group {g.group} ({g.model}, {g.level}) may write" for g in groups) + ".",
            where=tuple(g.group for g in groups),
        )
    if not access.groups or not access.members or access.truncated:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "The agent does not show who is in which group, or not all of it.",
        )
    if access.own_name and access.own_name not in {m.name for m in access.members}:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The group of our own user is not among those shown."
        )
    return passed("No community's group and not our own has a write view.")


def _matters(group: SnmpGroup, access: SnmpAccess) -> bool:
    """Whether a community, our own user or anybody without a secret is in it, as far as shown."""
    open_to_all = group.level == "noAuthNoPriv"
    if access.members is None:
        return open_to_all
    inside = [
        m for m in access.members if m.group == group.group and group.model in ("any", m.model)
    ]
    return any(open_to_all or (m.model == "usm" and m.name == access.own_name) for m in inside)
