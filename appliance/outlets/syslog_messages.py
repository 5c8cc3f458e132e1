"""
What is told to the SOC, as messages for the outbox, pure.

Each configured SOC is an outlet of its own, `soc-1` and so on in the order of the configuration,
and gets its own copy.  The body is CEF; what stands around it (time, host, sequence) is written
when it is sent, from the headers: {"severity", "kind", "at"}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from appliance.ledger.entry import Message
from appliance.outlets import cef, syslog
from appliance.outlets.alerts import Alert, Summary, Word
from appliance.outlets.circumstances import Circumstances
from appliance.outlets.runbook import section
from appliance.outlets.text import harmless
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from checks.check import Check, Severity
from checks.facts.standing import Standing, StateKey

EVENTS = "event"
# Leaves room for both headers, so that the whole stays below what every receiver must take.
MOST_FIELDS = 1_650
MOST_TEXT = 700

INFO = 1
_CEF = {Severity.CRITICAL: 9, Severity.HIGH: 7, Severity.MEDIUM: 5, Severity.LOW: 3}
_SYSLOG = {
    Severity.CRITICAL: syslog.CRITICAL,
    Severity.HIGH: syslog.ERROR,
    Severity.MEDIUM: syslog.WARNING,
    Severity.LOW: syslog.NOTICE,
}
# What the guard did that a SOC wants to know; the rest is the engineers', on the page and in the
# ledger.  None: told, and no trouble.
_GUARD: Mapping[str, Severity | None] = {
    "suspected-impact": Severity.CRITICAL,
    "impact-acknowledged": None,
    "stop.began": Severity.HIGH,
    "stop.ended": None,
    "budget-exceeded": Severity.MEDIUM,
    "credential.latched": Severity.MEDIUM,
    "credential.rearmed": None,
    "alarm.gone": None,
    "trust.withdrawn": Severity.MEDIUM,
    "evidence.fork": Severity.CRITICAL,
    "evidence.adopted": None,
    "anchor.broken": Severity.MEDIUM,
    "anchor.works": None,
    "hold.put": Severity.LOW,
    "hold.released": None,
}


@dataclass(frozen=True)
class Kind:
    """`signature` is CEF's class id and the MSGID; `act` is what happened to the alert."""

    signature: str
    act: str
    outcome: str


FIRING = Kind("control.fail", "firing", "failure")
UPDATE = Kind("control.fail", "update", "failure")
UNSEEN = Kind("control.unseen", "update", "unknown")
RESOLVED = Kind("control.recovered", "resolved", "success")
ACKNOWLEDGED = Kind("control.acknowledged", "acknowledged", "failure")
MORE = Kind("control.more", "summary", "failure")
GONE = Kind("control.gone", "resolved", "unknown")
_KINDS = {
    Word.FIRING: FIRING,
    Word.UPDATE: UPDATE,
    Word.UNSEEN: UNSEEN,
    Word.RESOLVED: RESOLVED,
    Word.ACKNOWLEDGED: ACKNOWLEDGED,
}


def outlets(site: Site) -> tuple[str, ...]:
    """The names the SOCs have in the outbox."""
    return tuple(f"soc-{n}" for n in range(1, len(site.outlets.soc) + 1))


def change(
    site: Site,
    key: StateKey,
    before: Standing | None,
    after: Standing,
    check: Check,
    *,
    word: Word,
    row: Alert,
    around: Circumstances,
    entry: int,
    at: datetime,
) -> list[Message]:
    """The messages that say `word` of one alert; its evidence begins at `entry` in the ledger."""
    what = _KINDS[word]
    loud = what.outcome == "failure" and word is not Word.ACKNOWLEDGED
    was = before.state.value if before else "new"
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:{entry}:{key}" + _again(word, row, at),
        "rt": ms(at),
        "start": ms(after.since),
        "act": what.act,
        "outcome": what.outcome,
        "reason": after.reason.value,
        "cat": check.audience.value,
        "cnt": len(row.begun) or 1,
        **_place(site, key),
        "cs1Label": "check",
        "cs1": check.id,
        "cs2Label": "requirements",
        "cs2": ", ".join(sorted(check.requirements)),
        "cs3Label": "zone or conduit",
        "cs3": key.subject.zone or key.subject.conduit,
        "cs4Label": "alert key",
        "cs4": str(key),
        "cs5Label": "was and is",
        "cs5": f"{was} -> {after.state.value}, {around.basis}",
        "cs6Label": "responsible",
        "cs6": around.call,
        "cn1Label": "ledger entry",
        "cn1": entry,
        "cn2Label": "failing too",
        "cn2": around.failing,
        "flexString1Label": "ATT&CK for ICS" if check.enables else "",
        "flexString1": " ".join(check.enables),
        "flexString2Label": "advice",
        "flexString2": around.advice,
        "deviceCustomDate1Label": "last good" if row.last_good else "",
        "deviceCustomDate1": ms(row.last_good) if row.last_good else "",
    }
    said = after.said + (f" At: {', '.join(after.where)}." if after.where else "")
    if word is Word.ACKNOWLEDGED and (by := row.acknowledged):
        fields["suser"] = harmless(by.who, 64)
        said = f"Acknowledged: {by.why}"
    severity = check.severity if loud else None
    return _for_each(site, what.signature, check.title, severity, fields, said, after.reason, at)


