"""States again, from nothing but the ledger's entries: they must equal the recorded ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from appliance.judge.standing import aged, stand
from checks.facts.codec import build
from checks.facts.standing import Standing
from checks.facts.verdict import Verdict


def standings(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Standing]:
    """
    Fold entries of types `verdicts`, `aged` and `removed` into the state of each key's text.

    A row with `same` repeats the key's last verdict.  Raises `KeyError` or `TypeError` for rows
    that are not of this shape.
    """
    found: dict[str, Standing] = {}
    verdicts: dict[str, Verdict] = {}
    for body in bodies:
        match body["type"]:
            case "verdicts":
                at = datetime.fromisoformat(body["moment"]["at"])
                for row in body["rows"]:
                    key = row["key"]
                    if "verdict" in row:
                        verdicts[key] = build(Verdict, row["verdict"])
                    found[key] = stand(
                        found.get(key),
                        verdicts[key],
                        at=at,
                        visit=body["visit"],
                        interval_seconds=row["interval"],
                    )
            case "aged":
                at = datetime.fromisoformat(body["t"])
                for key in body["keys"]:
                    if (older := aged(found[key], at)) is not None:
                        found[key] = older
            case "removed":
                for key in body["keys"]:
                    found.pop(key, None)
            case _:
                pass
    return found
