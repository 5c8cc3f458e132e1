"""
What goes out over MQTT: topics, payloads and headers, pure.

Topics hold inventory ids only.  Everything a device said stays inside JSON strings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from appliance.ledger.entry import Message
from appliance.outlets.alerts import Alert, Phase
from appliance.outlets.circumstances import Circumstances
from appliance.outlets.runbook import section
from appliance.visit.guard.waiting import InTheWay
from checks.check import Audience, Check, Severity
from checks.facts.codec import plain
from checks.facts.standing import Standing, StateKey, Subject
from checks.techniques import TECHNIQUES

OUTLET = "mqtt"
CHECKPOINTS = "checkpoint"
JSON = "application/json"
CLOUDEVENT = "application/cloudevents+json"

# Retained words are said again every REFRESH_SECONDS; a broker forgets those of an appliance that
# is gone a day later.  Its status, and the ledger's head as a copy out of our reach, stay.
REFRESH_SECONDS = 8 * 3600
_EXPIRES = dict.fromkeys(("state", "alert", "guard-alert", "summary"), 3 * REFRESH_SECONDS)


def root(site: str) -> str:
    """Where all topics of one site begin."""
    return f"upheld/v1/{site}"


def subject_path(subject: Subject) -> str:
    """The part of a topic that names what a verdict is about."""
    match subject.kind:
        case "service":
            return f"asset/{subject.asset}/service/{subject.service}"
        case "asset":
            return f"asset/{subject.asset}"
        case "conduit":
            return f"conduit/{subject.conduit}"
        case "zone":
            return f"zone/{subject.zone}"
        case _:
            return "site"


def state_topic(site: str, key: StateKey) -> str:
    return f"{root(site)}/{subject_path(key.subject)}/check/{key.check}"


def state(site: str, key: StateKey, standing: Standing, *, entry: int, at: datetime) -> Message:
    """The retained state of one control on one subject; `entry` leads to its evidence."""
    body = {
        "key": str(key),
        "state": standing.state.value,
        "reason": standing.reason.value,
        "said": standing.said,
        "where": list(standing.where),
        "since": plain(standing.since),
        "evaluated": plain(standing.evaluated),
        "at": plain(at),
        "entry": entry,
    }
    return _message(state_topic(site, key), _json("state", body), "state")


def cleared(site: str, key: StateKey) -> Message:
    """Empties the retained state of a subject that is gone."""
    return _message(state_topic(site, key), b"", "state")


def alert(
    site: str,
    key: StateKey,
    standing: Standing,
    check: Check,
    *,
    row: Alert | None,
    around: Circumstances,
    entry: int,
    at: datetime,
) -> Message:
    """The alert of a failing control, retained until somebody sees the control hold again."""
    by = row.acknowledged if row else None
    body = {
        "key": str(key),
        "title": check.title,
        "severity": check.severity.value,
        "audience": check.audience.value,
        "phase": row.phase.value if row else Phase.FIRING.value,
        "state": standing.state.value,
        "was": row.was if row else "",
        "requirements": sorted(check.requirements),
        "reason": standing.reason.value,
        "said": standing.said,
        "where": list(standing.where),
        "since": plain(standing.since),
        "last_good": plain(row.last_good) if row and row.last_good else None,
        "basis": around.basis,
        "vantages": list(around.vantages),
        "enables": [{"id": t, "name": TECHNIQUES[t]} for t in check.enables],
        "neighbours": list(around.neighbours),
        "failing_too": around.failing,
        "inhibited_by": row.held if row and row.phase is Phase.INHIBITED else "",
        "acknowledged": plain(by) if by else None,
        "restraint": around.restraint,
        "call": around.call,
        "leave": around.leave,
        "remedy": check.remedy,
        "runbook": section(standing.reason.value),
        "at": plain(at),
        "entry": entry,
    }
    return _message(alert_topic(site, key), _json("alert", body), "alert")


def guard_alert(
    site: str,
    way: InTheWay,
    *,
    title: str,
    severity: Severity,
    call: str,
    since: datetime,
    entry: int,
    at: datetime,
) -> Message:
    """What the guard stopped by itself, retained until a person has looked at it."""
    body = {
        "key": way.key,
        "title": title,
        "severity": severity.value,
        "audience": Audience.ENGINEERING.value,
        "reason": way.kind,
        "said": way.said,
        "asset": way.asset,
        "zone": way.zone,
        "credential": way.credential,
        "since": plain(since),
        "call": call,
        "remedy": way.remedy,
        "runbook": section(way.kind),
        "at": plain(at),
        "entry": entry,
    }
    return _message(alert_topic(site, way.key), _json("guard-alert", body), "guard-alert")


def alert_resolved(site: str, key: StateKey | str) -> Message:
    """Empties the alert of a control that holds again, or of the guard's that has ended."""
    return _message(alert_topic(site, key), b"", "alert")


def alert_topic(site: str, key: StateKey | str) -> str:
    return f"{root(site)}/alert/{key}"


def event(site: str, kind: str, data: Mapping[str, Any], *, id: str, at: datetime) -> Message:  # noqa: A002 - the attribute's own name
    """A CloudEvent 1.0; events keep their order and are never replaced."""
    body = {
        "specversion": "1.0",
        "id": id,
        "source": f"upheld/{site}",
        "type": f"upheld.{kind}",
        "time": plain(at),
        "datacontenttype": JSON,
        "data": plain(data),
    }
    return Message(
        outlet=OUTLET,
        stream="event",
        address=f"{root(site)}/event/{kind}",
        body=_rendered(body),
        headers=_headers(CLOUDEVENT, "event", retain=False),
    )


def checkpoint(site: str, note: str) -> Message:
    """The newest signed checkpoint, byte-exact, so that anybody can keep a copy."""
    return Message(
        outlet=OUTLET,
        stream=CHECKPOINTS,
        address=f"{root(site)}/ledger/checkpoint",
        body=note.encode(),
        headers=_headers("text/plain; charset=utf-8", "checkpoint", retain=True),
        latest_only=True,
    )


def summary(site: str, zone: str, counts: Mapping[str, int], *, at: datetime) -> Message:
    """How many controls of a zone stand in which state."""
    body = {"zone": zone, "states": dict(counts), "at": plain(at)}
    return _message(f"{root(site)}/zone/{zone}/summary", _json("summary", body), "summary")


def status(site: str, state: str, *, appliance: str, at: datetime | None = None) -> Message:
    """online or offline, retained; offline is the last will and therefore carries no time."""
    body = {"state": state, "appliance": appliance, "at": plain(at) if at else None}
    return _message(f"{root(site)}/status", _json("status", body), "status")


def _message(topic: str, body: bytes, schema: str) -> Message:
    return Message(
        outlet=OUTLET,
        # Each topic keeps its own order, so a refused one holds back nothing but itself.
        stream=topic,
        address=topic,
        body=body,
        headers=_headers(JSON, schema, retain=True, expires=_EXPIRES.get(schema)),
        latest_only=True,
    )


def _json(schema: str, body: Mapping[str, Any]) -> bytes:
    return _rendered({"schema": f"upheld/{schema}/1", **body})


def _rendered(body: Mapping[str, Any]) -> bytes:
    # ASCII: a lone surrogate in a device's text must not break the transaction it is told in.
    return json.dumps(body, separators=(",", ":")).encode()


def _headers(content_type: str, schema: str, *, retain: bool, expires: int | None = None) -> str:
    stated = {"retain": retain, "content_type": content_type, "schema": f"upheld/{schema}/1"}
    return json.dumps(stated | ({"expires": expires} if expires else {}))
