"""Are the ways to manage the device as the hardening baseline has them?"""

from __future__ import annotations

from checks import vendor_settings
from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.switches import SnmpSettings
from checks.facts.verdict import Verdict, not_applicable


@check(
    title="Device switches for Telnet, HTTP, TLS and SNMP versions are as the profile wants them",
    about=SERVICE,
    requirements={
        "SR 7.7": PART,
        "SR 7.6": PART,
        "SR 4.3": PART,
        "SR 4.1": PART,
        "SR 7.6 RE 1": PART,
    },
    program=("COMP 1.1", "CM 1.3"),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0886",),
    remedy="Set the named switches as the device profile wants them.",
    by_hand="Open the device's management page and compare the named settings.",
)
def judge(settings: SnmpSettings) -> Verdict:
    """
    Passes when every switch the device profile names is shown and right; fails when one is wrong;
    does not apply to devices for which no profile names such switches.

    The setting holds when nobody looks; a port scan only shows this moment and this path.
    """
    return vendor_settings.judged(
        vendor_settings.of(settings, "mgmt-plane-hardened")
    ) or not_applicable(
        f"The profile {settings.profile} names no such switches."
        if settings.profile
        else "No device profile fits this agent."
    )
