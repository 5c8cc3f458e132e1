"""When the next planned drill is due: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.site.drills import DrillPlan

_DAY = timedelta(days=1)
# After a start nobody is woken to make up for a drill of yesterday: that one was missed.
LATE = timedelta(hours=2)


def due(plan: DrillPlan, zone: str, last: datetime | None, since: datetime, now: datetime) -> bool:
    """
    Whether a drill should begin now.

    `last` is when one last began, `since` when drills were first planned; all in UTC.
    """
    if plan.every is None:
        return False
    begun = last or since
    if plan.every < _DAY:
        return now - begun >= plan.every
    slot = _slot(plan, zone, now)
    return begun < slot <= now <= slot + LATE


def _slot(plan: DrillPlan, zone: str, now: datetime) -> datetime:
    """The newest planned moment that is not in the future."""
    assert plan.every is not None
    local = now.astimezone(ZoneInfo(zone))
    days = plan.every // _DAY
    # Days are counted from one fixed day, so that a restart or a drill by hand moves nothing.
    back = local.toordinal() % days
    slot = _at(local - back * _DAY, plan)
    if slot > now:
        slot = _at(local - (back + days) * _DAY, plan)
    return slot


def _at(day: datetime, plan: DrillPlan) -> datetime:
    return day.replace(
        hour=plan.at.hour, minute=plan.at.minute, second=0, microsecond=0
    ).astimezone(ZoneInfo("UTC"))
