"""
From verdict to state: pure, so that states recomputed from the ledger equal the recorded ones.

An answer stands at once.  Silence stands when it is heard in two visits.  An inconclusive verdict
never replaces a state; age does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from checks.facts.standing import Standing, State
from checks.facts.verdict import Outcome, Reason, RestsOn, Verdict

INTERVALS_UNTIL_STALE = 3

# Somebody else's silence, or our own blindness, explains many states at once: it is said instead.
_ROOT_CAUSES = (Reason.GATEWAY_SILENT, Reason.BLIND)

_STATES = {
    Outcome.PASS: State.PASS,
    Outcome.FAIL: State.FAIL,
    Outcome.NOT_APPLICABLE: State.NOT_APPLICABLE,
}


def stand(
    before: Standing | None,
    verdict: Verdict,
    *,
    at: datetime,
    visit: str,
    interval_seconds: int,
) -> Standing:
    """
    What stands after this verdict.

    `interval_seconds` is the interval of the slowest question the check reads; `visit` tells one
    look from the next, because the same silence heard twice in one visit is heard once.
    """
    heard = _heard(before, verdict, at, interval_seconds)
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return _unanswered(before, heard, verdict)
    if verdict.rests_on is RestsOn.SILENCE and not _confirmed(before, verdict, visit):
        return replace(heard, awaiting=_token(verdict), awaiting_visit=visit)

    state = _STATES[verdict.outcome]
    unchanged = before is not None and before.state is state
    return replace(
        heard,
        state=state,
        reason=verdict.reason,
        said=verdict.said,
        where=verdict.where,
        since=before.since if before is not None and unchanged else at,
        supported=at,
        rests_on=verdict.rests_on.value if verdict.rests_on else "",
        awaiting="",
        awaiting_visit="",
    )


def aged(standing: Standing, at: datetime) -> Standing | None:
    """The state that replaces one nothing has spoken for in too long, or None while it is young."""
    if standing.state in (State.UNKNOWN, State.NOT_APPLICABLE):
        return None
    # As far in the future is as old: our own clock was set back since.
    if abs((at - standing.supported).total_seconds()) <= standing.stale_after_seconds:
        return None
    return replace(
        standing,
        state=State.UNKNOWN,
        reason=next((r for r in _ROOT_CAUSES if r == standing.last_reason), Reason.STALE),
        said=f"Nothing has confirmed this since {standing.supported:%Y-%m-%d %H:%M:%S} UTC; "
        f"{_why(standing)}it was {standing.state}: {standing.said}",
        since=at,
        rests_on="",
        awaiting="",
        awaiting_visit="",
    )


def distrusted(standing: Standing, at: datetime, why: str) -> Standing:
    """The state of a control whose check was found broken: nobody knows, whatever it said."""
    return replace(
        standing,
        state=State.UNKNOWN,
        reason=Reason.CHECK_BROKEN,
        said=f"The check itself is broken: {why}; it was {standing.state}: {standing.said}",
        since=at,
        rests_on="",
        awaiting="",
        awaiting_visit="",
    )


def _why(standing: Standing) -> str:
    """The root cause in its own words, where one is known."""
    known = standing.last_reason in _ROOT_CAUSES
    return f"{standing.last_said.removesuffix('.')}; " if known else ""


def _heard(
    before: Standing | None, verdict: Verdict, at: datetime, interval_seconds: int
) -> Standing:
    news = {
        "evaluated": at,
        "stale_after_seconds": INTERVALS_UNTIL_STALE * interval_seconds,
        "last_outcome": verdict.outcome.value,
        "last_reason": verdict.reason.value,
        "last_said": verdict.said,
    }
    if before is not None:
        return replace(before, **news)  # type: ignore[arg-type]  # the keys are Standing's own
    return Standing(
        state=State.UNKNOWN,
        reason=Reason.UNCONFIRMED,
        said=verdict.said,
        where=verdict.where,
        since=at,
        supported=at,
        **news,  # type: ignore[arg-type]  # as above
    )


def _unanswered(before: Standing | None, heard: Standing, verdict: Verdict) -> Standing:
    """An inconclusive verdict explains an unknown state; any other state it leaves alone."""
    unknown = before is None or (
        before.state is State.UNKNOWN and before.reason not in (Reason.STALE, Reason.UNCONFIRMED)
    )
    if not unknown:
        return heard
    return replace(heard, reason=verdict.reason, said=verdict.said, where=verdict.where)


def _confirmed(before: Standing | None, verdict: Verdict, visit: str) -> bool:
    if before is None:
        return False
    if before.state is _STATES[verdict.outcome] and before.reason is verdict.reason:
        return True
    return before.awaiting == _token(verdict) and before.awaiting_visit != visit


def _token(verdict: Verdict) -> str:
    return f"{verdict.outcome}/{verdict.reason}"
