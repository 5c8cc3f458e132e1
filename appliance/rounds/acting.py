"""What somebody asked the appliance to do, written down before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.ledger import bodies
from appliance.rounds.round import Rounds
from appliance.visit.guard.peers import Peer


async def acted(rounds: Rounds, act: str, peer: Peer, what: Mapping[str, Any]) -> None:
    """
    One `user.action`: who by name and by user id, what with its choices, and why where he said so.

    Raises `LedgerError`; what cannot be written down is not done.
    """
    said = {name: value for name, value in what.items() if value not in (None, "", False)}
    why = said.pop("why", "")
    fields = {"act": act, "who": peer.who, "uid": peer.uid, "with": said, "why": why}
    await rounds.note([bodies.entry("user.action", rounds.clock.now(), fields)], lambda _: ())
