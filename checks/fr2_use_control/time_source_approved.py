"""Does the device take its time from whom it should?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.switches import SnmpSettings
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Devices follow approved time servers",
    about=SERVICE,
    requirements={"SR 2.11 RE 1": PART, "SR 7.6": PART},
    program=("NET 1.10",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Set the approved time servers on the device and remove all others.",
    by_hand="Read the time servers on the device's own page.",
)
def judge(settings: SnmpSettings, expected: Expected) -> Verdict:
    """
    Passes when every time server the device shows is approved; fails when one is not; does not
    apply where the site names no time servers.

    A log is worth as much as its times, and whoever gives the time can shift them.
    """
    approved = expected.limits.time_servers
    if not approved:
        return not_applicable("The site names no time servers.")
    if not settings.time_servers:
        return inconclusive(Reason.NOT_COMPARABLE, "The device shows no time server.")
    foreign = [server for server in settings.time_servers if server not in approved]
    if foreign:
        return failed(
            Reason.DIFFERS,
            f"The device follows {' and '.join(foreign)}; approved is {' or '.join(approved)}.",
            where=tuple(foreign),
        )
    return passed(f"The device follows {' and '.join(settings.time_servers)}.")
