"""Must a device show who it is before a switch lets it in?"""

from __future__ import annotations

from checks import vendor_settings
from checks.check import ENGINEERING, HINT, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.switches import SnmpSettings
from checks.facts.verdict import Reason, Verdict, inconclusive, not_applicable


@check(
    title="Port access control is active on a switch",
    about=SERVICE,
    requirements={"SR 1.2": PART, "SR 5.1": HINT},
    program=("NET 1.6", "NET 1.7"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0864",),
    remedy="Switch on 802.1X, or port security where the process does not allow it.",
    by_hand="Read dot1xPaeSystemAuthControl.0: 1 is on; then look at each access port's control.",
)
def judge(settings: SnmpSettings, expected: Expected) -> Verdict:
    """
    Passes when the switch says that port access control is on; fails when it says off; does not
    apply to devices that are no switches.

    It is the switch's main control only: what each port does with it is for the port's own state.
    """
    if expected.asset is not None and expected.asset.role != "switch":
        return not_applicable(f"The inventory says that this is a {expected.asset.role}.")
    return vendor_settings.judged(
        vendor_settings.of(settings, "port-authentication-on")
    ) or inconclusive(Reason.NOT_COMPARABLE, "The switch does not show whether it is on.")
