"""What a package is asked to be about: a part of the site's subjects and requirements, or all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.site.model import Site
from checks.check import Check
from checks.facts.standing import Subject
from checks.requirements import REQUIREMENTS


@dataclass(frozen=True)
class Choice:
    """Empty fields choose everything."""

    zone: str = ""
    asset: str = ""
    requirement: str = ""

    def __bool__(self) -> bool:
        return bool(self.zone or self.asset or self.requirement)

    def __str__(self) -> str:
        parts = [f"{name} {value}" for name, value in vars(self).items() if value]
        return ", ".join(parts) or "the whole site"

    def refuse_unknown(self, site: Site) -> None:
        """Raises `LedgerError` for what the site or the standard does not have."""
        for what, value, known in (
            ("zone", self.zone, [z.id for z in site.zones]),
            ("asset", self.asset, [a.id for a in site.assets]),
            ("requirement", self.requirement, list(REQUIREMENTS)),
        ):
            if value and value not in known:
                near = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
                raise LedgerError(f"--{what} {value}: there is none; write one of {near}.")

    def subject(self, subject: Subject) -> bool:
        if self.asset and subject.asset != self.asset:
            return False
        return not self.zone or subject.zone == self.zone

    def key(self, subject: Subject, check: Check | None) -> bool:
        if self.requirement and (check is None or self.requirement not in check.requirements):
            return False
        return self.subject(subject)

    def takes_asset(self, site: Site, asset: str) -> bool:
        if self.asset:
            return asset == self.asset
        zone = next((a.zone for a in site.assets if a.id == asset), "")
        return not self.zone or zone == self.zone

    def takes_entry(self, site: Site, fields: Mapping[str, Any], chosen: set[str]) -> bool:
        """Whether an entry belongs in the package; `chosen` are the texts of the chosen keys."""
        if not self:
            return True
        match fields.get("type"):
            case "observations" | "load":
                return self.takes_asset(site, str(fields.get("asset", "")))
            case "verdicts":
                return any(row["key"] in chosen for row in fields["rows"])
            case "aged" | "removed":
                return not chosen.isdisjoint(fields["keys"])
            case _:
                return True
