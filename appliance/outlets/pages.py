"""What the status pages show, from a picture to HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance.outlets.picture import Picture
from appliance.outlets.text import harmless
from checks.check import Severity
from checks.facts.codec import plain
from checks.facts.observation import Observation
from checks.facts.standing import Standing, State, StateKey
from checks.requirements import REQUIREMENTS

MOST_ROWS = 500
"""Of one table; more than that nobody reads, and the page says how many it left out."""
MOST_FACTS = 200
LABORATORY_REFRESH = 5
REFRESH = 30

_SHAPES = {
    State.PASS: "✓",
    State.FAIL: "✗",
    State.COMPENSATED: "≈",
    State.ACCEPTED: "○",
    State.UNKNOWN: "?",
    State.NOT_APPLICABLE: "·",
}
_URGENCY = {severity: rank for rank, severity in enumerate(Severity)}

Rows = list[tuple[StateKey, Standing]]


def overview(picture: Picture) -> str:
    """The first page: what fails, what nobody can say, and everything there is."""
    by_state = Counter(standing.state for _, standing in picture.standings)
    return _page(
        "overview.html",
        picture,
        totals=by_state,
        failing=sorted(_in_state(picture, State.FAIL), key=lambda row: _worst_first(picture, row)),
        excepted=_in_state(picture, State.COMPENSATED, State.ACCEPTED),
        unknown=_in_state(picture, State.UNKNOWN),
        zones=_zone_counts(picture),
        counts_of={a.id: Counter[State]() for a in picture.assets} | _counts_by_asset(picture),
        check_counts=_counts_by_check(picture),
    )


def asset(picture: Picture, asset_id: str) -> str:
    """One asset.  Raises `KeyError` for an id the picture does not have."""
    found = {a.id: a for a in picture.assets}[asset_id]
    mine = [o for o in picture.observations if o.asset == asset_id]
    return _page(
        "asset.html",
        picture,
        asset=found,
        states=[row for row in picture.standings if row[0].subject.asset == asset_id],
        seen=[(o, _facts(o)) for o in sorted(mine, key=lambda o: (o.service or "", o.question))],
    )


def check(picture: Picture, check_id: str) -> str:
    """One check.  Raises `KeyError` for an id the picture does not have."""
    return _page(
        "check.html",
        picture,
        check=picture.checks[check_id],
        requirements=REQUIREMENTS,
        states=[row for row in picture.standings if row[0].check == check_id],
    )


def not_found() -> str:
    """The page for an address there is nothing at; it needs no picture."""
    return _TEMPLATES.get_template("404.html").render()


def _page(template: str, picture: Picture, **values: Any) -> str:
    refresh = LABORATORY_REFRESH if picture.laboratory else REFRESH
    known = {a.id for a in picture.assets}
    return _TEMPLATES.get_template(template).render(
        picture=picture, refresh=refresh, known=known, State=State, most=MOST_ROWS, **values
    )


def _in_state(picture: Picture, *states: State) -> Rows:
    return [row for row in picture.standings if row[1].state in states]


def _worst_first(picture: Picture, row: tuple[StateKey, Standing]) -> tuple[int, datetime, str]:
    key, standing = row
    found = picture.checks.get(key.check)
    return (_URGENCY[found.severity] if found else len(_URGENCY), standing.since, str(key))


def _zone_counts(picture: Picture) -> list[tuple[str, Counter[State]]]:
    """Names with counts: the zones as configured, then conduits and the site where they have any."""
    names = {z.id: f"{z.name} ({z.id})" for z in picture.zones}
    counts = {name: Counter[State]() for name in names.values()}
    for key, standing in picture.standings:
        subject = key.subject
        if subject.conduit:
            name = "Conduits"
        elif subject.zone:
            name = names.get(subject.zone, subject.zone)
        else:
            name = "The site itself"
        counts.setdefault(name, Counter())[standing.state] += 1
    return list(counts.items())


def _counts_by_asset(picture: Picture) -> dict[str, Counter[State]]:
    counts: dict[str, Counter[State]] = {}
    for key, standing in picture.standings:
        counts.setdefault(key.subject.asset, Counter())[standing.state] += 1
    return counts


def _counts_by_check(picture: Picture) -> dict[str, Counter[State]]:
    counts = {check_id: Counter[State]() for check_id in sorted(picture.checks)}
    for key, standing in picture.standings:
        if key.check in counts:
            counts[key.check][standing.state] += 1
    return counts


def _facts(observation: Observation) -> list[tuple[str, str]]:
    """Facts as rows of (path, value); at most `MOST_FACTS`, the last one says what is left out."""
    if observation.facts is None:
        return []
    rows = list(_leaves("", plain(observation.facts)))
    if len(rows) > MOST_FACTS:
        return [*rows[:MOST_FACTS], ("…", f"{len(rows) - MOST_FACTS} more")]
    return rows


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and value:
        items: Iterable[tuple[Any, Any]] = (
            value.items() if isinstance(value, dict) else enumerate(value, start=1)
        )
        for name, item in items:
            yield from _leaves(f"{path} {name}".strip().replace("_", " "), item)
        return
    words = {None: "not known", True: "yes", False: "no"}
    # 1 == True in a dictionary, so only the singletons are looked up.
    if value is None or isinstance(value, bool):
        yield path, words[value]
    else:
        yield path, "none" if value in ([], {}, "") else str(value)


def _moment(at: datetime | None) -> str:
    return "never" if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _age(at: datetime, now: datetime) -> str:
    seconds = int((now - at).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(harmless=harmless, moment=_moment, age=_age)
    environment.globals["shapes"] = _SHAPES
    return environment


_TEMPLATES = _environment()
