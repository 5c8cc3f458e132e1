"""`upheld evidence adopt`: a person says that this copy of the ledger is the one to go on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.anchoring.copies import Copies
from appliance.cli.alone import alone
from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory
from appliance.outlets.text import harmless
from appliance.running import beginning, commands
from appliance.site.loading import load
from appliance.visit.guard.peers import may, myself, operators_group


def adopt(
    config: Directory,
    why: Annotated[str, typer.Option(help="Say why; it is written down with your name.")],
) -> None:
    """
    Go on with a ledger that was found to be an old or a foreign copy, once the other is gone.

    Until then nothing is sent to any device. What both sides had signed stays in the ledger.
    """
    answer = run(_answer(config, why))
    if "error" in answer:
        fail(harmless(str(answer["error"]), 2000))
    for line in answer["said"]:
        typer.echo(harmless(str(line), 2000))


async def _answer(config: Path, why: str) -> dict[str, Any]:
    loaded = guarded(lambda: load(config))
    state_dir = Path(loaded.site.appliance.state_dir)
    command = {"command": "adopt", "why": why}
    if (answer := await commands.send(state_dir, command)) is not None:
        return answer
    own = state_dir.stat().st_uid
    if refused := may("adopt", myself(), own=own, operators=operators_group()):
        return {"error": refused}
    async with alone(config, loaded) as rounds:
        copies = Copies(rounds, beginning.machine())
        await copies.restore()
        try:
            return {"said": [await copies.adopt(myself().who, why)]}
        except ValueError as error:
            return {"error": str(error)}
