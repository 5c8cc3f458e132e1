"""
What a drill tells: the messages a real alert would be, each saying that it is none.

`drill=true` is for machines; the code in the text is for the person who has to read it back.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

from appliance.drill.book import Drill
from appliance.drill.looking import ASSET, CHECK, KEY
from appliance.ledger.entry import Message
from appliance.outlets import cef, messages, syslog, syslog_messages
from appliance.outlets.alerts import Phase, Word
from appliance.outlets.runbook import section
from appliance.site.model import Site
from checks.facts.codec import plain
from checks.facts.standing import State

ANCHOR = "drill"
_CEF = {"low": 3, "medium": 5, "high": 7, "critical": 9}
_SYSLOG = {
    "low": syslog.NOTICE,
    "medium": syslog.WARNING,
    "high": syslog.ERROR,
    "critical": syslog.CRITICAL,
}


def fires(site: Site, drill: Drill, said: str, *, entry: int, at: datetime) -> list[Message]:
    """As for a control that fails; `entry` is where the drill begins in the ledger."""
    told = []
    if site.outlets.mqtt is not None:
        told = [
            replace(_retained(site), body=_alert(site, drill, said, entry, at)),
            _event(site, drill, said, at, over=False),
        ]
    text = f"DRILL {drill.code}: {said} Confirm with: upheld drill confirm {drill.code}"
    return told + _syslog(site, drill, text, entry=entry, at=at, over=False)


def ends(site: Site, drill: Drill, said: str, *, entry: int, at: datetime) -> list[Message]:
    """As for a control that holds again."""
    told = []
    if site.outlets.mqtt is not None:
        told = [_retained(site), _event(site, drill, said, at, over=True)]
    text = f"DRILL {drill.code} is over: {said}"
    return told + _syslog(site, drill, text, entry=entry, at=at, over=True)


def title(drill: Drill) -> str:
    return f"DRILL {drill.code}, no device is concerned"


def _common(site: Site, drill: Drill, said: str) -> dict[str, Any]:
    return {
        "key": str(KEY),
        "drill": True,
        "code": drill.code,
        "severity": site.drill.severity,
        "audience": CHECK.audience.value,
        "reason": ANCHOR,
        "said": f"DRILL {drill.code}: {said}",
    }


def _alert(site: Site, drill: Drill, said: str, entry: int, at: datetime) -> bytes:
    """The retained alert: the same fields as a real one's, and the two of a drill."""
    body = _common(site, drill, said) | {
        "schema": "upheld/alert/1",
        "title": title(drill),
        "phase": Phase.FIRING.value,
        "state": State.FAIL.value,
        "was": State.PASS.value,
        "requirements": sorted(CHECK.requirements),
        "where": [],
        "since": drill.begun,
        "last_good": None,
        "basis": "enforced",
        "vantages": [],
        "enables": [],
        "neighbours": [],
        "failing_too": 0,
        "inhibited_by": "",
        "acknowledged": None,
        "restraint": "",
        "call": "",
        "leave": "",
        "remedy": "Read the code to whoever runs the appliance: upheld drill confirm CODE.",
        "runbook": section(ANCHOR),
        "at": at,
        "entry": entry,
    }
    return json.dumps(plain(body), separators=(",", ":")).encode()


def _retained(site: Site) -> Message:
    """Emptied."""
    return messages.alert_resolved(site.site.id, KEY)


def _event(site: Site, drill: Drill, said: str, at: datetime, *, over: bool) -> Message:
    was, now = (State.FAIL, State.PASS) if over else (State.PASS, State.FAIL)
    data = _common(site, drill, said) | {
        "was": was.value,
        "is": now.value,
        "act": (Word.RESOLVED if over else Word.FIRING).value,
        "enables": [],
    }
    name = f"{site.site.id}:drill:{drill.id}:{'ended' if over else 'alert'}"
    return messages.event(site.site.id, "alert", data, id=name, at=at)


def _syslog(
    site: Site, drill: Drill, text: str, *, entry: int, at: datetime, over: bool
) -> list[Message]:
    kind = syslog_messages.RESOLVED if over else syslog_messages.FIRING
    severity = site.drill.severity
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:drill:{drill.id}:{kind.act}",
        "rt": int(at.timestamp() * 1000),
        "start": int(drill.begun.timestamp() * 1000),
        "cat": "drill",
        "drill": "true",
        "drillCode": drill.code,
        "act": kind.act,
        "outcome": kind.outcome,
        "dhost": ASSET,
        "cs1Label": "check",
        "cs1": CHECK.id,
        "cs4Label": "alert key",
        "cs4": str(KEY),
        "cn1Label": "ledger entry",
        "cn1": entry,
        "dvchost": site.appliance.id,
        "deviceExternalId": f"{site.site.id}/{site.appliance.id}",
        "msg": text,
        "request": section(ANCHOR),
    }
    level, loud = (syslog_messages.INFO, syslog.NOTICE) if over else (_CEF[severity], _SYSLOG[severity])  # fmt: skip
    body = cef.cef(version("upheld"), kind.signature, title(drill), level, fields).encode()
    head = syslog_messages.headers(kind.signature, loud, at)
    return [
        Message(outlet, syslog_messages.EVENTS, kind.signature, body, head)
        for outlet in syslog_messages.outlets(site)
    ]
