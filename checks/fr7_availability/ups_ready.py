"""Would the power last if the mains failed now?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.equipment import SnmpPower
from checks.facts.expected import Expected
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# Booster and reducer mend the voltage of the mains; the battery still stands behind them.
_BEHIND_IT = frozenset({"normal", "booster", "reducer"})
_NOT_BEHIND_IT = frozenset({"none", "bypass", "battery"})
_BAD_BATTERY = frozenset({"low", "depleted"})


@check(
    title="Emergency power is healthy",
    about=SERVICE,
    requirements={"SR 7.5": PART},
    program=("AVAIL 1.2",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Find why it runs on battery or bypass, or exchange the battery; test it under a permit.",
    by_hand="Read battery, load source and minutes left on the display of the UPS, or run snmpwalk "
    "of 1.3.6.1.2.1.33.1 on {address}; never start its test from here.",
)
def judge(power: SnmpPower, expected: Expected) -> Verdict:
    """
    Passes when the battery is normal, stands behind the output, and lasts as long as the inventory
    wants; fails when it is low, is in use or bypassed, lasts shorter, or failed its last test; does
    not apply to what is no UPS.

    When it was last tested is for a record to say: a battery shows its age only under load.
    """
    asset = expected.asset
    if asset is None or asset.role != "ups":
        return not_applicable("The inventory has this device as no UPS.")
    if fault := _fault(power):
        return failed(Reason.UNPROTECTED, f"{fault}.")
    wanted = asset.runtime_seconds
    left = power.minutes_left
    if wanted is not None and left is not None and left * 60 < wanted:
        return failed(
            Reason.DIFFERS, f"The battery lasts {left} minutes; {wanted // 60} are wanted."
        )
    if power.battery != "normal" or power.source not in _BEHIND_IT:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The UPS says of its battery {power.battery or 'nothing'!r}, and of where its output "
            f"comes from {power.source or 'nothing'!r}.",
        )
    if wanted is not None and left is None:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The UPS does not show how many minutes its battery lasts."
        )
    lasts = "" if left is None else f", and lasts {left} minutes"
    return passed(f"The battery is normal and stands behind the output{lasts}.")


def _fault(power: SnmpPower) -> str:
    if power.battery in _BAD_BATTERY:
        return f"The battery is {power.battery}"
    if power.source in _NOT_BEHIND_IT:
        return f"The output comes from {power.source}, so nothing stands behind it"
    if power.test == "error":
        return "The last test of the battery failed"
    return ""
