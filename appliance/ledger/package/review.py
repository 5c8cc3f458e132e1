"""A year of a site, month by month: what each zone showed per FR, what was found and what closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

from appliance.judge.matrix import matrix, ratios
from appliance.judge.replaying import Replay
from appliance.judge.standing import aged
from appliance.ledger.errors import LedgerError
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.history import History
from appliance.ledger.package.logs import Logs, read_logs
from appliance.ledger.package.span import decoded, span, time_of
from appliance.ledger.package.walk import walk
from appliance.site.loading import Loaded
from checks import BY_ID
from checks.facts.codec import build
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.requirements import REQUIREMENTS

Standings = Mapping[StateKey, Standing]


@dataclass(frozen=True)
class Row:
    """
    One zone, one FR, one month.

    `selected`, `supported` and `covered` count cells at the month's end (or the ledger's, in its
    last month); exceptions are in no numerator.  `found`, `closed` and `open` count failures of
    checks that map to the FR; one that maps to two FRs counts in both.
    """

    zone: str
    fr: int
    month: str
    selected: int
    supported: int
    covered: int
    found: int
    closed: int
    open: int
    excepted: int


def review(ledger: Path, loaded: Loaded, year: int) -> list[Row]:
    """By zone, FR and month.  Raises `LedgerError` for a year without entries."""
    return read_logs(ledger, "reviewing", partial(_reviewed, loaded, year))


def _reviewed(loaded: Loaded, year: int, logs: Logs) -> list[Row]:
    edges = [datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    edges.append(datetime(year + 1, 1, 1, tzinfo=UTC))
    whole = span(logs, None, None)
    if whole.end <= edges[0] or whole.start >= edges[-1]:
        raise LedgerError(f"{year}: no entry is of that year; write --year of one that has some.")
    period = span(logs, edges[0], min(edges[-1], whole.end))
    histories = walk(logs, period, loaded.site, Choice()).histories
    ends = [min(edge, whole.end) for edge in edges[1:] if edge <= whole.end]
    ends += [whole.end] if len(ends) < 12 and whole.end not in ends else []
    rows: list[Row] = []
    for (start, _), end, standings in zip(
        pairwise(edges), ends, _snapshots(logs, ends), strict=False
    ):
        rows += _month(loaded, start, end, standings, histories)
    return sorted(rows, key=lambda r: (r.zone, r.fr, r.month))


def _snapshots(logs: Logs, moments: list[datetime]) -> Iterator[Standings]:
    """What stood at each moment, which must rise."""
    replay, keys, left = Replay(), dict[str, StateKey](), list(moments)
    for _, body in logs.entries():
        fields = decoded(body)
        if fields.get("type") not in ("verdicts", "aged", "removed"):
            continue
        at = time_of(fields)
        while left and at is not None and at >= left[0]:
            yield _standing(replay, keys, left.pop(0))
        for row in fields.get("rows", ()):
            if "subject" in row:
                keys[row["key"]] = StateKey(build(Subject, row["subject"]), row["check"])
        for _ in replay.feed(fields):
            pass
    for moment in left:
        yield _standing(replay, keys, moment)


def _standing(replay: Replay, keys: Mapping[str, StateKey], at: datetime) -> Standings:
    return {keys[k]: aged(s, at) or s for k, s in replay.standings.items() if k in keys}


def _month(
    loaded: Loaded,
    start: datetime,
    end: datetime,
    standings: Standings,
    histories: Mapping[StateKey, History],
) -> Iterator[Row]:
    cells = matrix(loaded.site, standings.items(), BY_ID)
    counts = {name: Counter[tuple[str, int]]() for name in ("found", "closed", "open")}
    for key, history in histories.items():
        places = list(_places(loaded, key))
        for failure in history.failures:
            counts["found"].update(places if start <= failure.start < end else ())
            ended = failure.end is not None and failure.end < end
            counts["closed"].update(places if ended and failure.end >= start else ())  # type: ignore[operator]
            counts["open"].update(places if failure.start < end and not ended else ())
    excepted = Counter(
        place
        for key, standing in standings.items()
        if standing.state in (State.COMPENSATED, State.ACCEPTED)
        for place in _places(loaded, key)
    )
    for r in ratios(cells):
        place = (r.zone, r.foundational)
        yield Row(
            r.zone, r.foundational, f"{start:%Y-%m}", r.selected, r.supported, r.direct,
            counts["found"][place], counts["closed"][place], counts["open"][place],
            excepted[place],
        )  # fmt: skip


def _places(loaded: Loaded, key: StateKey) -> Iterable[tuple[str, int]]:
    """Where a key counts: its zone, or every zone for the site, by each FR its check maps to."""
    check = BY_ID.get(key.check)
    frs = {REQUIREMENTS[r].foundational for r in check.requirements} if check else set()
    zones = [key.subject.zone] if key.subject.zone else [z.id for z in loaded.site.zones]
    return ((zone, fr) for zone in zones for fr in sorted(frs))
