"""The picture sorted the way the pages tell it; every text a device may have written is harmless."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from appliance.outlets.alert_view import said_of, settled
from appliance.outlets.leaves import lines
from appliance.outlets.picture import Picture
from appliance.outlets.text import harmless
from appliance.visit.guard.waiting import HOLD, InTheWay
from checks.check import Check, Severity
from checks.facts.codec import plain
from checks.facts.observation import Observation
from checks.facts.standing import Standing, State, StateKey
from checks.facts.verdict import Reason

LONGEST_SENTENCE = 600
MOST_FACTS = 40
STAMP = "%Y-%m-%d %H:%M:%S UTC"

# Colour is never alone: each state has a shape and its word.
SHAPES = {
    State.PASS: "●",
    State.FAIL: "✖",
    State.COMPENSATED: "◆",
    State.ACCEPTED: "◇",
    State.UNKNOWN: "?",
    State.NOT_APPLICABLE: "·",
}
WORST_FIRST = (
    State.FAIL,
    State.UNKNOWN,
    State.ACCEPTED,
    State.COMPENSATED,
    State.PASS,
    State.NOT_APPLICABLE,
)


Counts = tuple[tuple[State, str, int], ...]


@dataclass(frozen=True)
class Row:
    """One state as a line of a table."""

    key: str
    check: str
    title: str
    severity: str
    asset: str
    subject: str
    state: State
    shape: str
    reason: str
    said: str
    last_said: str
    where: tuple[str, ...]
    rests_on: str
    since: Moment
    evaluated: Moment
    alert: str = ""
    settled: bool = False


@dataclass(frozen=True)
class Group:
    """States of one control that nobody knows for one reason; `said` is the first one's."""

    check: str
    title: str
    reason: str
    said: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class CheckRow:
    """One check of the catalogue; `counts` is empty when it was judged nowhere."""

    check: Check
    counts: Counts


@dataclass(frozen=True)
class Moment:
    """A time for people and one for programs, and how long ago it was."""

    text: str
    iso: str
    ago: str


@dataclass(frozen=True)
class Seen:
    """One observation: what was asked, and its facts as lines or why there are none."""

    question: str
    service: str
    vantage: str
    at: Moment
    facts: tuple[tuple[str, str], ...]
    gap: str


def rows(picture: Picture, standings: Iterable[tuple[StateKey, Standing]]) -> list[Row]:
    """Worst first: failing before unknown, new before acknowledged, critical before low."""
    listed = [_row(picture, key, standing) for key, standing in standings]
    severities = [s.value for s in Severity]

    def rank(row: Row) -> tuple[int, bool, int, str]:
        worst = severities.index(row.severity) if row.severity in severities else len(severities)
        return WORST_FIRST.index(row.state), row.settled, worst, row.key

    return sorted(listed, key=rank)


def gathered(listed: Iterable[Row]) -> list[Group]:
    """Rows of one control and reason together, the largest group first."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in listed:
        groups.setdefault((row.check, row.reason), []).append(row)
    found = [
        Group(r[0].check, r[0].title, r[0].reason, r[0].said, tuple(r)) for r in groups.values()
    ]
    return sorted(found, key=lambda group: -len(group.rows))


def stamp(text: str) -> str:
    """A time of the ledger as the pages write them; as it is when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(UTC).strftime(STAMP)


def check_rows(picture: Picture) -> list[CheckRow]:
    """Every check that was judged somewhere and then the others, each with its counts."""
    counts: dict[str, Counter[State]] = {}
    for key, standing in picture.standings:
        counts.setdefault(key.check, Counter())[standing.state] += 1
    found = [CheckRow(c, shown(counts[c.id])) for c in picture.checks.values() if c.id in counts]
    return found + [CheckRow(c, ()) for c in picture.checks.values() if c.id not in counts]


