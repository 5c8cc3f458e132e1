"""Do the device's logs and traps go to whom they should?"""

from __future__ import annotations

from checks.check import MEDIUM, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.switches import SnmpSettings
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Device sends logs and traps to approved collectors only",
    about=SERVICE,
    requirements={"SR 2.8 RE 1": PART, "SR 6.2": PART},
    program=("EVENT 1.3", "EVENT 1.4"),
    severity=MEDIUM,
    audience=SOC,
    remedy="Set the approved collectors as targets and remove all others.",
    by_hand="Walk snmpTargetAddrTAddress, and read the syslog servers on the device's own page.",
)
def judge(settings: SnmpSettings, expected: Expected) -> Verdict:
    """
    Passes when the device has a target and every target is an approved collector; fails when one
    is foreign; does not apply where the site names no collectors.

    Events that go nowhere are lost; events that go elsewhere tell a stranger.
    """
    approved = expected.limits.log_collectors
    if not approved:
        return not_applicable("The site names no log collectors.")
    if not settings.targets:
        return inconclusive(Reason.NOT_COMPARABLE, "The device shows no target of logs or traps.")
    foreign = [t for t in settings.targets if t.address not in approved]
    if foreign:
        return failed(
            Reason.DIFFERS,
            "; ".join(f"{t.kind} goes to {t.address}:{t.port}" for t in foreign)
            + f"; approved is {' or '.join(approved)}.",
            where=tuple(t.address for t in foreign),
        )
    kinds = " and ".join(sorted({t.kind for t in settings.targets}))
    return passed(f"Each {kinds} target is an approved collector.")
