"""Do the zones of the site answer, or have several fallen silent together?"""

from __future__ import annotations

from checks.check import HIGH, HINT, SITE, SOC, check
from checks.facts.context import Own
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.zone_silence import LEAST_SILENT, is_site_silent


@check(
    title="No two zones are silent together",
    about=SITE,
    requirements={"SR 6.2": HINT, "SR 7.8": HINT},
    severity=HIGH,
    audience=SOC,
    remedy="Look at what the zones have in common: our own connection, the firewall between us and "
    "them, the power of the plant.",
    by_hand="From the appliance try one asset of each zone named here: it must answer.",
)
def judge(own: Own) -> Verdict:
    """
    Passes when at most one zone was silent when last looked at; fails when two were, or half of
    the site in two zones; does not apply to sites with one zone, or three assets or fewer.

    Whatever cuts off several zones is one finding, not one for each zone and asset behind it.
    """
    zones = [z for z in own.zones if z.assets]
    assets, known = sum(z.assets for z in zones), sum(z.known for z in zones)
    if len(zones) < 2 or assets <= LEAST_SILENT:
        return not_applicable("The site has too few zones or assets that are looked at.")
    silent = [z for z in zones if z.silent and 2 * len(z.silent) >= z.known]
    if is_site_silent(zones):
        heard = sum(len(z.silent) for z in silent)
        return failed(
            Reason.MISSING,
            f"{len(silent)} zones are silent together: {heard} of the "
            f"{sum(z.known for z in silent)} assets there when last looked at.",
            rests_on=RestsOn.SILENCE,
            where=tuple(f"{z.zone}: {len(z.silent)} of {z.known}" for z in silent),
        )
    if known <= LEAST_SILENT or 2 * known < assets:
        return inconclusive(Reason.NOT_ASKED, f"Of {assets} assets {known} could be judged so far.")
    return passed(f"{len(zones) - len(silent)} of {len(zones)} zones answer.")
