"""The state of one control on one subject, and the key everybody calls it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.facts.verdict import Reason


class State(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    COMPENSATED = "compensated"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, order=True)
class Subject:
    """
    What a verdict is about; ids that do not apply are empty.

    A service subject has asset and service, an asset subject only the asset; the site has none.
    `zone` is the asset's own zone, or the zone a zone subject is.
    """

    kind: str
    zone: str = ""
    asset: str = ""
    service: str = ""
    conduit: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "service":
                return f"{self.asset}.{self.service}"
            case "asset":
                return self.asset
            case "conduit":
                return self.conduit
            case "zone":
                return self.zone
            case _:
                return "site"


@dataclass(frozen=True, order=True)
class StateKey:
    """Subject and check; its text is the identity of the alert everywhere."""

    subject: Subject
    check: str

    def __str__(self) -> str:
        return f"{self.subject}.{self.check}"


@dataclass(frozen=True)
class Standing:
    """
    What stands for one key.

    `since`: when the state began; `evaluated`: when the last verdict of any kind was given;
    `supported`: when a verdict last spoke for this state (age counts from here);
    `stale_after_seconds`: three intervals of its slowest question.
    `awaiting` holds the outcome and reason of a silence heard once, `awaiting_visit` its visit.
    `said` and `where` are the last standing verdict's; `last_said` what the newest verdict said,
    also an inconclusive one.
    """

    state: State
    reason: Reason
    said: str
    where: tuple[str, ...]
    since: datetime
    evaluated: datetime
    supported: datetime
    stale_after_seconds: int
    rests_on: str = ""
    awaiting: str = ""
    awaiting_visit: str = ""
    last_outcome: str = ""
    last_reason: str = ""
    last_said: str = ""
