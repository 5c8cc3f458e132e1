"""What the pages read beside the picture, handed over by the daemon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.judge.matrix import MatrixCell
from appliance.outlets.picture import Picture
from checks.check import Check
from checks.facts.standing import StateKey


@dataclass(frozen=True)
class Sources:
    """
    `ledger` is the ledger's file, read only, and `vkey` gives the key that verifies its heads.

    `status` is what machines get, `matrix` the matrix as configured or as another SL-T
    would select it (None: the picture has one, and no other can be asked for), `by_hand` a check's
    instruction with the subject's address in it.
    """

    ledger: Path | None = None
    vkey: Callable[[], str] = lambda: ""
    status: Callable[[Picture], dict[str, Any]] = lambda _: {}
    matrix: Callable[[int | None], Awaitable[tuple[MatrixCell, ...]]] | None = None
    by_hand: Callable[[StateKey, Check], str] = lambda _, check: check.by_hand

    async def whole(self, picture: Picture) -> Picture:
        """The picture with its matrix."""
        return picture if self.matrix is None else replace(picture, cells=await self.matrix(None))
