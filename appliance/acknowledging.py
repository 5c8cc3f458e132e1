"""`upheld ack KEY`: a person has seen an alert and says why it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.round import Rounds
from appliance.site.problems import choices

NOBODY_RUNS = "no upheld runs here; an alert is acknowledged with the one that tells it"


def is_alert(command: Mapping[str, Any]) -> bool:
    """Whether an `ack` is about an alert, whose key has dots, and not about one of the guard's stops."""
    subject = str(command.get("subject", "")).strip()
    return command.get("command") == "ack" and "." in subject and ":" not in subject


async def acknowledge(rounds: Rounds, command: Mapping[str, Any], who: str) -> dict[str, Any]:
    """Write it down with who and why, and tell it; the answer for the one who gave it."""
    key, why = str(command["subject"]).strip(), str(command.get("why") or "").strip()
    person = str(command.get("sudo_user") or "").strip()
    if who == "root" and person:
        who = f"root for {person}"
    if not why:
        return {"error": 'say why with --why "..."; it is written down with your name'}
    said = await rounds.acknowledge(key, who, why)
    if said is not None:
        return {"said": [said]}
    fires = {str(k) for k, row in rounds.teller.book.rows.items() if row.open}
    if not fires:
        return {"error": f"no alert {key} is open; nothing fires"}
    return {"error": f"no alert {key} is open; write {choices(key, fires)}"}
