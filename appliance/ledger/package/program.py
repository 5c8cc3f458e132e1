"""Sections 03 to 05: what the appliance can add to risk, programme and provider records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from appliance.judge.matrix import Cell
from appliance.ledger.package.history import History
from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import Table, share, table
from checks.facts.standing import StateKey


def risk(m: Material) -> list[Table]:
    return [
        table(
            "03_risk/references",
            "Zones with the requirements specification they name",
            ("zone", "CRS", "criticality", "safety", "environment", "production", "responsible"),
            (
                (z.id, z.crs, z.criticality, z.consequence.safety, z.consequence.environment,
                 z.consequence.production, z.responsible)
                for z in m.site.zones
            ),
            "As configured; risk assessment and CRS themselves are the owner's to supply.",
        ),
        table(
            "03_risk/open_acceptances",
            "Requirements whose deviation stands accepted at the period's end",
            ("zone", "requirement", "title", "keys"),
            (
                (c.zone, c.requirement.id, c.requirement.title, [str(e.key) for e in c.evidence])
                for c in m.cells
                if c.cell is Cell.ACCEPTED
            ),
        ),
    ]  # fmt: skip


def program(m: Material) -> list[Table]:
    return [
        table(
            "04_program_2-1/elements",
            "What the checks saw of each program element",
            ("element (id unconfirmed)", "checks", "keys", "failures", "least held %", "open"),
            _elements(m),
            "Metrics only: a procedure is shown by its document, its approval and its records. Ids "
            "of 62443-2-1 elements are unconfirmed.",
        )
    ]


def _elements(m: Material) -> Iterator[tuple[object, ...]]:
    behind: dict[str, list[tuple[StateKey, History]]] = defaultdict(list)
    for key, history in m.histories:
        check = m.check(key)
        for element in check.program if check else ():
            behind[element].append((key, history))
    for element, rows in sorted(behind.items()):
        judged = [h for _, h in rows if h.judged]
        worst = min(judged, key=lambda h: h.held / h.judged, default=None)
        yield (
            element,
            sorted({k.check for k, _ in rows}),
            len(rows),
            sum(len(h.failures) for _, h in rows),
            share(worst.held, worst.judged) if worst else "",
            sum(f.end is None for _, h in rows for f in h.failures),
        )


def providers(m: Material) -> list[Table]:
    return [
        table(
            "05_providers_2-4/external_ways_in",
            "External ways in, with their providers",
            ("path", "kind", "provider", "ends in zone"),
            ((e.id, e.kind, e.provider, e.ends_at) for e in m.site.external_paths),
            "Assessments, contracts and on- and off-boarding are the owner's to supply.",
        )
    ]
