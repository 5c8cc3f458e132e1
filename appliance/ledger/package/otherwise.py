"""What a new baseline, target level or check would have said of what was seen; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from appliance.judge.judging import Judge
from appliance.judge.matrix import MatrixCell, matrix
from appliance.judge.replaying import Otherwise, Replay
from appliance.ledger.package.logs import Logs, read_logs
from appliance.ledger.package.recorded import Recorded, belonging
from appliance.ledger.package.span import Span, decoded, span
from appliance.site.model import Site
from checks import BY_ID
from checks.facts.codec import build
from checks.facts.context import Moment
from checks.facts.standing import Standing, State, StateKey, Subject

NOTHING = timedelta(0)


@dataclass
class Line:
    """
    One key, as it was recorded and as it would have been; a state is empty where there is none.

    `differed` is for how long of the period the two were not the same, `first` since when; for
    `failing` of that time it would have failed and was not recorded as failing.
    """

    key: StateKey
    recorded: str = ""
    would_be: str = ""
    said: str = ""
    since: datetime | None = None
    first: datetime | None = None
    differed: timedelta = NOTHING
    failing: timedelta = NOTHING
    _at: datetime | None = None

    def turned(self, at: datetime, period: Span, **states: str) -> None:
        self.pass_(at, period)
        self.recorded = states.get("recorded", self.recorded)
        self.would_be = states.get("would_be", self.would_be)

    def pass_(self, until: datetime, period: Span) -> None:
        since = max(self._at or until, period.start)
        until = min(until, period.end)
        if self.recorded != self.would_be and since < until:
            self.differed += until - since
            self.first = self.first or since
            self.failing += until - since if self.would_be == State.FAIL else NOTHING
        self._at = max(self._at or until, until)


@dataclass(frozen=True)
class Compared:
    """
    `lines` are the keys that differ anywhere in the period, sorted; `same` counts the others.

    `cells` are (recorded, would be) where a cell is another at the period's end; `unread` counts
    observations this program does not understand, so that they were left out.
    """

    period: Span
    lines: tuple[Line, ...]
    same: int
    cells: tuple[tuple[MatrixCell, MatrixCell], ...]
    unread: int
    notes: tuple[str, ...] = field(default=())


def compare(
    ledger: Path,
    judge: Judge,
    before: Site,
    start: datetime | None,
    end: datetime | None,
) -> Compared:
    """
    `judge` is the new one, with its site; `before` the site whose levels the recorded cells have.

    Raises `LedgerError` for a period without entries and for a ledger that cannot be read.
    """
    return read_logs(ledger, "replaying", partial(_compared, judge, before, start, end))


def _compared(
    judge: Judge,
    before: Site,
    start: datetime | None,
    end: datetime | None,
    logs: Logs,
) -> Compared:
    period = span(logs, start, end)
    comparing = _Comparing(judge, period, Recorded(logs.content))
    for _, body in logs.entries(period.last):
        comparing.meet(decoded(body))
    return replace(comparing.done(before), notes=logs.notes)


class _Comparing:
    def __init__(self, judge: Judge, period: Span, recorded: Recorded) -> None:
        self._judge, self._period, self._recorded = judge, period, recorded
        self._replay, self._otherwise = Replay(), Otherwise(judge)
        self._keys: dict[str, StateKey] = {}
        self._lines: dict[StateKey, Line] = {}
        self._seen: list[Any] = []
        self._visit = ""
        self._unread = 0
        self._services = {a.id: frozenset(s.id for s in a.services) for a in judge.site.assets}

    def meet(self, fields: dict[str, Any]) -> None:
        match fields.get("type"):
            case "observations":
                self._observed(fields)
            case "verdicts":
                self._name(fields)
                if self._seen and fields["visit"] == self._visit:
                    self._judged(fields)
                self._turns(fields)
            case "aged" | "removed":
                self._turns(fields)
                if fields["type"] == "aged":
                    at = datetime.fromisoformat(fields["t"])
                    self._would(self._otherwise.age(at), at)
            case _:
                pass

    def done(self, before: Site) -> Compared:
        self._would(self._otherwise.age(self._period.end), self._period.end)
        for line in self._lines.values():
            line.pass_(self._period.end, self._period)
        differing = [x for _, x in sorted(self._lines.items()) if x.differed or _ends_apart(x)]
        recorded = [
            (self._keys[k], s) for k, s in self._replay.standings.items() if k in self._keys
        ]
        then = {(c.zone, c.requirement.id): c for c in matrix(before, recorded, BY_ID)}
        now = matrix(self._judge.site, self._otherwise.standings.items(), BY_ID)
        cells = [
            (then[place], c)
            for c in now
            if (place := (c.zone, c.requirement.id)) in then and then[place].cell is not c.cell
        ]
        same = len(self._lines) - len(differing)
        return Compared(self._period, tuple(differing), same, tuple(cells), self._unread)

    def _observed(self, fields: dict[str, Any]) -> None:
        if fields["visit"] != self._visit:
            self._visit, self._seen = fields["visit"], []
        services = self._services.get(fields["asset"])
        if services is None:
            return
        for row in fields["rows"]:
            seen = self._recorded.observation(row, fields["visit"])
            if seen is None:
                self._unread += 1
            else:
                self._seen.append(belonging(seen, services))

    def _judged(self, fields: dict[str, Any]) -> None:
        """All of a visit's observations stand before its first verdict."""
        moment = build(Moment, fields["moment"])
        own = self._recorded.own(next((r for r in fields["rows"] if "own" in r), {}))
        asset, seen = self._seen[0].asset, tuple(self._seen)
        self._seen = []
        judged = self._otherwise.visit(asset, seen, moment=moment, own=own, visit=fields["visit"])
        self._would(judged, moment.at)

    def _would(self, turned: Iterator[tuple[StateKey, Standing]], at: datetime) -> None:
        for key, standing in turned:
            line = self._lines.setdefault(key, Line(key))
            line.turned(at, self._period, would_be=standing.state.value)
            line.said, line.since = standing.said, standing.since

    def _turns(self, fields: dict[str, Any]) -> None:
        for turn in self._replay.feed(fields):
            key = self._keys.get(turn.key)
            if key is not None:
                state = turn.after.state.value if turn.after else ""
                self._lines.setdefault(key, Line(key)).turned(turn.at, self._period, recorded=state)

    def _name(self, fields: dict[str, Any]) -> None:
        for row in fields["rows"]:
            if "subject" in row:
                self._keys[row["key"]] = StateKey(build(Subject, row["subject"]), row["check"])


def is_worse(line: Line) -> bool:
    """Whether somebody would have been told of a failure that nobody was told of."""
    return bool(line.failing) or (line.would_be == State.FAIL != line.recorded)


def _ends_apart(line: Line) -> bool:
    return line.recorded != line.would_be and State.FAIL.value in (line.recorded, line.would_be)
