"""What people ask about drills over the control socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.drill import entries
from appliance.drill.book import BookError, Drill
from appliance.drill.drilling import Drilling, Refused
from appliance.ledger.errors import LedgerError
from checks.facts.codec import plain


async def obey(drilling: Drilling, command: Mapping[str, Any], who: str) -> dict[str, Any]:
    """
    `do` is begin, show or confirm; the answer says `error` or `said`, and how the drill stands.

    Never its code: that has to come from the SOC's screen.
    """
    try:
        match command.get("do"):
            case "begin":
                return {"drill": shown(await drilling.begin(f"asked for by {who}"))}
            case "confirm":
                seen_by = str(command.get("by") or who)[:64]
                said = await drilling.confirm(str(command.get("code", ""))[:64], seen_by)
                return {"said": said}
            case "show":
                newest = drilling.book.newest
                return {"drill": shown(newest) if newest else None}
            case other:
                return {"error": f"a drill knows begin, show and confirm, not {other!r}"}
    except (Refused, BookError, LedgerError) as error:
        return {"error": str(error)}


def shown(drill: Drill) -> dict[str, Any]:
    """A drill as JSON, without its code."""
    found: dict[str, Any] = plain(
        {
            "id": drill.id,
            "begun": drill.begun,
            "ends": drill.ends,
            "why": drill.why,
            "entry": drill.entry,
            "steps": [entries.hop(h) for h in drill.hops],
            "confirmed": drill.confirmed,
            "confirmed_by": drill.confirmed_by,
            "ended": drill.ended,
        }
    )
    return found
