"""What keeps the evidence whole: whose copy it is, where its head goes, what is written of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.anchoring.copies import Copies
from appliance.anchoring.duty import Anchoring
from appliance.ledger import incarnation
from appliance.publishing import Publishing
from appliance.rounds.round import Rounds
from appliance.running import beginning
from appliance.running.chronicle import Chronicle


class Keeping:
    """The evidence of one running appliance."""

    def __init__(self, rounds: Rounds, publishing: Publishing, state_dir: Path) -> None:
        self._rounds = rounds
        self._state_dir = state_dir
        self.copies = Copies(rounds, beginning.machine(), used=incarnation.known(state_dir))
        self.anchoring = Anchoring(rounds, publishing, self.copies)
        self.chronicle = Chronicle(rounds, state_dir)

    async def begin(self) -> None:
        """
        Write down the start and look around, before anything is told or sent.

        The retained checkpoint is read before our own takes its place.  Raises `SiteError` for an
        anchor's key or CA of no use, and `LedgerError`.
        """
        self.anchoring.follow()
        await self.anchoring.restore()
        await self.copies.restore()
        await beginning.begun(self._rounds)
        await beginning.looked_around(
            self._rounds, self.copies, self.anchoring.anchors, self._state_dir
        )

    async def adopt(self, command: Mapping[str, Any], who: str) -> dict[str, Any]:
        """The answer to `upheld evidence adopt`."""
        try:
            return {"said": [await self.copies.adopt(who, str(command.get("why") or ""))]}
        except ValueError as error:
            return {"error": str(error)}

    async def end(self) -> None:
        """Write down an orderly end."""
        await beginning.stopped(self._rounds, self._state_dir, "told to")
