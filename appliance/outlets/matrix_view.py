"""The matrix as the page shows it: cells by zone and FR, and what stands behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from appliance.judge.matrix import Cell, Evidence, MatrixCell, Ratio, ratios
from appliance.outlets.picture import Picture
from appliance.outlets.views import SHAPES as STATE_SHAPES
from appliance.outlets.views import WORST_FIRST
from checks.check import Strength
from checks.requirements import REQUIREMENTS, Requirement

# Colour is never alone: each cell has a shape and its words.
SHAPES = {
    Cell.SUPPORTED: "●",
    Cell.PARTLY_SUPPORTED: "◐",
    Cell.CONTRADICTED: "✖",
    Cell.COMPENSATED: "◆",
    Cell.ACCEPTED: "◇",
    Cell.ATTESTED: "✎",
    Cell.NOT_ASSESSED: "○",
    Cell.NOT_SELECTED: "·",
}
STYLES = {
    Cell.SUPPORTED: "pass",
    Cell.CONTRADICTED: "fail",
    Cell.PARTLY_SUPPORTED: "partly",
    Cell.COMPENSATED: "compensated",
    Cell.ACCEPTED: "accepted",
    Cell.ATTESTED: "attested",
    Cell.NOT_ASSESSED: "none",
    Cell.NOT_SELECTED: "not-applicable",
}
FOUNDATIONAL = {
    1: "Identification and authentication",
    2: "Use control",
    3: "System integrity",
    4: "Data confidentiality",
    5: "Restricted data flow",
    6: "Timely response to events",
    7: "Resource availability",
}


@dataclass(frozen=True)
class EvidenceRow:
    """One state behind a cell; a hint raises nothing."""

    key: str
    check: str
    title: str
    state: str
    shape: str
    reason: str
    strength: str


@dataclass(frozen=True)
class CellRow:
    """One cell; `behind` counts the states of what speaks to it, `holes` names what does not."""

    requirement: str
    slug: str
    title: str
    cell: str
    shape: str
    style: str
    shown: str
    behind: str
    attested_by: str
    holes: tuple[str, ...]


@dataclass(frozen=True)
class FrRow:
    """One FR of one zone: its selected cells, and what they add up to."""

    number: int
    name: str
    ratio: Ratio
    cells: tuple[CellRow, ...]


@dataclass(frozen=True)
class ZoneMatrix:
    zone: str
    name: str
    sl_t: str
    frs: tuple[FrRow, ...]
    selected: int
    unselected: int


def zone_matrices(picture: Picture, cells: Iterable[MatrixCell]) -> tuple[ZoneMatrix, ...]:
    """Every zone in the order of the configuration, by these cells."""
    zones = {zone.id: zone for zone in picture.zones}
    telling = _telling(picture)
    found = []
    for zone, group in groupby(cells, lambda cell: cell.zone):
        own = tuple(group)
        chosen = [cell for cell in own if cell.cell is not Cell.NOT_SELECTED]
        known = zones.get(zone)
        found.append(
            ZoneMatrix(
                zone,
                known.name if known else "",
                levels(known.sl_t) if known else "",
                _frs(chosen, telling),
                len(chosen),
                len(own) - len(chosen),
            )
        )
    return tuple(found)


def cell_row(picture: Picture, cell: MatrixCell) -> CellRow:
    return _row(cell, _telling(picture))


def evidence(picture: Picture, cell: MatrixCell) -> tuple[EvidenceRow, ...]:
    """What speaks to a cell: hints last, else the worst first, then what weighs most."""
    order = list(Strength)
    rows = sorted(
        cell.evidence,
        key=lambda e: (
            e.strength is Strength.HINT,
            WORST_FIRST.index(e.state),
            order.index(e.strength),
            str(e.key),
        ),
    )
    return tuple(_evidence(picture, row) for row in rows)


def requirement_of(slug: str) -> Requirement | None:
    """The requirement an address such as `sr-1.1-re-2` means."""
    return _SLUGS.get(slug)


def slug(requirement: str) -> str:
    return requirement.lower().replace(" ", "-")


def levels(sl_t: tuple[int, ...]) -> str:
    """One number when they are all the same, else FR by FR."""
    if len(set(sl_t)) <= 1:
        return str(sl_t[0]) if sl_t else ""
    return ", ".join(f"FR{n} {level}" for n, level in enumerate(sl_t, 1))


_SLUGS = {slug(r.id): r for r in REQUIREMENTS.values()}


def _frs(cells: list[MatrixCell], telling: frozenset[str]) -> tuple[FrRow, ...]:
    return tuple(
        FrRow(
            ratio.foundational,
            FOUNDATIONAL[ratio.foundational],
            ratio,
            tuple(
                _row(c, telling) for c in cells if c.requirement.foundational == ratio.foundational
            ),
        )
        for ratio in ratios(cells)
    )


def _evidence(picture: Picture, row: Evidence) -> EvidenceRow:
    check = picture.checks.get(row.key.check)
    return EvidenceRow(
        str(row.key),
        row.key.check,
        check.title if check else row.key.check,
        row.state.value,
        STATE_SHAPES[row.state],
        row.reason,
        row.strength.value,
    )


def _row(cell: MatrixCell, telling: frozenset[str]) -> CellRow:
    return CellRow(
        requirement=cell.requirement.id,
        slug=slug(cell.requirement.id),
        title=cell.requirement.title,
        cell=cell.cell.value,
        shape=SHAPES[cell.cell],
        style=STYLES[cell.cell],
        shown=f"{cell.shown} of {cell.assets}",
        behind=_behind(cell, telling),
        attested_by=cell.attested_by,
        holes=cell.holes,
    )


def _behind(cell: MatrixCell, telling: frozenset[str]) -> str:
    if cell.requirement.id not in telling:
        return "no wire can show it: a statement, signed and in date, is needed"
    states = Counter(row.state.value for row in cell.evidence)
    return ", ".join(f"{n} {state}" for state, n in sorted(states.items())) or "not looked at yet"


def _telling(picture: Picture) -> frozenset[str]:
    """The requirements some check shows more of than a hint."""
    pairs: Iterable[tuple[str, Strength]] = (
        pair for check in picture.checks.values() for pair in check.requirements.items()
    )
    return frozenset(name for name, strength in pairs if strength is not Strength.HINT)
