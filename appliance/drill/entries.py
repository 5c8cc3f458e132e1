"""The ledger's entries about a drill: apart from verdicts, so that no state and no cell rests on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from appliance.drill.book import Drill, Hop
from appliance.drill.looking import CHECK, KEY, Look
from appliance.ledger import bodies
from checks.facts.codec import digest
from checks.revision import revision


def failed(drill: Drill, look: Look, at: datetime, contents: dict[str, bytes]) -> bytes:
    """The look, its verdict, and a digest of the code that only its messages say."""
    return _entry(
        drill,
        "judged",
        at,
        {
            "why": drill.why,
            "key": str(KEY),
            "check": CHECK.id,
            "rev": revision(CHECK),
            "observation": bodies.observation(look.observation, contents),
            "verdict": look.verdict,
            "code": digest([drill.id, drill.code]),
            "ends": drill.ends,
        },
    )


def followed(drill: Drill, at: datetime) -> bytes:
    """What each step showed."""
    return _entry(drill, "followed", at, {"hops": [hop(h) for h in drill.hops]})


def confirmed(drill: Drill, at: datetime) -> bytes:
    return _entry(drill, "confirmed", at, {"by": drill.confirmed_by, "code": drill.code})


def ended(drill: Drill, at: datetime, why: str) -> bytes:
    return _entry(drill, "ended", at, {"why": why})


def hop(value: Hop) -> dict[str, Any]:
    return {"name": value.name, "shown": value.shown, "said": value.said, "ms": value.ms}


def _entry(drill: Drill, what: str, at: datetime, fields: dict[str, Any]) -> bytes:
    return bodies.entry("drill", at, {"drill": drill.id, "event": what, **fields})
