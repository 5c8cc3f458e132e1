"""
What the guard stopped by itself and a person has to end, told as alerts of their own.

One that begins is retained over MQTT until it has ended, also over a restart: what was told is a
row beside those of the controls' alerts, written with what began or ended it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.ledger.entry import Message
from appliance.outlets import messages, syslog_messages
from appliance.outlets.text import harmless
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from appliance.visit.guard.waiting import CREDENTIAL, ENDS, GONE, IMPACT, STOP, InTheWay
from checks.check import Audience, Severity
from checks.facts.codec import build, canonical, plain

# Before it in the store's table of alerts: no control's key has a colon.
_ROW = "guard:"
_TITLES = {
    IMPACT: ("A device may have suffered from us", Severity.CRITICAL),
    STOP: ("Visits stopped by themselves, again", Severity.HIGH),
    CREDENTIAL: ("A credential is latched everywhere", Severity.MEDIUM),
}


@dataclass(frozen=True)
class Alarm:
    """What stands in the way, told first `at` that moment; its evidence is at ledger `entry`."""

    way: InTheWay
    entry: int
    at: datetime


@dataclass(frozen=True)
class Compared:
    """What is to be told, the rows that changed (None: forget), and all that stands now."""

    messages: list[Message]
    rows: Mapping[str, bytes | None]
    standing: Mapping[str, Alarm]


def compared(
    site: Site,
    before: Mapping[str, Alarm],
    now: Iterable[InTheWay],
    events: Sequence[Event],
    *,
    ends: bool = True,
    entry: int,
    at: datetime,
) -> Compared:
    """
    Between what was told and what stands; `events` are those told beside it.

    Without `ends` only what begins is looked at: a visit ends nothing, and what a person ended a
    moment ago is told with his name, by whoever writes that down.
    """
    standing = {way.key: way for way in now}
    after = {} if ends else dict(before)
    after |= {
        key: Alarm(way, entry, at) if key not in before else _still(before[key], way)
        for key, way in standing.items()
    }
    changed = {key: alarm for key, alarm in after.items() if before.get(key) != alarm}
    over = {key: alarm for key, alarm in before.items() if key not in after}
    told: list[Message] = []
    for key, alarm in changed.items():
        told += _of_mqtt(site, [retained(site, alarm, at=at)])
        if key not in before:
            told += _of_mqtt(site, [_word(site, alarm, "firing", alarm.way.said, at)])
    for key, alarm in over.items():
        end = _end(site, alarm, events)
        told += _of_mqtt(
            site,
            [
                messages.alert_resolved(site.site.id, key),
                _word(site, alarm, "resolved", end.said, at),
            ],
        )
        if end not in events:
            told += syslog_messages.guard(site, end, entry=entry, at=at)
    rows = {_ROW + key: canonical(plain(alarm)) for key, alarm in changed.items()}
    return Compared(told, rows | dict.fromkeys(_ROW + key for key in over), after)


def retained(site: Site, alarm: Alarm, *, at: datetime) -> Message:
    """The alert as a broker should hold it."""
    way = alarm.way
    title, severity = _TITLES[way.kind]
    zone = way.zone or next((a.zone for a in site.assets if a.id == way.asset), "")
    call = next((z.responsible for z in site.zones if z.id == zone), "")
    return messages.guard_alert(
        site.site.id, way, title=title, severity=severity, call=harmless(call, 64),
        since=way.since or alarm.at, entry=alarm.entry, at=at,
    )  # fmt: skip


def restored(rows: Mapping[str, bytes]) -> dict[str, Alarm]:
    """What was told before a restart, out of all rows of the table."""
    return {alarm.way.key: alarm for alarm in _read(rows)}


def _read(rows: Mapping[str, bytes]) -> Iterator[Alarm]:
    for name, body in rows.items():
        if name.startswith(_ROW):
            try:
                alarm: Alarm = build(Alarm, json.loads(body))
            except (KeyError, TypeError, ValueError):
                # Another version wrote it; what stands is told again.
                continue
            if name == _ROW + alarm.way.key and alarm.way.kind in _TITLES:
                yield alarm


def names(alarms: Iterable[str]) -> set[str]:
    """The rows these alarms have in the store."""
    return {_ROW + key for key in alarms}


def _still(alarm: Alarm, way: InTheWay) -> Alarm:
    return alarm if alarm.way == way else Alarm(way, alarm.entry, alarm.at)


def _end(site: Site, alarm: Alarm, events: Sequence[Event]) -> Event:
    """The event that ended it; one of our own where it ended without any."""
    way = alarm.way
    address = next((a.address for a in site.assets if a.id == way.asset), way.subject)
    for event in events:
        about = {event.subject, event.subject.partition(":")[2]}
        if event.kind == ENDS[way.kind] and about & {way.subject, address}:
            return event
    return Event(GONE, way.subject, f"It stands no more: {way.said}")


def _word(site: Site, alarm: Alarm, act: str, said: str, at: datetime) -> Message:
    way = alarm.way
    data = {
        "key": way.key,
        "guard": True,
        "reason": way.kind,
        "said": said,
        "severity": _TITLES[way.kind][1].value,
        "audience": Audience.ENGINEERING.value,
        "act": act,
    }
    name = f"{site.site.id}:{alarm.entry}:{way.key}:{act}:{at.isoformat()}"
    return messages.event(site.site.id, "alert", data, id=name, at=at)


def _of_mqtt(site: Site, told: list[Message]) -> list[Message]:
    return told if site.outlets.mqtt is not None else []
