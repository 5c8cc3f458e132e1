"""What Stage 6 asks for, and where in the package it is; what only the owner has says 'supply'."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from appliance.ledger.package.tables import Table, table
from appliance.site.mapping import References

SUPPLY = "supply"
_COMPLETE = (
    "02_inventory/changes.csv",
    "06_technical/failures.csv",
    "06_technical/gaps.csv",
    "09_nonconformities/nonconformities.csv",
    "03_risk/open_acceptances.csv",
    "12_since/cells.csv",
)
"""Of these the ledger knows all there is, so an empty one is an answer and nothing to supply."""

_ITEMS = (
    ("S6-1", "Evaluation scope: site, zones, period", "01_scope/scope.csv"),
    ("S6-2", "Eligibility: zones, accountability, inventory, risk assessment", ""),
    ("S6-E1", "Asset inventory under change control", "02_inventory/assets.csv"),
    ("S6-E1", "Changes of the inventory in the period", "02_inventory/changes.csv"),
    ("S6-E2", "Risk assessment per 62443-3-2", ""),
    ("S6-E2", "Open acceptances of risk", "03_risk/open_acceptances.csv"),
    ("S6-E3", "Cybersecurity requirements specification", ""),
    ("S6-E3", "Specification each zone refers to", "03_risk/references.csv"),
    ("S6-E3", "Target levels of each zone, as configured", "01_scope/zones.csv"),
    ("S6-E4", "Security program documents per 62443-2-1", ""),
    ("S6-E4", "Metrics of program elements", "04_program_2-1/elements.csv"),
    ("S6-E5", "Provider assessments and contracts per 62443-2-4", ""),
    ("S6-E5", "External ways in, with their providers", "05_providers_2-4/external_ways_in.csv"),
    ("S6-E6", "Implementation and validation of 62443-3-3 controls", "06_technical/matrix.csv"),
    ("S6-E6", "Evidence behind each cell over the period", "06_technical/evidence.csv"),
    ("S6-E6", "Failures", "06_technical/failures.csv"),
    ("S6-E6", "Software bill of materials of the appliance", "sbom/upheld.cdx.json"),
    ("S6-E7", "Operation records: what the appliance did", "07_operations/guard.csv"),
    ("S6-E7", "Operation records: load on the devices", "07_operations/load.csv"),
    ("S6-E7", "Operation records: other entries of the ledger", "07_operations/other.csv"),
    ("S6-E7", "Operation records: patches, access reviews, exercises, backups", ""),
    ("S6-E7", "Compensating measures and accepted risks", "08_exceptions/exceptions.csv"),
    ("S6-3", "Gaps in what was observed, with reasons", "06_technical/gaps.csv"),
    ("S6-4", "Population and reproducible sample", "11_population_samples/sample.csv"),
    ("S6-4", "Sheets to check by hand", "11_population_samples/by_hand.csv"),
    ("S6-5", "Nonconformities", "09_nonconformities/nonconformities.csv"),
    ("S6-5", "Remediation plans", ""),
    ("S6-6", "Change since the package before", "12_since/cells.csv"),
    ("S6-7", "Certificate or report of the body", ""),
)


_RECORDS = {
    "Open acceptances of risk": ("acceptance",),
    "Compensating measures and accepted risks": ("measure", "acceptance"),
    "Operation records: patches, access reviews, exercises, backups": (
        "patch-decision",
        "access-review",
        "drill",
        "backup",
        "restore-test",
    ),
}
"""The owner's references are of record types; those of checks and requirements are in 06_technical."""


def stage6(
    tables: Mapping[str, Table], names: Container[str], before: str, references: References
) -> Table:
    """`names` are the files already in the package; `before` the package this one continues."""

    def rows() -> Iterator[tuple[str, str, str, str, str]]:
        for item, what, path in _ITEMS:
            refs = (references.of("record", r) for r in _RECORDS.get(what, ()))
            ref = "; ".join(filter(None, refs))
            one = tables.get(path.removesuffix(".csv"))
            note = f"this package continues {before}" if item == "S6-6" and before else ""
            if one is None and f"data/{path}" in names:
                yield item, what, path, note, ref
            elif one is not None and (one.count or path in _COMPLETE):
                yield item, what, path, note if one.count else note or "none in the period", ref
            else:
                yield item, what, SUPPLY, "", ref

    return table(
        "stage6",
        "What Stage 6 asks for, and where it is",
        ("item", "evidence", "file", "note", "acssa_ref"),
        rows(),
        "'supply': not in the ledger; the owner adds it, with version, approval date and digest.",
    )


def owed() -> Iterator[tuple[str, str]]:
    """What no ledger holds, so that the owner always supplies it."""
    yield from ((item, what) for item, what, path in _ITEMS if not path)