def counted(standings: Iterable[Standing]) -> Counts:
    """How many of each state, worst first; all states are named, also with none."""
    return shown(Counter(s.state for s in standings))


def shown(counts: Mapping[State, int]) -> Counts:
    return tuple((state, SHAPES[state], counts.get(state, 0)) for state in WORST_FIRST)


def holds(picture: Picture) -> list[InTheWay]:
    """What people stopped, the site's hold first."""
    return [_harmless(one) for one in picture.in_the_way if one.kind == HOLD]


def restraints(picture: Picture, asset: str = "") -> list[InTheWay]:
    """
    What Upheld holds back by itself, what waits for a person first.

    For one asset: all that is in the way of its visits, holds too.
    """
    zone = next((a.zone for a in picture.assets if a.id == asset), "")
    found = [
        one
        for one in picture.in_the_way
        if (_concerns(one, asset, zone) if asset else one.kind != HOLD)
    ]
    return [_harmless(one) for one in sorted(found, key=lambda one: not one.person)]


def _concerns(one: InTheWay, asset: str, zone: str) -> bool:
    if one.credential:
        return False
    return one.asset == asset or (not one.asset and one.zone in ("", zone))


def _harmless(one: InTheWay) -> InTheWay:
    return replace(one, said=harmless(one.said, LONGEST_SENTENCE))


def observations(picture: Picture, asset: str) -> list[Seen]:
    """The newest of each question asked of an asset."""
    mine = [o for o in picture.observations if o.asset == asset]
    return [
        _seen(picture.at, o)
        for o in sorted(mine, key=lambda o: (o.service or "", o.question, o.vantage))
    ]


@lru_cache(4096)
def moment(at: datetime, now: datetime) -> Moment:
    """Kept, since all states of one visit tell the same times."""
    utc = at.astimezone(UTC)
    return Moment(
        utc.strftime(STAMP),
        utc.isoformat(timespec="seconds"),
        ago(now - at),
    )


def ago(span: timedelta) -> str:
    """In the largest unit that fits, such as `5 min`."""
    seconds = int(span.total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def _row(picture: Picture, key: StateKey, standing: Standing) -> Row:
    check: Check | None = picture.checks.get(key.check)
    alert = picture.alerts.get(key)
    said = standing.said
    if standing.state is State.UNKNOWN:
        # Why nobody knows is what the newest verdict said; the older sentence no longer stands.
        said = standing.last_said or standing.said
    reason = standing.reason.value
    if standing.reason is Reason.STALE and standing.last_reason:
        reason = f"{reason}: {standing.last_reason}"
    return Row(
        key=str(key),
        check=key.check,
        title=check.title if check else key.check,
        severity=check.severity.value if check else "",
        asset=key.subject.asset,
        subject=str(key.subject),
        state=standing.state,
        shape=SHAPES[standing.state],
        reason=harmless(reason),
        said=harmless(said, LONGEST_SENTENCE),
        last_said=harmless(standing.last_said, LONGEST_SENTENCE),
        where=tuple(harmless(w) for w in standing.where),
        rests_on=standing.rests_on,
        since=moment(standing.since, picture.at),
        evaluated=moment(standing.evaluated, picture.at),
        alert=said_of(alert),
        settled=settled(alert),
    )


def _seen(now: datetime, o: Observation) -> Seen:
    gap = ""
    if o.facts is None:
        gap = f"{o.reason}: {o.said}" if o.said else str(o.reason)
    return Seen(
        question=o.question,
        service=o.service or "",
        vantage=o.vantage,
        at=moment(o.finished, now),
        facts=_some(plain(o.facts)) if o.facts is not None else (),
        gap=harmless(gap, LONGEST_SENTENCE),
    )


def _some(facts: object) -> tuple[tuple[str, str], ...]:
    found = lines(facts)
    more = len(found) - MOST_FACTS
    return (*found[:MOST_FACTS], *((("…", f"and {more} more"),) if more > 0 else ()))
