"""States that become unknown without a visit: too old, or said by a check that is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from appliance.judge.standing import aged, distrusted
from appliance.ledger import bodies
from appliance.outlets.teller import Change
from appliance.rounds.round import Rounds
from checks.facts.standing import Standing, StateKey
from checks.facts.verdict import Reason


async def age(rounds: Rounds) -> int:
    """
    Let what nobody has confirmed in too long become unknown, and tell what was held back; returns
    how many states aged.
    """
    async with rounds.writing:
        at = rounds.clock.now()
        older = {k: new for k, s in rounds.standings.items() if (new := aged(s, at)) is not None}
        await _fell(rounds, older, at, {})
        due = rounds.teller.due(rounds.standings, entry=rounds.store.size, at=rounds.clock.now())
        if due.messages or due.rows:
            await rounds.store.commit([], due.messages, alerts=due.rows)
            rounds.said(due)
    return len(older)


async def distrust(rounds: Rounds, broken: Mapping[str, str]) -> int:
    """
    Judge by these checks no more, and let what they said become unknown; `broken` says why of each.

    Returns how many states that changed.
    """
    rounds.drilled = replace(rounds.drilled, broken=broken)
    async with rounds.writing:
        rounds.trust()
        at = rounds.clock.now()
        fallen = {
            key: distrusted(standing, at, broken[key.check])
            for key, standing in rounds.standings.items()
            if key.check in broken and standing.reason is not Reason.CHECK_BROKEN
        }
        await _fell(rounds, fallen, at, {"broken": dict(broken)})
    return len(fallen)


async def _fell(
    rounds: Rounds,
    fallen: Mapping[StateKey, Standing],
    at: datetime,
    fields: Mapping[str, Any],
) -> None:
    if not fallen:
        return
    body = bodies.entry("aged", at, {"keys": [str(k) for k in fallen], **fields})
    changes = [Change(k, rounds.standings.get(k), s) for k, s in fallen.items()]
    telling = rounds.teller.changes(changes, rounds.standings, entry=rounds.store.size, at=at)
    await rounds.store.commit(
        [body],
        telling.messages,
        standings={str(k): bodies.standing(s) for k, s in fallen.items()},
        alerts=telling.rows,
    )
    rounds.standings.update(fallen)
    rounds.said(telling)
