"""The matrix as the page shows it: selected cells by zone, with what stands behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from appliance.judge.matrix import Cell, MatrixCell, Ratio, ratios
from appliance.outlets.picture import Picture
from checks.check import Strength

# Colour is never alone: each cell has a shape and its words.
SHAPES = {
    Cell.SUPPORTED: "●",
    Cell.PARTLY_SUPPORTED: "◐",
    Cell.CONTRADICTED: "✖",
    Cell.COMPENSATED: "◆",
    Cell.ACCEPTED: "◇",
    Cell.ATTESTED: "✎",
    Cell.NOT_ASSESSED: "○",
}
STYLES = {
    Cell.SUPPORTED: "pass",
    Cell.CONTRADICTED: "fail",
    Cell.PARTLY_SUPPORTED: "compensated",
    Cell.COMPENSATED: "compensated",
    Cell.ACCEPTED: "accepted",
    Cell.ATTESTED: "unknown",
    Cell.NOT_ASSESSED: "none",
}


@dataclass(frozen=True)
class CellRow:
    """One selected cell; `behind` counts the states of what speaks to it."""

    requirement: str
    title: str
    cell: str
    shape: str
    style: str
    shown: str
    behind: str


@dataclass(frozen=True)
class ZoneMatrix:
    zone: str
    name: str
    rows: tuple[CellRow, ...]
    unselected: int
    ratios: tuple[Ratio, ...]


def zone_matrices(picture: Picture) -> tuple[ZoneMatrix, ...]:
    """Every zone in the order of the configuration."""
    names = {zone.id: zone.name for zone in picture.zones}
    counted = ratios(picture.cells)
    telling = _telling(picture)
    found = []
    for zone, group in groupby(picture.cells, lambda cell: cell.zone):
        cells = tuple(group)
        chosen = [cell for cell in cells if cell.cell is not Cell.NOT_SELECTED]
        found.append(
            ZoneMatrix(
                zone,
                names.get(zone, ""),
                tuple(_row(cell, telling) for cell in chosen),
                len(cells) - len(chosen),
                tuple(ratio for ratio in counted if ratio.zone == zone),
            )
        )
    return tuple(found)


def _row(cell: MatrixCell, telling: frozenset[str]) -> CellRow:
    return CellRow(
        requirement=cell.requirement.id,
        title=cell.requirement.title,
        cell=cell.cell.value,
        shape=SHAPES[cell.cell],
        style=STYLES[cell.cell],
        shown=f"{cell.shown} of {cell.assets}",
        behind=_behind(cell, telling),
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
