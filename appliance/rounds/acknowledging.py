"""`upheld ack KEY`: a person has seen an alert and says why it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.ledger import bodies
from appliance.outlets.alerts import Acknowledged
from appliance.rounds.round import Rounds
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
    if await _acknowledged(rounds, key, who, why):
        said = f"{key} is acknowledged by {who}: {why}. It ends when the state changes."
        return {"said": [said]}
    if alarm := rounds.teller.alarms.get(key):
        return {"error": f"{key} is the guard's; {alarm.way.remedy}"}
    fires = {str(k) for k, row in rounds.teller.book.rows.items() if row.open}
    if not fires:
        return {"error": f"no alert {key} is open; nothing fires"}
    return {"error": f"no alert {key} is open; write {choices(key, fires)}"}


async def _acknowledged(rounds: Rounds, name: str, who: str, why: str) -> bool:
    """Whether such an alert was open."""
    async with rounds.writing:
        key = next((k for k in rounds.standings if str(k) == name), None)
        by = Acknowledged(who, why, rounds.clock.now())
        telling = key and rounds.teller.acknowledge(
            key, by, rounds.standings, entry=rounds.store.size, at=by.at
        )
        if not telling:
            return False
        fields = {"key": name, "act": "acknowledged", "who": who, "why": why}
        body = bodies.entry("user.action", by.at, fields)
        await rounds.store.commit([body], telling.messages, alerts=telling.rows)
        rounds.said(telling)
    return True
