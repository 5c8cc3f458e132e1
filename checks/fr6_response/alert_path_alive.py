"""Does an alert of ours reach a person at the SOC?"""

from __future__ import annotations

from datetime import datetime, timedelta

from checks.check import HIGH, PART, PROGRAMME, SITE, check
from checks.facts.context import Moment, Own
from checks.facts.drills import OwnDrills
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

# A drill may be some hours late: at night, after a start, nobody is woken to make up for one.
LATE = timedelta(hours=2)
AHEAD = timedelta(minutes=5)


@check(
    title="The alert path to the OT SOC is proven by a drill somebody confirmed",
    about=SITE,
    requirements={"SR 6.2": PART, "SR 2.10": PART, "SR 3.4 RE 1": PART},
    program=("EVENT 1.2", "EVENT 1.7"),
    severity=HIGH,
    audience=PROGRAMME,
    remedy="Run upheld drill, mend the first step it does not show, and have the SOC confirm it.",
    by_hand="Run upheld drill, read the code on the SOC's screen, run upheld drill confirm CODE.",
)
def judge(own: Own, moment: Moment) -> Verdict:
    """
    Passes when a person confirmed a drill in time by the code on the SOC's screen and no planned
    drill was missed; fails when nobody did, one was missed, or the last one got stuck on its way;
    does not apply to no site: an alert nobody gets is no alert.

    A broker's receipt says that a broker works.  Only somebody who has seen the alert can say that
    the next one will be seen.
    """
    drills = own.drills
    if drills is None or (drills.since is None and drills.first is None):
        return inconclusive(Reason.NOT_ASKED, "No drill is planned, and none was ever run.")
    known = [t for t in (drills.since, drills.first, drills.last, drills.confirmed) if t]
    if max(known) > moment.at + AHEAD:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED, "A drill lies in the future of our own clock."
        )
    if missed := _missed(drills, moment.at):
        return missed
    if drills.broken:
        return failed(
            Reason.MISSING,
            f"The drill of {_when(drills.last)} did not get through.",
            where=drills.broken,
        )
    return _confirmed(drills, moment.at, min(known))


def _missed(drills: OwnDrills, at: datetime) -> Verdict | None:
    begun = drills.last or drills.since
    if drills.every_seconds is None or begun is None:
        return None
    if at - begun <= timedelta(seconds=drills.every_seconds) + LATE:
        return None
    return failed(Reason.MISSING, f"A planned drill was missed: none has run since {_when(begun)}.")


def _confirmed(drills: OwnDrills, at: datetime, begun: datetime) -> Verdict:
    within = timedelta(seconds=drills.within_seconds)
    if drills.confirmed is not None and at - drills.confirmed <= within:
        return passed(f"A drill was confirmed from the SOC's screen on {_when(drills.confirmed)}.")
    if drills.confirmed is not None:
        said = f"Nobody has confirmed a drill since {_when(drills.confirmed)}."
        return failed(Reason.MISSING, said)
    if at - begun <= within:
        return inconclusive(
            Reason.NOT_ASKED, "No drill has been confirmed from the SOC's screen yet."
        )
    return failed(Reason.MISSING, f"Since {_when(begun)} nobody has confirmed a drill.")


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"
