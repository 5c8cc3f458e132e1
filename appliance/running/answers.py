"""What commands are answered, by the running daemon or by the command's own process."""

from __future__ import annotations

import asyncio
from typing import Any

from appliance.rounds.acting import acted
from appliance.rounds.matrices import Matrices
from appliance.rounds.round import Rounds
from appliance.running.reporting import cells_shown, report
from appliance.visit.guard.peers import Peer, myself
from checks import ALL


async def run_checks(
    rounds: Rounds, command: dict[str, Any], peer: Peer | None = None
) -> dict[str, Any]:
    """
    Visit what the command names, now; the answer is the report of `upheld check`.

    `peer` asked for it, None: whoever runs this process.  Visits beyond what is due are written
    down with his name.
    """
    started = rounds.clock.now()
    assets = [
        a
        for a in rounds.visitable()
        if command.get("asset") in (None, a.id) and command.get("zone") in (None, a.zone)
    ]
    anyway = bool(command.get("due_anyway"))
    if anyway:
        named = {name: command.get(name) for name in ("asset", "zone", "check", "why")}
        await acted(rounds, "check --due-anyway", peer or myself(), named)
    visits = await asyncio.gather(*(rounds.visit(a.id, due_anyway=anyway) for a in assets))
    return report(
        rounds.site,
        [v for v in visits if v is not None],
        started=started,
        finished=rounds.clock.now(),
        check=command.get("check") or "",
    )


async def matrix_of(matrices: Matrices, command: dict[str, Any]) -> dict[str, Any]:
    """The answer to `upheld matrix`."""
    return cells_shown(await matrices.cells(command.get("sl_t")), ALL)
