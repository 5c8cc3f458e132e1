"""The matrix as it stands, made beside the loop: at a thousand assets it takes half a second."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from appliance.judge.matrix import MatrixCell, matrix
from appliance.rounds.round import Rounds
from checks import BY_ID

Cells = tuple[MatrixCell, ...]


@dataclass
class Matrices:
    """Makes the configured one anew only when something was written down since."""

    rounds: Rounds
    _kept: tuple[tuple[int, str], Cells] | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def cells(self, sl_t: int | None = None) -> Cells:
        """With `sl_t` as if every zone aimed at that level.  The states are those of this moment."""
        if sl_t is not None:
            return await self._made(sl_t)
        async with self._one:
            key = (self.rounds.store.size, self.rounds.loaded.digest)
            if self._kept is None or self._kept[0] != key:
                self._kept = key, await self._made(None)
            return self._kept[1]

    async def _made(self, sl_t: int | None) -> Cells:
        # Copied here, since the states change between this loop's turns.
        site, standings = self.rounds.site, tuple(self.rounds.standings.items())
        return await asyncio.to_thread(matrix, site, standings, BY_ID, sl_t=sl_t)
