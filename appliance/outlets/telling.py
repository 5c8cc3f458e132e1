"""What a changed state sends on its way: the retained state, an event, the alert that fires or ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from appliance.ledger.entry import Message
from appliance.outlets import messages
from appliance.outlets.alerts import Alert, Summary, Word
from appliance.outlets.circumstances import Circumstances
from appliance.site.model import Asset, Site
from appliance.visit.guard.event import Event
from appliance.visit.taking import Taken
from checks.check import Check
from checks.facts.codec import plain
from checks.facts.standing import Standing, State, StateKey

MOST_KEYS = 50


def change(
    site: str,
    key: StateKey,
    before: Standing | None,
    after: Standing,
    check: Check,
    *,
    word: Word | None,
    row: Alert | None,
    around: Circumstances,
    entry: int,
    at: datetime,
) -> list[Message]:
    """
    The messages of one change; `entry` is the ledger size its evidence begins at.

    The state and the retained alert always go, `word` is what the stream of alerts says of it.
    """
    data = _data(key, before, after, check)
    name = f"{site}:{entry}:{key}"
    told = [
        messages.state(site, key, after, entry=entry, at=at),
        messages.event(site, "state", data, id=name, at=at),
    ]
    # Unknown ends no alert: it stays until somebody sees the control hold again.
    if after.state is State.FAIL or (row is not None and row.open):
        told.append(
            messages.alert(site, key, after, check, row=row, around=around, entry=entry, at=at)
        )
    else:
        told.append(messages.alert_resolved(site, key))
    if word is not None:
        data["act"] = word.value
        told.append(messages.event(site, "alert", data, id=f"{name}:alert", at=at))
    return told


def again(
    site: str,
    key: StateKey,
    standing: Standing,
    check: Check,
    *,
    word: Word,
    row: Alert,
    around: Circumstances,
    entry: int,
    at: datetime,
) -> list[Message]:
    """A word on an alert whose state did not change just now."""
    data = _data(key, standing, standing, check) | {"act": word.value}
    if row.acknowledged:
        data["acknowledged"] = plain(row.acknowledged)
    name = f"{site}:{entry}:{key}:{word.value}:{at.isoformat()}"
    retained = messages.alert(
        site, key, standing, check, row=row, around=around, entry=entry, at=at
    )
    if not row.open:
        retained = messages.alert_resolved(site, key)
    return [retained, messages.event(site, "alert", data, id=name, at=at)]


def _data(key: StateKey, before: Standing | None, after: Standing, check: Check) -> dict[str, Any]:
    return {
        "key": str(key),
        "was": before.state.value if before else None,
        "is": after.state.value,
        "reason": after.reason.value,
        "said": after.said,
        "severity": check.severity.value,
        "audience": check.audience.value,
        "enables": list(check.enables),
    }


def summary(site: str, summary: Summary, *, at: datetime) -> Message:
    """Alerts that are counted instead of told one by one; each is retained all the same."""
    zone, audience = summary.group
    data = {
        "zone": zone,
        "audience": audience.value,
        "count": len(summary.keys),
        "keys": [str(key) for key in summary.keys[:MOST_KEYS]],
        "severity": summary.severity.value,
        "since": plain(summary.since),
        "root": summary.root,
    }
    name = f"{site}:summary:{zone}:{audience.value}:{summary.root}:{at.isoformat()}"
    return messages.event(site, "summary", data, id=name, at=at)


def visit(site: Site, asset: Asset, taken: Taken, *, entry: int, at: datetime) -> Message:
    """What we did to one asset, from which addresses: what a SOC's rules may leave out."""
    data = {
        "asset": asset.id,
        "zone": asset.zone,
        "to": sorted({i.address for i in asset.interfaces}),
        "from": sorted({v.source for v in site.appliance.vantages if v.source}),
        "started": plain(taken.started),
        "finished": plain(at),
        "packets": taken.load.packets,
        "octets": taken.load.octets,
        "connections": taken.load.connections,
        "sessions": taken.load.sessions,
        "visit": taken.visit,
        "entry": entry,
    }
    name = f"{site.site.id}:visit:{taken.visit}"
    return messages.event(site.site.id, "visit", data, id=name, at=at)


def guard(site: str, event: Event, *, at: datetime) -> Message:
    """What the guard did by itself, or what a person told it."""
    data = {"kind": event.kind, "subject": event.subject, "said": event.said}
    name = f"{site}:{event.kind}:{event.subject}:{at.isoformat()}"
    return messages.event(site, "guard", data, id=name, at=at)


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
