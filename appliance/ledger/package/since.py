"""What changed since the package this one continues: for the years between two assessments."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.ledger.package.before import Before
from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import Table, table


def since(m: Material, before: Before | None) -> list[Table]:
    if before is None:
        return []
    return [
        table(
            "12_since/cells",
            f"Cells that are not as they were at the end of {before.name}",
            ("zone", "requirement", "title", "then", "now"),
            _changed(m, before),
            "A zone that is new has nothing under 'then'.",
        )
    ]


def _changed(m: Material, before: Before) -> Iterator[tuple[object, ...]]:
    for cell in m.cells:
        then = before.cells.get((cell.zone, cell.requirement.id), "")
        if then != cell.cell.value:
            yield cell.zone, cell.requirement.id, cell.requirement.title, then, cell.cell.value
