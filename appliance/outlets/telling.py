"""What a changed state sends on its way: the retained state, an event, the alert that fires or ends."""

from __future__ import annotations

from datetime import datetime

from appliance.ledger.entry import Message
from appliance.outlets import messages
from checks.check import Check
from checks.facts.standing import Standing, State, StateKey


def change(
    site: str,
    key: StateKey,
    before: Standing | None,
    after: Standing,
    check: Check,
    *,
    entry: int,
    at: datetime,
) -> list[Message]:
    """The messages of one change; `entry` is the ledger size its evidence begins at."""
    told = [messages.state(site, key, after, entry=entry, at=at)]
    was = before.state if before else None
    if State.FAIL not in (was, after.state):
        return told
    if after.state is State.FAIL:
        alert = messages.alert(site, key, after, check, entry=entry, at=at)
    elif was is State.FAIL and after.state is not State.UNKNOWN:
        alert = messages.alert_resolved(site, key)
    else:
        # Nobody can see it any more: the alert stays until somebody sees it mended.
        return told
    data = {
        "key": str(key),
        "was": was.value if was else None,
        "is": after.state.value,
        "reason": after.reason.value,
        "said": after.said,
        "severity": check.severity.value,
    }
    event = messages.event(site, "alert", data, id=f"{site}:{entry}:{key}", at=at)
    return [*told, alert, event]
