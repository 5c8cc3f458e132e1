"""
What a zone can show for each requirement its SL-T selects: one cell a zone and requirement.

A cell says what was seen, never that a level was reached; nothing is averaged over zones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from appliance.site.model import Asset, Site, Zone
from checks.check import About, Check, Strength
from checks.facts.standing import Standing, State, StateKey
from checks.requirements import REQUIREMENTS, Requirement

_NOT_AGAINST = frozenset({State.PASS, State.NOT_APPLICABLE})


class Cell(StrEnum):
    SUPPORTED = "supported"
    """Every asset in scope shows it at work on each of its interfaces."""
    PARTLY_SUPPORTED = "partly supported"
    CONTRADICTED = "contradicted"
    COMPENSATED = "compensated"
    ACCEPTED = "accepted"
    ATTESTED = "attested"
    """Nothing was seen; somebody signed for it, and the statement is in date."""
    NOT_ASSESSED = "not assessed"
    NOT_SELECTED = "not selected"


@dataclass(frozen=True)
class Evidence:
    """One state behind a cell."""

    key: StateKey
    state: State
    reason: str
    strength: Strength


@dataclass(frozen=True)
class MatrixCell:
    """
    One zone, one requirement.

    `assets` is how many the zone has, `shown` on how many of them something mapped here passes
    and nothing mapped here stands against it; `direct`: at least one mapped check other than a
    hint has a standing state in age.  `evidence` is sorted by key, hints included.  `holes` names
    the assets and services that do not show the requirement themselves: while there is one, the
    cell is not supported.
    """

    zone: str
    requirement: Requirement
    cell: Cell
    assets: int
    shown: int
    direct: bool
    evidence: tuple[Evidence, ...]
    attested_by: str = ""
    holes: tuple[str, ...] = ()


def matrix(
    site: Site,
    standings: Iterable[tuple[StateKey, Standing]],
    checks: Mapping[str, Check],
    *,
    attested: Mapping[tuple[str, str], str] | None = None,
    sl_t: int | None = None,
) -> tuple[MatrixCell, ...]:
    """
    Every zone by all 100 requirements, in the order of the configuration and of the standard.

    `attested` gives, by (zone, requirement), the id of an attestation in date.  `sl_t` asks what
    another level for every FR would select; nothing else changes by it.
    """
    behind = _behind(site, standings, checks)
    members: dict[str, list[Asset]] = {}
    for asset in site.assets:
        members.setdefault(asset.zone, []).append(asset)
    return tuple(
        _cell(zone, tuple(members.get(zone.id, ())), requirement, behind, attested or {}, sl_t)
        for zone in site.zones
        for requirement in REQUIREMENTS.values()
    )


def selected(zone: Zone, requirement: Requirement, sl_t: int | None = None) -> bool:
    """Whether the zone's target level asks for the requirement."""
    level = zone.sl_t.of(requirement.foundational) if sl_t is None else sl_t
    return requirement.first_level <= level


Behind = Mapping[tuple[str, str], list[Evidence]]


def _behind(
    site: Site, standings: Iterable[tuple[StateKey, Standing]], checks: Mapping[str, Check]
) -> Behind:
    """The evidence of each (zone, requirement)."""
    found: dict[tuple[str, str], list[Evidence]] = {}
    homes = {asset.id: asset.zone for asset in site.assets}
    for key, standing in sorted(standings, key=lambda item: _order(item[0])):
        check = checks.get(key.check)
        if check is None:
            continue
        for requirement, strength in check.requirements.items():
            for zone in _zones(site, homes, key):
                row = Evidence(key, standing.state, standing.reason.value, strength)
                found.setdefault((zone, requirement), []).append(row)
    return found


def _order(key: StateKey) -> tuple[str, ...]:
    """As keys are ordered; a tuple compares ten times as fast, and a site has tens of thousands."""
    s = key.subject
    return (s.kind, s.zone, s.asset, s.service, s.conduit, key.check)


def _zones(site: Site, homes: Mapping[str, str], key: StateKey) -> tuple[str, ...]:
    """
    A conduit speaks for the zone it protects, the site for every zone.

    What once stood of an asset that is gone, or is in another zone now, speaks for none.
    """
    subject = key.subject
    if subject.kind == About.SITE:
        return tuple(z.id for z in site.zones)
    if subject.asset and homes.get(subject.asset) != subject.zone:
        return ()
    return (subject.zone,)


