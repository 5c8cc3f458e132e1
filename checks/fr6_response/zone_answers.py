"""Do most assets of the zone still answer?"""

from __future__ import annotations

from checks.check import HIGH, HINT, SOC, ZONE, check
from checks.facts.context import Own, OwnZone
from checks.facts.expected import Expected
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.zone_silence import LEAST_SILENT, is_site_silent, is_zone_silent


@check(
    title="Most assets of the zone answer",
    about=ZONE,
    requirements={"SR 6.2": HINT, "SR 7.8": HINT},
    severity=HIGH,
    audience=SOC,
    remedy="Look at what they have in common: the switch, the firewall, the power of the zone.",
    by_hand="From the monitor's zone try three assets of the zone: most of them must answer.",
)
def judge(own: Own, expected: Expected) -> Verdict:
    """
    Passes when fewer than half of the zone's assets were silent when last looked at; fails when at
    least three and half of them were, again after that was known, and other zones answer; does not
    apply to zones of three assets or fewer.

    One cable out is one finding: what else would be said of each asset is said once, here, and of
    several zones at once by site-answers.
    """
    zone = next((z for z in own.zones if expected.zone and z.zone == expected.zone.id), None)
    if zone is None or zone.assets <= LEAST_SILENT:
        return not_applicable("The zone is too small to tell its silence from its assets'.")
    if zone.silent and is_site_silent(own.zones):
        return inconclusive(
            Reason.GATEWAY_SILENT, "Other zones are silent too: site-answers tells of all together."
        )
    if zone.known <= LEAST_SILENT or 2 * zone.known < zone.assets:
        return inconclusive(
            Reason.NOT_ASKED, f"Of {zone.assets} assets {zone.known} could be judged so far."
        )
    silent = len(zone.silent)
    if is_zone_silent(zone.again, zone.known) and _is_alone(zone, own):
        return failed(
            Reason.MISSING,
            f"{silent} of {zone.known} assets were silent when last looked at.",
            rests_on=RestsOn.SILENCE,
            where=zone.silent,
        )
    if is_zone_silent(silent, zone.known):
        return inconclusive(
            Reason.UNCONFIRMED,
            f"{silent} of {zone.known} assets were silent when last looked at; they, or other "
            "zones, have to be looked at once more.",
            where=zone.silent,
        )
    return passed(f"{zone.known - silent} of {zone.known} assets answer.")


def _is_alone(zone: OwnZone, own: Own) -> bool:
    """Whether it is this zone and no other: others answer, or were given the time to be silent."""
    if not any(z.known for z in own.zones if z.zone != zone.zone):
        return True
    return zone.others_answer or 4 * zone.again >= 3 * len(zone.silent)