def summary(site: Site, told: Summary, *, entry: int, at: datetime) -> list[Message]:
    """Alerts that are counted instead of told one by one."""
    zone, _ = told.group
    where = f"in zone {zone}" if zone else "of the site"
    minutes = max(int((at - told.since).total_seconds() // 60), 1)
    if told.root:
        said = (
            f"{len(told.keys)} alerts {where} stand as they were told and cannot be seen for now: "
            f"{told.root}."
        )
    else:
        said = f"{len(told.keys)} more alerts {where} within {minutes} minutes, see the page."
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:{entry}:summary:{zone}:{ms(at)}",
        "rt": ms(at),
        "start": ms(told.since),
        "act": MORE.act,
        "outcome": MORE.outcome,
        "cnt": len(told.keys),
        "cs3Label": "zone or conduit",
        "cs3": zone,
        "cs4Label": "first alert keys",
        "cs4": " ".join(str(key) for key in told.keys[:5]),
        "cn1Label": "ledger entry",
        "cn1": entry,
    }
    title = "Alerts that are not told one by one"
    severity = None if told.root else told.severity
    return _for_each(site, MORE.signature, title, severity, fields, said, "more", at)


def gone(site: Site, row: Alert, check: Check, *, at: datetime) -> list[Message]:
    """Ends the alert of a subject that left the inventory: nobody verifies it any more."""
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:gone:{row.key}:{ms(at)}",
        "rt": ms(at),
        "act": GONE.act,
        "outcome": GONE.outcome,
        "dhost": row.key.subject.asset,
        "cs1Label": "check",
        "cs1": check.id,
        "cs3Label": "zone or conduit",
        "cs3": row.key.subject.zone or row.key.subject.conduit,
        "cs4Label": "alert key",
        "cs4": str(row.key),
    }
    said = "It left the configuration and is verified no more; it never recovered."
    return _for_each(site, GONE.signature, check.title, None, fields, said, "gone", at)


def _again(word: Word, row: Alert, at: datetime) -> str:
    """Tells what is said of one state from what is said of it later."""
    return f":{word.value}:{ms(at)}" if at > row.changed else ""


def guard(site: Site, event: Event, *, entry: int, at: datetime) -> list[Message]:
    """What the guard did, when a SOC wants it; `event.subject` is an address, asset or scope."""
    if event.kind not in _GUARD:
        return []
    here = [a for a in site.assets if event.subject in (a.id, a.address)]
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:{entry}:guard:{event.kind}:{harmless(event.subject, 64)}",
        "rt": ms(at),
        "act": event.kind,
        "dhost": here[0].id if here else harmless(event.subject, 64),
        "dst": here[0].address if here else "",
        "cn1Label": "ledger entry",
        "cn1": entry,
    }
    name = f"guard.{event.kind}"
    title = "The appliance's guard acted"
    # "hold.put" and "hold.released" have one section.
    anchor = event.kind.partition(".")[0]
    return _for_each(site, name, title, _GUARD[event.kind], fields, event.said, anchor, at)


def headers(kind: str, severity: int, at: datetime) -> str:
    """What the outlet needs to write the line around a body."""
    return json.dumps({"severity": severity, "kind": kind, "at": at.isoformat()})


def _for_each(
    site: Site,
    signature: str,
    title: str,
    severity: Severity | None,
    fields: dict[str, str | int],
    said: str,
    anchor: str,
    at: datetime,
) -> list[Message]:
    text = cef.fitted(harmless(said, 512), MOST_TEXT)
    whole = framed(site, fields, text, anchor)
    # The text of a device gives way, never what the SOC's rules work with.
    spare = MOST_FIELDS - sum(len(k) + 2 + cef.octets(str(v)) for k, v in whole.items())
    if spare < 0:
        whole["msg"] = cef.fitted(text, max(cef.octets(text) + spare, 0))
    level = _CEF[severity] if severity else INFO
    body = cef.cef(version("upheld"), signature, title, level, whole).encode()
    found = headers(signature, _SYSLOG[severity] if severity else syslog.NOTICE, at)
    return [Message(outlet, EVENTS, signature, body, found) for outlet in outlets(site)]


def framed(
    site: Site, fields: dict[str, str | int], text: str, anchor: str
) -> dict[str, str | int]:
    """The fields with what every message says; `anchor` is its section of the runbook."""
    # The link comes last: blanks at the end of a message get lost, and a device may write some.
    return {
        **fields,
        "dvchost": site.appliance.id,
        "deviceExternalId": f"{site.site.id}/{site.appliance.id}",
        "msg": text,
        "request": section(anchor),
    }


def _place(site: Site, key: StateKey) -> dict[str, str | int]:
    subject = key.subject
    asset = next((a for a in site.assets if a.id == subject.asset), None)
    if asset is None:
        return {}
    place: dict[str, str | int] = {"dhost": asset.id, "dst": asset.address}
    transport, _, port = subject.service.partition("-")
    if port:
        place |= {"proto": transport.upper(), "dpt": port}
        spoken = [s.protocol for s in asset.services if s.id == subject.service]
        place["app"] = spoken[0] if spoken else ""
    return place


def ms(at: datetime) -> int:
    """A moment as CEF has it: milliseconds since 1970."""
    return int(at.timestamp() * 1000)
