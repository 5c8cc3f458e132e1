"""Do most assets of the zone still answer?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, HINT, ZONE, check
from checks.facts.context import Presence
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.zone_silence import LEAST_SILENT, is_zone_silent


@check(
    title="Most assets of the zone answer",
    about=ZONE,
    requirements={"SR 6.2": HINT, "SR 7.8": HINT},
    severity=HIGH,
    audience=ENGINEERING,
    remedy="Look at what they have in common: the switch, the firewall, the power of the zone.",
    by_hand="From the monitor's zone try three assets of the zone: most of them must answer.",
)
def judge(looks: tuple[Seen[Presence], ...], expected: Expected) -> Verdict:
    """
    Passes when fewer than half of the zone's assets were silent when last looked at; fails when
    at least three and half of them were; does not apply to zones of three assets or fewer.

    One cable out is one finding: what else would be said of each asset is said once, here.
    """
    inside = expected.zone.assets if expected.zone else ()
    if len(inside) <= LEAST_SILENT:
        return not_applicable("The zone is too small to tell its silence from its assets'.")
    known = {s.asset: s.facts.answered for s in looks if s.facts is not None}
    if len(known) <= LEAST_SILENT:
        return inconclusive(
            Reason.NOT_ASKED, f"Of {len(inside)} assets {len(known)} were looked at so far."
        )
    silent = sorted(asset for asset, answered in known.items() if not answered)
    if is_zone_silent(len(silent), len(known)):
        return failed(
            Reason.MISSING,
            f"{len(silent)} of {len(known)} assets were silent when last looked at.",
            rests_on=RestsOn.SILENCE,
            where=tuple(silent),
        )
    return passed(f"{len(known) - len(silent)} of {len(known)} assets answer.")
