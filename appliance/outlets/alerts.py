"""
The life of an alert, pure: what is open, what somebody was told of it, and what has to wait.

An alert is pending while a silence has been heard once, firing from then on, inhibited while
somebody else's silence explains it, acknowledged when a person has said so, and resolved when the
control holds again.  Whoever was told of a failure is told of its end, and nobody else is.

A zone that breaks in many places at once is told in a few messages and a count.  What is held back
stands on the page, in the metrics and retained over MQTT all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from checks.check import Audience, Check, Severity
from checks.facts.standing import Standing, State, StateKey
from checks.facts.verdict import RestsOn

# So many messages of one zone and audience within WINDOW; what is more is counted and told once
# after SUMMED_AFTER, then every WINDOW.
BURST = 5
WINDOW = timedelta(hours=1)
SUMMED_AFTER = timedelta(minutes=5)
# An alert that begins more often within a day than this is told again when it has come to rest.
FLAPS = 3
DAY = timedelta(days=1)
REST = timedelta(hours=4)

CAP = "cap"
FLAPPING = "flapping"
OVER = "over"
UNSEEN = "unseen"

Group = tuple[str, Audience]
"""A zone (empty: the whole site) and who is told."""


class Phase(StrEnum):
    FIRING = "firing"
    INHIBITED = "inhibited"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Word(StrEnum):
    """What a message says happened to an alert."""

    FIRING = "firing"
    UPDATE = "update"
    UNSEEN = "unseen"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True)
class Acknowledged:
    who: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Alert:
    """
    One alert; `now` is the reason it fires for, or `unseen` or `over`, since `changed`.

    `heard` is what was last told in the same words, empty for nothing; `held` why that is not
    `now`: `cap`, `flapping`, or whose silence explains it.  `begun` holds when it began within the
    last day.  `was`, `last_good` and `vantages` are those of the failure.
    """

    key: StateKey
    now: str
    changed: datetime
    heard: str = ""
    held: str = ""
    begun: tuple[datetime, ...] = ()
    counted: bool = False
    acknowledged: Acknowledged | None = None
    was: str = ""
    last_good: datetime | None = None
    vantages: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.now != OVER

    @property
    def phase(self) -> Phase:
        if not self.open:
            return Phase.RESOLVED
        if self.acknowledged:
            return Phase.ACKNOWLEDGED
        hidden = self.held not in ("", CAP, FLAPPING)
        return Phase.INHIBITED if hidden else Phase.FIRING

    @property
    def told(self) -> bool:
        return self.heard not in ("", OVER)


@dataclass(frozen=True)
class Summary:
    """
    Alerts of one group that were not told one by one.

    With `root` they were told before and cannot be seen while that is silent.
    """

    group: Group
    keys: tuple[StateKey, ...]
    severity: Severity
    since: datetime
    root: str = ""


def group_of(key: StateKey, check: Check) -> Group:
    return key.subject.zone, check.audience


def pending(standing: Standing) -> bool:
    """A failure that rests on silence and was heard once."""
    return standing.awaiting.startswith(f"{State.FAIL}/")


@dataclass
class Alerts:
    """All alerts of a site; a copy is changed and adopted once it is written down."""

    rows: dict[StateKey, Alert] = field(default_factory=dict)
    changed_rows: set[StateKey] = field(default_factory=set)
    _recent: dict[Group, tuple[tuple[datetime, str], ...]] = field(default_factory=dict)
    _summed: dict[tuple[Group, str], datetime] = field(default_factory=dict)

    def copy(self) -> Alerts:
        return Alerts(dict(self.rows), set(), dict(self._recent), dict(self._summed))

    def put(self, row: Alert) -> None:
        self.rows[row.key] = row
        self.changed_rows.add(row.key)

    def drop(self, key: StateKey) -> Alert | None:
        """Forget it; the row as it was."""
        row = self.rows.pop(key, None)
        if row is not None:
            self.changed_rows.add(key)
        return row

    def changed(
        self,
        key: StateKey,
        before: Standing | None,
        after: Standing,
        check: Check,
        *,
        at: datetime,
        root: str = "",
        vantages: tuple[str, ...] = (),
    ) -> Word | None:
        """
        Take up another state; what is to be told of it now.

        `root` is whose silence explains what rests on silence here; empty: nobody's.
        """
        row, now = self.rows.get(key), _now(after)
        if row is None:
            if after.state is not State.FAIL:
                return None
            row = Alert(key, OVER, at)
        if now == row.now:
            return None
        begins = not row.open
        if begins:
            good = before.supported if before and before.state is State.PASS else row.last_good
            was = before.state.value if before else ""
            row = replace(row, was=was, last_good=good, begun=(*_young(row.begun, at), at))
        if after.state is State.FAIL:
            row = replace(row, vantages=vantages or row.vantages)
        # Whoever acknowledged it acknowledged another state.
        row = replace(row, now=now, changed=at, acknowledged=None, counted=False)
        answered = after.state is State.FAIL and after.rests_on == RestsOn.ANSWER
        return self._tell(row, check, at, root="" if answered else root)

    def due(
        self, checks: Callable[[StateKey], Check], roots: Callable[[StateKey], str], at: datetime
    ) -> Iterator[tuple[StateKey, Word]]:
        """What was held back and is to be told now; forgets what is long over."""
        for row in list(self.rows.values()):
            if not row.open and not row.told and not _young(row.begun, at):
                self.drop(row.key)
            elif row.held == FLAPPING and at - row.changed < REST:
                continue
            elif row.held not in ("", CAP):
                check = checks(row.key)
                root = roots(row.key) if row.held != FLAPPING else ""
                if root != row.held and (word := self._tell(row, check, at, root, rested=True)):
                    yield row.key, word

    def acknowledge(self, key: StateKey, by: Acknowledged) -> Alert | None:
        """The alert as somebody has acknowledged it; None when it is not open."""
        row = self.rows.get(key)
        if row is None or not row.open:
            return None
        # That is told, held back or not, so its end has to be told too.
        self.put(replace(row, acknowledged=by, heard=row.now, held=""))
        return self.rows[key]

    def summaries(
        self,
        checks: Callable[[StateKey], Check],
        at: datetime,
        *,
        explained: Callable[[Group, str], bool],
    ) -> Iterator[Summary]:
        """The counts that are due; `explained`: that group was told of that silence itself."""
        found: dict[tuple[Group, str], list[Alert]] = {}
        for row in self.rows.values():
            if row.held in ("", FLAPPING) or row.counted:
                continue
            root = "" if row.held == CAP else row.held
            group = group_of(row.key, checks(row.key))
            # A silence hides nothing from whoever never heard of what it hides.
            if row.open and (not root or (row.told and not explained(group, root))):
                found.setdefault((group, root), []).append(row)
        for (group, root), rows in found.items():
            since = min(row.changed for row in rows)
            last = self._summed.get((group, root))
            if at - since < SUMMED_AFTER or (last is not None and (root or at - last < WINDOW)):
                continue
            self._summed[group, root] = at
            for row in rows:
                self.put(replace(row, counted=True))
            worst = min((checks(r.key).severity for r in rows), key=list(Severity).index)
            yield Summary(group, tuple(sorted(r.key for r in rows)), worst, since, root)
        self._forget_roots()

    def _forget_roots(self) -> None:
        hiding = {row.held for row in self.rows.values()}
        self._summed = {k: at for k, at in self._summed.items() if not k[1] or k[1] in hiding}

    def _tell(
        self, row: Alert, check: Check, at: datetime, root: str = "", *, rested: bool = False
    ) -> Word | None:
        word = _word(row)
        held = ""
        if word is not None and root and word is not Word.RESOLVED:
            held = root
        elif word is not None and not rested and len(_young(row.begun, at)) > FLAPS:
            held = FLAPPING
        elif word not in (None, Word.RESOLVED) and not self._room(row.key, check, at):
            held = CAP
        if word is None or held:
            self.put(replace(row, held=held))
            return None
        self.put(replace(row, heard=row.now, held=""))
        return word

    def _room(self, key: StateKey, check: Check, at: datetime) -> bool:
        """Whether its group may say one more thing; the first of a critical kind always may."""
        group = group_of(key, check)
        recent = tuple(r for r in self._recent.get(group, ()) if at - r[0] < WINDOW)
        first = check.severity is Severity.CRITICAL and check.id not in {r[1] for r in recent}
        if len(recent) >= BURST and not first:
            self._recent[group] = recent
            return False
        self._recent[group] = (*recent, (at, check.id))
        return True


def _now(standing: Standing) -> str:
    if standing.state is State.FAIL:
        return standing.reason.value
    return UNSEEN if standing.state is State.UNKNOWN else OVER


def _word(row: Alert) -> Word | None:
    """What brings whoever heard the last word up to now."""
    if row.now == OVER:
        return Word.RESOLVED if row.told else None
    if row.now == UNSEEN:
        return Word.UNSEEN if row.told and row.heard != UNSEEN else None
    if not row.told:
        return Word.FIRING
    return None if row.heard == row.now else Word.UPDATE


def _young(begun: tuple[datetime, ...], at: datetime) -> tuple[datetime, ...]:
    return tuple(moment for moment in begun if at - moment < DAY)
