"""What a changed state sends on its way: the retained state, an event, the alert that fires or ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from appliance.ledger.entry import Message
from appliance.outlets import messages
from appliance.visit.guard.event import Event
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
    was = before.state if before else None
    data = {
        "key": str(key),
        "was": was.value if was else None,
        "is": after.state.value,
        "reason": after.reason.value,
        "said": after.said,
        "severity": check.severity.value,
    }
    name = f"{site}:{entry}:{key}"
    told = [
        messages.state(site, key, after, entry=entry, at=at),
        messages.event(site, "state", data, id=name, at=at),
    ]
    if after.state is State.FAIL:
        told.append(messages.alert(site, key, after, check, entry=entry, at=at))
    elif after.state is not State.UNKNOWN:
        # Unknown ends no alert: it stays until somebody sees the control hold again.
        told.append(messages.alert_resolved(site, key))
    else:
        return told
    if State.FAIL in (was, after.state):
        told.append(messages.event(site, "alert", data, id=f"{name}:alert", at=at))
    return told


def guard(site: str, event: Event, *, at: datetime) -> Message:
    """What the guard did by itself, or what a person told it."""
    data = {"kind": event.kind, "subject": event.subject, "said": event.said}
    name = f"{site}:{event.kind}:{event.subject}:{at.isoformat()}"
    return messages.event(site, "guard", data, id=name, at=at)


def retained(
    site: str,
    standings: Mapping[StateKey, Standing],
    checks: Mapping[str, Check],
    *,
    entry: int,
    at: datetime,
) -> list[Message]:
    """Every retained state and firing alert, for a broker that may have come back empty."""
    found = []
    for key, standing in standings.items():
        found.append(messages.state(site, key, standing, entry=entry, at=at))
        if standing.state is State.FAIL:
            check = checks[key.check]
            found.append(messages.alert(site, key, standing, check, entry=entry, at=at))
    return found


def summaries(site: str, standings: Mapping[StateKey, Standing], *, at: datetime) -> list[Message]:
    """How many controls of each zone stand in which state."""
    zones: dict[str, Counter[str]] = {}
    for key, standing in standings.items():
        if key.subject.zone:
            zones.setdefault(key.subject.zone, Counter())[standing.state.value] += 1
    return [messages.summary(site, zone, counts, at=at) for zone, counts in sorted(zones.items())]


def gone(site: str, keys: Iterable[StateKey]) -> list[Message]:
    """Empties the topics of subjects that left the inventory."""
    return [
        message
        for key in keys
        for message in (messages.cleared(site, key), messages.alert_resolved(site, key))
    ]
