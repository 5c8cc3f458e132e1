"""Zones, their assets and the sheet to walk them down with, as the pages tell them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from appliance.outlets.picture import AssetPicture, Picture, ZonePicture
from appliance.outlets.text import harmless
from appliance.outlets.views import LONGEST_SENTENCE, SHAPES, Counts, shown
from checks.check import Check
from checks.facts.standing import Standing, State, StateKey

LONGEST_NAME = 60
WRITTEN_OUT = (State.FAIL, State.UNKNOWN)


@dataclass(frozen=True)
class AssetRow:
    """One asset of a zone, and how its controls stand."""

    asset: AssetPicture
    counts: Counts
    fails: int
    unknown: int


@dataclass(frozen=True)
class ZoneRow:
    """`assets` are worst first; `silent` names those that gave no answer in their last visit."""

    zone: ZonePicture
    assets: tuple[AssetRow, ...]
    counts: Counts
    silent: tuple[str, ...]
    unvisited: int


@dataclass(frozen=True)
class HandCheck:
    """One thing to do by hand, and what the appliance says of it."""

    key: str
    title: str
    state: State
    shape: str
    said: str
    do: str


@dataclass(frozen=True)
class Sheet:
    """What to look at when standing in front of one asset."""

    asset: AssetPicture
    checks: tuple[HandCheck, ...]
    others: int


def zones(picture: Picture) -> list[ZoneRow]:
    """In the order of the configuration."""
    by_asset, by_zone = _counts(picture)
    members: dict[str, list[AssetRow]] = {}
    for asset in picture.assets:
        counts = by_asset.get(asset.id, Counter())
        row = AssetRow(asset, shown(counts), counts[State.FAIL], counts[State.UNKNOWN])
        members.setdefault(asset.zone, []).append(row)
    found = []
    for zone in picture.zones:
        rows = sorted(
            members.get(zone.id, ()), key=lambda r: (-r.fails, r.asset.up is not False, -r.unknown)
        )
        found.append(
            ZoneRow(
                zone,
                tuple(rows),
                shown(by_zone.get(zone.id, Counter())),
                tuple(r.asset.id for r in rows if r.asset.up is False),
                sum(r.asset.up is None for r in rows),
            )
        )
    return found


def within(picture: Picture, zone: ZonePicture) -> Iterable[tuple[StateKey, Standing]]:
    """The states of a zone, of its assets and of the conduits that touch it."""
    return [item for item in picture.standings if zone.id in _zones_of(item[0], (zone,))]


def sheets(
    picture: Picture, zone: ZonePicture, by_hand: Callable[[StateKey, Check], str]
) -> list[Sheet]:
    """For each asset what fails and what nobody knows, to be looked at by a person."""
    mine: dict[str, list[tuple[StateKey, Standing]]] = {}
    for key, standing in picture.standings:
        mine.setdefault(key.subject.asset, []).append((key, standing))
    return [
        Sheet(
            asset,
            hand_checks(picture, mine.get(asset.id, ()), by_hand),
            sum(s.state not in WRITTEN_OUT for _, s in mine.get(asset.id, ())),
        )
        for asset in picture.assets
        if asset.zone == zone.id
    ]


def hand_checks(
    picture: Picture,
    standings: Iterable[tuple[StateKey, Standing]],
    by_hand: Callable[[StateKey, Check], str],
) -> tuple[HandCheck, ...]:
    """What fails first, then what nobody knows; nothing else."""
    found = [
        HandCheck(
            str(key),
            check.title,
            standing.state,
            SHAPES[standing.state],
            harmless(standing.last_said or standing.said, LONGEST_SENTENCE),
            by_hand(key, check),
        )
        for key, standing in standings
        if standing.state in WRITTEN_OUT and (check := picture.checks.get(key.check))
    ]
    return tuple(sorted(found, key=lambda c: (WRITTEN_OUT.index(c.state), c.key)))


def _counts(picture: Picture) -> tuple[dict[str, Counter[State]], dict[str, Counter[State]]]:
    """The states by asset and by zone, in one pass."""
    by_asset: dict[str, Counter[State]] = defaultdict(Counter)
    by_zone: dict[str, Counter[State]] = defaultdict(Counter)
    for key, standing in picture.standings:
        if key.subject.asset:
            by_asset[key.subject.asset][standing.state] += 1
        for zone in _zones_of(key, picture.zones):
            by_zone[zone][standing.state] += 1
    return by_asset, by_zone


def _zones_of(key: StateKey, zones: tuple[ZonePicture, ...]) -> tuple[str, ...]:
    """A conduit that names no zone speaks for both it joins."""
    subject = key.subject
    if subject.kind == "conduit" and not subject.zone:
        return tuple(zone.id for zone in zones if subject.conduit in zone.conduits)
    return (subject.zone,) if subject.zone else ()
