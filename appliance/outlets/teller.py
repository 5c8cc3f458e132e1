"""What every configured outlet is told of one change: composed here, delivered by each outlet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.ledger.entry import Message
from appliance.outlets import alarms, messages, roots, syslog_messages, telling
from appliance.outlets.alarms import Alarm
from appliance.outlets.alerts import Acknowledged, Alert, Alerts, Group, Word
from appliance.outlets.circumstances import Circumstances, circumstances
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from appliance.visit.guard.waiting import InTheWay
from appliance.visit.taking import Taken
from checks import BY_ID
from checks.check import Audience, Check, Severity
from checks.facts.codec import build, canonical, plain
from checks.facts.standing import Standing, State, StateKey

Standings = Mapping[StateKey, Standing]


@dataclass(frozen=True)
class Change:
    """One state that became another; `vantages` are those its verdict rests on."""

    key: StateKey
    before: Standing | None
    after: Standing
    vantages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Telling:
    """
    What goes into one transaction: messages, and the alerts' rows (None: forget).

    Hand it to `Teller.written` afterwards: what was never written down was never told.  It takes
    up the controls' alerts (`book`) or the guard's (`alarms`), whichever this one is about.
    """

    messages: list[Message]
    rows: Mapping[str, bytes | None]
    book: Alerts | None = None
    alarms: Mapping[str, Alarm] | None = None


class Teller:
    """
    The messages for MQTT and every SOC of one site.

    `restraint(asset, zone)` says what hold or closed window is in force there, empty for none;
    `standing()` what the guard stopped by itself and a person has to end.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.restraint: Callable[[str, str], str] = lambda _asset, _zone: ""
        self.standing: Callable[[], Sequence[InTheWay]] = tuple
        self.book = Alerts()
        self.alarms: Mapping[str, Alarm] = {}

    def restore(
        self, standings: Standings, rows: Mapping[str, bytes], *, at: datetime
    ) -> list[Message]:
        """
        Take up what was told before a restart; the messages for alerts whose subject is gone.

        What fails and has no row was told by a version that kept none.
        """
        self.book, self.alarms = Alerts(), alarms.restored(rows)
        known = {str(key): key for key in standings}
        gone = []
        for name, body in rows.items():
            row = _row(body)
            if row is not None and name in known:
                self.book.rows[row.key] = row
            elif row is not None:
                gone.append(row)
        for key, standing in standings.items():
            if standing.state is State.FAIL and key not in self.book.rows:
                reason = standing.reason.value
                self.book.rows[key] = Alert(key, reason, standing.since, heard=reason)
        return [m for row in gone for m in self._gone(row, at)]

    def changes(
        self, changes: Sequence[Change], standings: Standings, *, entry: int, at: datetime
    ) -> Telling:
        """
        States that changed together; `standings` are those before, `entry` the ledger size their
        evidence begins at.
        """
        book = self.book.copy()
        after = {**standings, **{c.key: c.after for c in changes}}
        told: list[Message] = []
        for change in changes:
            key, check = change.key, BY_ID[change.key.check]
            root = roots.root(self.site, after, key)
            word = book.changed(
                key, change.before, change.after, check, at=at, root=root, vantages=change.vantages
            )
            row = book.rows.get(key)
            around = self._around(key, check, after, row)
            if self.site.outlets.mqtt is not None:
                told += telling.change(
                    self.site.site.id, change.key, change.before, change.after, check,
                    word=word, row=row, around=around, entry=entry, at=at,
                )  # fmt: skip
            if word is not None and row is not None and for_soc(check):
                told += syslog_messages.change(
                    self.site, key, change.before, change.after, check,
                    word=word, row=row, around=around, entry=entry, at=at,
                )  # fmt: skip
        return _telling(told, book)

    def due(self, standings: Standings, *, entry: int, at: datetime) -> Telling:
        """What was held back and is told now: alone, or as a count."""
        book = self.book.copy()
        told: list[Message] = []
        for key, word in book.due(_check, lambda k: roots.root(self.site, standings, k), at):
            if key in standings:
                told += self._again(key, word, standings, book, entry, at)

        def explained(group: Group, root: str) -> bool:
            row = next((r for k, r in book.rows.items() if str(k) == root), None)
            return row is not None and row.told and _hears(group[1], _check(row.key))

        for summary in book.summaries(_check, at, explained=explained):
            if self.site.outlets.mqtt is not None:
                told.append(telling.summary(self.site.site.id, summary, at=at))
            if _is_soc(summary.group[1], summary.severity):
                told += syslog_messages.summary(self.site, summary, entry=entry, at=at)
        return _telling(told, book)

    def acknowledge(
        self, key: StateKey, by: Acknowledged, standings: Standings, *, entry: int, at: datetime
    ) -> Telling | None:
        """Somebody has seen an alert and says so; None when it is not open."""
        book = self.book.copy()
        if book.acknowledge(key, by) is None:
            return None
        told = self._again(key, Word.ACKNOWLEDGED, standings, book, entry, at)
        return _telling(told, book)

    def written(self, telling: Telling) -> None:
        """It is in the ledger's file and will be delivered."""
        if telling.book is not None:
            telling.book.changed_rows.clear()
            self.book = telling.book
        if telling.alarms is not None:
            self.alarms = telling.alarms

    def rows(self) -> set[str]:
        """The names of all rows there should be in the store."""
        return {str(key) for key in self.book.rows} | alarms.names(self.alarms)

    def visited(self, asset: str, taken: Taken, *, entry: int, at: datetime) -> list[Message]:
        """What a visit sent to an asset; nothing for one that sent nothing."""
        if self.site.outlets.mqtt is None or not taken.load.packets:
            return []
        return [telling.visit(self.site, self.site.asset(asset), taken, entry=entry, at=at)]

    def events(
        self, events: Sequence[Event], *, ends: bool = True, entry: int, at: datetime
    ) -> Telling:
        """
        What the guard did by itself, or what people told it, and the alarms which that began.

        Those it ended too with `ends`, events or none.
        """
        if not events and not ends:
            # Each visit asks: a walk over all assets is only for those that brought something.
            return Telling([], {})
        told: list[Message] = []
        for event in events:
            if self.site.outlets.mqtt is not None:
                told.append(telling.guard(self.site.site.id, event, at=at))
            told += syslog_messages.guard(self.site, event, entry=entry, at=at)
        found = alarms.compared(
            self.site, self.alarms, self.standing(), events, ends=ends, entry=entry, at=at
        )
        return Telling([*told, *found.messages], found.rows, alarms=found.standing)

    def gone(self, keys: Iterable[StateKey], *, at: datetime) -> Telling:
        """Subjects and checks the configuration no longer has; who heard of a failure hears it."""
        book, keys = self.book.copy(), list(keys)
        rows = [row for key in keys if (row := book.drop(key)) is not None]
        told = telling.gone(self.site.site.id, keys) if self.site.outlets.mqtt else []
        told += [m for row in rows for m in self._gone(row, at)]
        return _telling(told, book)

    def retained(self, standings: Standings, *, entry: int, at: datetime) -> list[Message]:
        """Every retained state and open alert, for a broker that may have come back empty."""
        name, found = self.site.site.id, []
        for key, standing in standings.items():
            found.append(messages.state(name, key, standing, entry=entry, at=at))
            row = self.book.rows.get(key)
            if standing.state is State.FAIL or (row is not None and row.open):
                check = _check(key)
                around = self._around(key, check, standings, row)
                found.append(
                    messages.alert(
                        name, key, standing, check, row=row, around=around, entry=entry, at=at
                    )
                )
        found += [alarms.retained(self.site, alarm, at=at) for alarm in self.alarms.values()]
        return found

    def _again(
        self,
        key: StateKey,
        word: Word,
        standings: Standings,
        book: Alerts,
        entry: int,
        at: datetime,
    ) -> list[Message]:
        """A word on an alert whose state did not change just now."""
        check, row, standing = _check(key), book.rows[key], standings[key]
        around = self._around(key, check, standings, row)
        told: list[Message] = []
        if self.site.outlets.mqtt is not None:
            told += telling.again(
                self.site.site.id, key, standing, check,
                word=word, row=row, around=around, entry=entry, at=at,
            )  # fmt: skip
        if for_soc(check):
            told += syslog_messages.change(
                self.site, key, standing, standing, check,
                word=word, row=row, around=around, entry=entry, at=at,
            )  # fmt: skip
        return told

    def _gone(self, row: Alert, at: datetime) -> list[Message]:
        told: list[Message] = []
        check = BY_ID.get(row.key.check)
        if self.site.outlets.mqtt is not None:
            told.append(messages.alert_resolved(self.site.site.id, row.key))
        if check is not None and row.told and for_soc(check):
            told += syslog_messages.gone(self.site, row, check, at=at)
        return told

    def _around(
        self, key: StateKey, check: Check, standings: Standings, row: Alert | None
    ) -> Circumstances:
        if row is None or not row.open:
            # Nobody asks what to do about a control that holds.
            standings = {}
        return circumstances(
            self.site,
            key,
            check,
            standings,
            vantages=row.vantages if row else (),
            restraint=self.restraint(key.subject.asset, key.subject.zone),
        )


def for_soc(check: Check) -> bool:
    """Whether a SOC is told of this check's failures one by one."""
    return _is_soc(check.audience, check.severity)


def _is_soc(audience: Audience, severity: Severity) -> bool:
    return audience is Audience.SOC or severity is Severity.CRITICAL


def _hears(audience: Audience, check: Check) -> bool:
    return audience is not Audience.SOC or for_soc(check)


def _check(key: StateKey) -> Check:
    return BY_ID[key.check]


def _telling(told: list[Message], book: Alerts) -> Telling:
    rows = {
        str(key): canonical(plain(book.rows[key])) if key in book.rows else None
        for key in book.changed_rows
    }
    return Telling(told, rows, book)


def _row(body: bytes) -> Alert | None:
    """None for what another version wrote and this one cannot read."""
    try:
        row: Alert = build(Alert, json.loads(body))
    except (KeyError, TypeError, ValueError):
        return None
    return row
