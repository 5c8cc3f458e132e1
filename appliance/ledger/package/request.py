"""What somebody asks a package to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from appliance.ledger.package.before import Before
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.masking import Hidden
from appliance.site.mapping import References


@dataclass(frozen=True)
class Request:
    """
    What to export.  `outside` are checkpoints others hold, so that the package can be compared
    with them; `before` is the package this one continues; `references` are the owner's; an empty `seed` takes the log's root.
    """

    start: datetime | None = None
    end: datetime | None = None
    choice: Choice = Choice()
    sample: int = 10
    seed: str = ""
    before: Before | None = None
    outside: tuple[str, ...] = ()
    mask: tuple[Hidden, ...] = ()
    references: References = field(default_factory=References)
