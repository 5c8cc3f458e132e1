"""Is every asset of the inventory still there?"""

from __future__ import annotations

from datetime import timedelta

from checks.check import ASSET, ENGINEERING, MEDIUM, PART, check
from checks.facts.context import Moment, Presence
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.verdict import Reason, RestsOn, Verdict, failed, inconclusive, passed

# Our own clock was set back since; by no more than this it is still the same visit's.
AHEAD = timedelta(minutes=5)


@check(
    title="Every inventory asset is still seen",
    about=ASSET,
    requirements={"SR 7.8": PART},
    program=("CM 1.1",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Find the asset; restore it, or update its record.",
    by_hand="Go there and look, or ping the asset from its own zone.",
)
def judge(visit: Seen[Presence], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when the asset answered in the newest visit, or within the time its record allows it to
    be away; fails when it did not; does not apply to assets that are never probed.

    An inventory is worth what it is confirmed by, and a visit that nobody answers says nothing
    about any other control.
    """
    if visit.facts is None:
        assert visit.reason is not None
        return inconclusive(visit.reason, visit.said)
    if visit.facts.answered:
        return passed(f"The asset answered on {', '.join(visit.facts.by) or 'the network'}.")
    last = visit.facts.last
    allowed = expected.asset.presence_seconds if expected.asset else None
    if allowed is not None and last is not None and last > moment.at + AHEAD:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED, "The asset was last seen in the future of our own clock."
        )
    if allowed is not None and last is not None and moment.at - last <= timedelta(seconds=allowed):
        return passed(
            f"The asset was last seen on {last:%Y-%m-%d %H:%M} UTC, within its {allowed} s."
        )
    since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
    return failed(Reason.MISSING, f"The asset has not answered {since}.", rests_on=RestsOn.SILENCE)
