"""What an outlet needs of the ledger's store: the messages that wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from appliance.ledger.entry import Waiting


class Outbox(Protocol):
    async def waiting(self, outlet: str, limit: int = 100) -> list[Waiting]:
        """The outlet's messages, oldest first."""

    async def delivered(self, ids: Iterable[int]) -> None:
        """Forget messages that somebody has acknowledged."""

    async def backlog(self) -> Mapping[str, int]:
        """How many messages wait, by outlet."""
