"""Can our own vantages reach what they must be able to reach?"""

from __future__ import annotations

from checks.check import HIGH, HINT, PROGRAMME, SITE, check
from checks.facts.context import Own
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Each vantage can reach its control host in the same run",
    about=SITE,
    requirements={"SR 5.2": HINT},
    program=("ORG 2.2",),
    severity=HIGH,
    audience=PROGRAMME,
    remedy="Repair the vantage: its cable, address, switch port or firewall permit.",
    by_hand="From the appliance connect to each control host from each source address.",
)
def judge(own: Own) -> Verdict:
    """
    Passes when every control host answered every vantage; fails when one did not; does not apply
    to sites that name no control host (their silences are then never counted as anything).

    A vantage with its cable out sees a perfect firewall everywhere.
    """
    if not own.controls:
        return not_applicable("The site names no control host.")
    gone = [c for c in own.controls if c.answered is False]
    if gone:
        return failed(
            Reason.MISSING,
            f"{len(gone)} of {len(own.controls)} control hosts did not answer, so the silences of "
            "this run mean nothing.",
            where=tuple(f"{c.target} from {c.vantage}" for c in gone),
        )
    unasked = [c for c in own.controls if c.answered is None]
    if unasked:
        return inconclusive(
            Reason.NOT_ASKED,
            "Not every control host was asked in this run.",
            where=tuple(f"{c.target} from {c.vantage}" for c in unasked),
        )
    return passed(f"All {len(own.controls)} control hosts answered.")
