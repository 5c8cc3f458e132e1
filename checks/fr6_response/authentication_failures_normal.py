"""Does anybody try to get in over SNMP?"""

from __future__ import annotations

from checks.check import HINT, MEDIUM, PART, SERVICE, SOC, check
from checks.facts.switches import SnmpChanges
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

_DAY = 8_640_000
# Our own: public and private in two versions, one from another address, and a former community in
# two versions each hour at most.
OWN_COMMUNITIES_A_DAY = 4 + 1 + 2 * 24
STRANGERS_A_DAY = 10


@check(
    title="Failed SNMP authentications stay near zero apart from the appliance's own tests",
    about=SERVICE,
    requirements={"SR 6.2": PART, "SR 1.11": HINT},
    program=("EVENT 1.1", "EVENT 1.7"),
    severity=MEDIUM,
    audience=SOC,
    enables=("T0859",),
    remedy="Find who asks with a wrong community or user: traps and the firewall's log name it.",
    by_hand="Read snmpInBadCommunityNames.0 and usmStatsWrongDigests.0 twice, a day apart.",
)
def judge(changes: SnmpChanges) -> Verdict:
    """
    Passes when no counter of refused access grew faster since the last start than our own tests
    and ten a day explain; fails when one did; does not apply to devices that are never probed.

    An average: a burst in a year of quiet does not show here, but in the trap it raises.
    """
    shown = {
        "wrong communities": (changes.bad_communities, OWN_COMMUNITIES_A_DAY + STRANGERS_A_DAY),
        "wrong digests": (changes.wrong_digests, STRANGERS_A_DAY),
        "unknown users": (changes.unknown_users, STRANGERS_A_DAY),
    }
    uptime = changes.uptime_centiseconds
    known = {name: (n, most) for name, (n, most) in shown.items() if n is not None}
    if uptime is None or not known:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The device does not show how often it refused somebody."
        )
    # The uptime begins again after 497 days, the counters do not.
    days = max(1.0, uptime / _DAY, (changes.engine_seconds or 0) * 100 / _DAY)
    many = [f"{n} {name}" for name, (n, most) in known.items() if n > most * days]
    if many:
        return failed(
            Reason.DIFFERS,
            f"In {days:.1f} days the agent counted {' and '.join(many)}.",
            where=tuple(many),
        )
    if len(known) < len(shown):
        missing = [name for name in shown if name not in known]
        return inconclusive(
            Reason.NOT_COMPARABLE, f"The device does not count {' and '.join(missing)}."
        )
    return passed(f"In {days:.1f} days no counter grew faster than our own tests and a few.")
