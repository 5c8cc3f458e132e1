"""
States again, from nothing but the ledger's entries.

`Replay` folds the recorded verdicts: what it gives must equal what was recorded.  `Otherwise`
judges the recorded observations anew: what another baseline or another check would have said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.judge.judging import Judge
from appliance.judge.memory import Memory
from appliance.judge.standing import aged, distrusted, stand
from checks.facts.codec import build
from checks.facts.context import Moment, Own
from checks.facts.observation import Observation
from checks.facts.standing import Standing, StateKey
from checks.facts.verdict import Verdict


@dataclass(frozen=True)
class Turn:
    """What one row of one entry did to one key; `after` is None where the key was removed."""

    key: str
    at: datetime
    after: Standing | None


class Replay:
    """
    Folds entries of types `verdicts`, `aged` and `removed` into the state of each key's text.

    A row with `same` repeats the key's last verdict.
    """

    def __init__(self) -> None:
        self.standings: dict[str, Standing] = {}
        self._verdicts: dict[str, Verdict] = {}

    def feed(self, body: Mapping[str, Any]) -> Iterator[Turn]:
        """
        The next entry, in the ledger's order; nothing happens until this is iterated.

        Raises `KeyError` or `TypeError` for rows that are not of this shape.
        """
        match body["type"]:
            case "verdicts":
                at = datetime.fromisoformat(body["moment"]["at"])
                for row in body["rows"]:
                    yield Turn(row["key"], at, self._judged(row, at, body["visit"]))
            case "aged":
                at = datetime.fromisoformat(body["t"])
                # What was said of a key before may have been pruned.
                for key in filter(self.standings.__contains__, body["keys"]):
                    if (older := _older(self.standings[key], at, key, body)) is not None:
                        self.standings[key] = older
                        yield Turn(key, at, older)
            case "removed":
                at = datetime.fromisoformat(body["t"])
                for key in body["keys"]:
                    self.standings.pop(key, None)
                    yield Turn(key, at, None)
            case _:
                pass

    def _judged(self, row: Mapping[str, Any], at: datetime, visit: str) -> Standing:
        key = row["key"]
        if "verdict" in row:
            self._verdicts[key] = build(Verdict, row["verdict"])
        after = stand(
            self.standings.get(key),
            self._verdicts[key],
            at=at,
            visit=visit,
            interval_seconds=row["interval"],
        )
        self.standings[key] = after
        return after


class Otherwise:
    """What another judge makes of the same observations; pure, as the judge is."""

    def __init__(self, judge: Judge) -> None:
        self.standings: dict[StateKey, Standing] = {}
        self._judge = judge
        self._memory = Memory()

    def visit(
        self, asset: str, seen: tuple[Observation, ...], *, moment: Moment, own: Own, visit: str
    ) -> Iterator[tuple[StateKey, Standing]]:
        """The keys that were judged, with what stands now."""
        self._memory.remember(seen)
        judged = self._judge.visit(
            asset, seen, self._memory, self.standings, moment=moment, own=own, visit=visit
        )
        for one in judged:
            self.standings[one.key] = one.after
            yield one.key, one.after

    def age(self, at: datetime) -> Iterator[tuple[StateKey, Standing]]:
        """The keys nobody has spoken for in too long, with what stands now."""
        for key, standing in list(self.standings.items()):
            if (older := aged(standing, at)) is not None:
                self.standings[key] = older
                yield key, older


def _older(standing: Standing, at: datetime, key: str, body: Mapping[str, Any]) -> Standing | None:
    """Grown old, or said by a check that was found broken."""
    why = body.get("broken", {}).get(key.rpartition(".")[2])
    return aged(standing, at) if why is None else distrusted(standing, at, why)


def standings(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Standing]:
    """What stands after all of them.  Raises as `Replay.feed` does."""
    replay = Replay()
    for body in bodies:
        for _ in replay.feed(body):
            pass
    return replay.standings
