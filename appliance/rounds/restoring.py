"""What stands of the subjects and checks there are: taken up at the start, forgotten when they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.judge.judging import applicable, subjects
from appliance.ledger import bodies
from appliance.ledger.entry import Message
from appliance.rounds.round import Rounds
from checks import ALL
from checks.facts.codec import build
from checks.facts.standing import Standing, StateKey


async def restore(rounds: Rounds) -> None:
    """Take up what the ledger's store holds about subjects and questions that still exist."""
    known = {str(key): key for key in _known(rounds)}
    kept = await rounds.store.standings()
    for text in kept.keys() & known.keys():
        rounds.standings[known[text]] = build(Standing, bodies.parsed(kept[text]))
    at, rows = rounds.clock.now(), await rounds.store.alerts()
    told = rounds.teller.restore(rounds.standings, rows, at=at)
    gone = dict.fromkeys(rows.keys() - rounds.teller.rows())
    await _remove(rounds, sorted(kept.keys() - known.keys()), told, gone)
    rows = await rounds.store.remembered()
    dropped = rounds.recall.restore(rows, rounds.planned, rounds.addresses())
    if dropped:
        await rounds.store.commit([], remembered=dict.fromkeys(dropped))
    await rounds.record(())


async def forget(rounds: Rounds) -> None:
    """Drop the states of subjects and checks the configuration no longer has.  Raises `LedgerError`."""
    known = _known(rounds)
    async with rounds.writing:
        gone = [key for key in rounds.standings if key not in known]
        telling = rounds.teller.gone(gone, at=rounds.clock.now())
        await _remove(rounds, sorted(str(key) for key in gone), telling.messages, telling.rows)
        # Only now: what could not be written down is forgotten, and told, when it is tried again.
        for key in gone:
            del rounds.standings[key]
            rounds.verdicts.pop(key, None)
        rounds.said(telling)
    await rounds.record(())


def _known(rounds: Rounds) -> set[StateKey]:
    site = rounds.site
    return {StateKey(s, c.id) for s in subjects(site) for c in applicable(site, s, ALL)}


async def _remove(
    rounds: Rounds,
    keys: list[str],
    told: Sequence[Message],
    alerts: Mapping[str, bytes | None],
) -> None:
    """Write down that these subjects or checks are gone, so that a replay forgets them too."""
    if keys or told or alerts:
        body = bodies.entry("removed", rounds.clock.now(), {"keys": keys})
        await rounds.store.commit(
            [body] if keys else [], told, standings=dict.fromkeys(keys), alerts=alerts
        )
