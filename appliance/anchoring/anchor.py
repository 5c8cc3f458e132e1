"""What an anchor is asked for, and how it says that it could not."""

from __future__ import annotations

from typing import Protocol

from appliance.anchoring.http import Failed
from appliance.ledger.anchors.outside import Outside
from appliance.ledger.anchors.receipt import Receipt


class Contradicted(Exception):
    """Somebody keeps a checkpoint of ours that this ledger does not continue; the text says how."""

    def __init__(self, outside: Outside, why: str) -> None:
        super().__init__(why)
        self.outside = outside


class Forbidden(Failed):
    """It answers, and does not let us look."""


class Anchor(Protocol):
    """`every` is in seconds."""

    id: str
    kind: str
    every: float

    async def take(self) -> Receipt:
        """Get the head out, or see that it is.  Raises `Failed` and `Contradicted`."""

    async def known(self) -> str | None:
        """The newest note of ours it keeps, unverified; None where there is none.  Raises `Failed`."""


__all__ = ["Anchor", "Contradicted", "Failed", "Forbidden"]
