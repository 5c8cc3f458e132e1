"""Do we see as much of the zone as we planned to?"""

from __future__ import annotations

from collections.abc import Iterable

from checks.check import HIGH, PART, PROGRAMME, ZONE, check
from checks.facts.context import Own, OwnAsset
from checks.facts.expected import Expected
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.zone_silence import OURSELVES


@check(
    title="Verification ran as planned and covers the in-scope assets",
    about=ZONE,
    requirements={
        "SR 3.3": PART,
        "SR 3.3 RE 1": PART,
        "SR 3.3 RE 2": PART,
        "SR 6.2": PART,
        "SR 7.6 RE 1": PART,
    },
    program=("ORG 2.2", "ORG 2.4"),
    severity=HIGH,
    audience=PROGRAMME,
    remedy="Look at the assets named here: restore their answers, their credentials or the path.",
    by_hand="Count the questions of the plan and the fresh answers on the status page.",
)
def judge(own: Own, expected: Expected) -> Verdict:
    """
    Passes when enough of the zone's questions have an answer in age; fails when fewer have of those
    that should have been put by now, and not only behind what was found silent; does not apply to
    zones of whose assets we ask nothing.

    Green checks over half a zone look like green checks over a whole one: this tells them apart.
    Of a zone cut off another finding tells already.
    """
    zone = expected.zone
    if zone is None:
        return not_applicable("The configuration has no such zone.")
    known = {a.asset: a for a in own.assets if a.zone == zone.id}
    if unknown := sorted(set(zone.assets) - set(known)):
        return inconclusive(
            Reason.NOT_ASKED,
            f"Nothing is known yet of what was planned for {len(unknown)} assets of {zone.id}.",
            where=tuple(unknown),
        )
    planned = sum(a.planned for a in known.values())
    pending = sum(a.pending for a in known.values())
    if planned + pending == 0:
        return not_applicable(f"Nothing is asked of the assets of zone {zone.id}.")
    answered = sum(a.answered for a in known.values())
    percent = expected.limits.coverage_percent
    said = f"{answered} of {planned} questions in zone {zone.id} have an answer in age"
    if _enough(known.values(), percent):
        if answered * 100 >= percent * (planned + pending):
            return passed(f"{said}; {percent} percent are wanted.")
        return inconclusive(
            Reason.NOT_ASKED,
            f"{said}, and {pending} were never put so far.",
            where=tuple(a.asset for a in known.values() if a.pending),
        )
    lacking = [a for a in known.values() if a.answered < a.planned]
    where = tuple(a.asset for a in lacking)
    if _enough([a for a in known.values() if not a.behind], percent):
        causes = sorted({a.behind for a in lacking if a.behind})
        return inconclusive(
            Reason.BLIND if causes == [OURSELVES] else Reason.GATEWAY_SILENT,
            f"Only {said}; the others lie behind what was found silent: {', '.join(causes)}.",
            where=where,
        )
    return failed(Reason.MISSING, f"Only {said}; {percent} percent are wanted.", where=where)


def _enough(assets: Iterable[OwnAsset], percent: int) -> bool:
    planned = answered = 0
    for asset in assets:
        planned, answered = planned + asset.planned, answered + asset.answered
    return answered * 100 >= percent * planned