def _cell(
    zone: Zone,
    assets: tuple[Asset, ...],
    requirement: Requirement,
    behind: Behind,
    attested: Mapping[tuple[str, str], str],
    sl_t: int | None,
) -> MatrixCell:
    evidence = tuple(behind.get((zone.id, requirement.id), ()))
    weighty = tuple(e for e in evidence if e.strength is not Strength.HINT)
    by = attested.get((zone.id, requirement.id), "")
    holes = _holes(assets, weighty)
    chosen = selected(zone, requirement, sl_t)
    return MatrixCell(
        zone=zone.id,
        requirement=requirement,
        cell=_judged(weighty, whole=bool(assets) and not holes, attested=bool(by))
        if chosen
        else Cell.NOT_SELECTED,
        assets=len(assets),
        shown=_shown(assets, weighty),
        direct=any(e.state not in (State.UNKNOWN, State.NOT_APPLICABLE) for e in weighty),
        evidence=evidence,
        attested_by=by,
        holes=holes,
    )


def _judged(evidence: tuple[Evidence, ...], *, whole: bool, attested: bool) -> Cell:
    """The worst of what was seen decides; a gap never does."""
    states = {e.state for e in evidence}
    for state, cell in (
        (State.FAIL, Cell.CONTRADICTED),
        (State.ACCEPTED, Cell.ACCEPTED),
        (State.COMPENSATED, Cell.COMPENSATED),
    ):
        if state in states:
            return cell
    if State.PASS not in states:
        return Cell.ATTESTED if attested else Cell.NOT_ASSESSED
    return Cell.SUPPORTED if whole else Cell.PARTLY_SUPPORTED


def _holes(assets: tuple[Asset, ...], evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """
    What of the zone does not show the requirement itself at work, by name and in order.

    A check about the whole zone, or a whole asset, shows it for all there is in it; otherwise each
    declared service has to, since nobody looked at the others.  An unknown state is a hole of its
    own, however many others pass.
    """
    full = {
        e.key.subject
        for e in evidence
        if e.strength is Strength.ON_INTERFACE and e.state is State.PASS
    }
    unknown = dict.fromkeys(str(e.key.subject) for e in evidence if e.state is State.UNKNOWN)
    if any(subject.kind == About.ZONE for subject in full):
        return tuple(unknown)
    without = _not_arising(evidence)
    services: dict[str, set[str]] = {}
    whole = set()
    for subject in full:
        services.setdefault(subject.asset, set()).add(subject.service)
        if subject.kind == About.ASSET:
            whole.add(subject.asset)
    holes = [
        hole
        for asset in assets
        if asset.id not in whole
        for hole in _holes_of(asset, services.get(asset.id, set()), without)
    ]
    return tuple(dict.fromkeys((*holes, *unknown)))


def _holes_of(asset: Asset, shown: set[str], without: frozenset[tuple[str, str]]) -> list[str]:
    if not shown:
        return [asset.id]
    return [
        f"{asset.id}.{service.id}"
        for service in asset.services
        if service.id not in shown and (asset.id, service.id) not in without
    ]


def _not_arising(evidence: tuple[Evidence, ...]) -> frozenset[tuple[str, str]]:
    """The services of which every mapped check says that its question does not arise."""
    states: dict[tuple[str, str], set[State]] = {}
    for e in evidence:
        if e.key.subject.service:
            place = (e.key.subject.asset, e.key.subject.service)
            states.setdefault(place, set()).add(e.state)
    return frozenset(place for place, found in states.items() if found == {State.NOT_APPLICABLE})


def _shown(assets: tuple[Asset, ...], evidence: tuple[Evidence, ...]) -> int:
    """On how many something mapped here passes, or on their zone, and nothing is against it."""
    own: dict[str, set[State]] = {}
    zone: set[State] = set()
    for e in evidence:
        own.setdefault(e.key.subject.asset, set()).add(e.state)
        if e.key.subject.kind == About.ZONE:
            zone.add(e.state)
    found = (own.get(asset.id, set()) for asset in assets)
    return sum(State.PASS in mine | zone and mine <= _NOT_AGAINST for mine in found)


@dataclass(frozen=True)
class Ratio:
    """One zone and FR: cells selected, of them supported, and of them with direct evidence."""

    zone: str
    foundational: int
    selected: int
    supported: int
    direct: int


def ratios(cells: Iterable[MatrixCell]) -> tuple[Ratio, ...]:
    """
    Support and coverage per zone and FR, where anything is selected at all.

    Exceptions and attestations are in no numerator.
    """
    counts: dict[tuple[str, int], list[int]] = {}
    for cell in cells:
        if cell.cell is Cell.NOT_SELECTED:
            continue
        count = counts.setdefault((cell.zone, cell.requirement.foundational), [0, 0, 0])
        count[0] += 1
        count[1] += cell.cell is Cell.SUPPORTED
        count[2] += cell.direct
    return tuple(Ratio(zone, fr, *count) for (zone, fr), count in counts.items())
