"""All that the sections of a package are written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.judge.matrix import MatrixCell
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.history import History
from appliance.ledger.package.logs import Logs
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.sampling import Sample
from appliance.ledger.package.span import Span
from appliance.ledger.package.walk import Entry, Walked
from appliance.site.mapping import References
from appliance.site.model import Site
from checks import BY_ID
from checks.check import Check
from checks.facts.standing import StateKey


@dataclass(frozen=True)
class Material:
    """
    `in_force` is the digest of the configuration the period ended with, `at_hand` that of the one
    read now, by which the site is described here.  `facts` is what package.json holds, `read`
    gives entries as they may be shown.
    """

    site: Site
    at_hand: str
    in_force: str
    span: Span
    choice: Choice
    walked: Walked
    cells: Sequence[MatrixCell]
    sample: Sample
    logs: Logs
    references: References
    facts: Mapping[str, Any]
    read: Callable[[Runs], Iterator[Entry]]

    def entries(self, kind: str) -> Iterator[Entry]:
        """The period's entries of a type, read from the ledger as they are asked for."""
        return self.read(self.walked.told.get(kind, Runs()))

    def check(self, key: StateKey) -> Check | None:
        return BY_ID.get(key.check)

    @property
    def histories(self) -> list[tuple[StateKey, History]]:
        return sorted(self.walked.histories.items(), key=lambda item: item[0])
