"""
One key over a period: how long it was observed, how long it held, when it failed and why nobody saw.

A state lasts only as long as something spoke for it: an appliance that was switched off leaves a
gap, not a pass.  A failure lasts until something is seen that ends it; silence does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checks.facts.standing import Standing, State

NOTHING = timedelta(0)
NOT_YET = "not-yet-observed"
STALE = "stale"


@dataclass(frozen=True)
class Stretch:
    """From a moment to another; `end` is None for what lasted beyond the period."""

    start: datetime
    end: datetime | None
    reason: str
    said: str = ""


@dataclass
class History:
    """
    What one key went through from `start` to `end`.

    `began_before`: the oldest open failure was already failing when the period began, so its
    length counts from the period's start only.
    """

    start: datetime
    end: datetime
    seconds: dict[State, timedelta] = field(default_factory=dict)
    gaps: list[Stretch] = field(default_factory=list)
    failures: list[Stretch] = field(default_factory=list)
    began_before: bool = False
    verdicts: int = 0
    inconclusive: int = 0
    first_seen: datetime | None = None
    removed: timedelta = NOTHING
    final: Standing | None = None
    _at: datetime | None = None
    _gone: bool = False

    def turned(self, at: datetime, after: Standing | None) -> None:
        """Something was said about the key; times never run backwards here."""
        spoken = after is not None and after.evaluated == at
        at = at if self._at is None else max(at, self._at)
        self._pass(at)
        self._at, self._gone = at, after is None
        self.final = after
        if after is not None and self.first_seen is None:
            self.first_seen = at
        if after is not None and spoken and self.start <= at < self.end:
            self.verdicts += 1
            self.inconclusive += after.last_outcome == "inconclusive"
        self._failing(at, after)

    def close(self) -> None:
        """The period is over."""
        self._pass(self.end)
        self._at = self.end
        kept = [f for f in self.failures if f.end is None or f.end > self.start]
        self.failures = [f for f in kept if f.start < self.end]
        self.began_before = any(f.start < self.start for f in self.failures)

    @property
    def length(self) -> timedelta:
        """The period without the time the key was not part of the site."""
        return self.end - self.start - self.removed

    @property
    def observed(self) -> timedelta:
        return sum(self.seconds.values(), NOTHING)

    @property
    def judged(self) -> timedelta:
        """Observed, and the question arose."""
        return self.observed - self.seconds.get(State.NOT_APPLICABLE, NOTHING)

    @property
    def held(self) -> timedelta:
        return self.seconds.get(State.PASS, NOTHING)

    def lasted(self, failure: Stretch) -> timedelta:
        """Within the period."""
        return min(failure.end or self.end, self.end) - max(failure.start, self.start)

    @property
    def longest(self) -> timedelta:
        return max(map(self.lasted, self.failures), default=NOTHING)

    @property
    def closing(self) -> list[timedelta]:
        """How long each failure that ended took to end."""
        return sorted(f.end - f.start for f in self.failures if f.end and f.end < self.end)

    def _pass(self, until: datetime) -> None:
        """Time goes by to `until` with the state that stood."""
        since = max(self._at or self.start, self.start)
        until = min(until, self.end)
        if until <= since:
            return
        if self._gone:
            self.removed += until - since
        elif self.final is None:
            self._gap(since, until, NOT_YET, "Nothing had been said about it yet.")
        elif self.final.state is State.UNKNOWN:
            self._gap(since, until, self.final.reason.value, self.final.said)
        else:
            self._stands(self.final, since, until)

    def _stands(self, standing: Standing, since: datetime, until: datetime) -> None:
        fresh = standing.supported + timedelta(seconds=standing.stale_after_seconds)
        seen = max(min(fresh, until) - since, NOTHING)
        self.seconds[standing.state] = self.seconds.get(standing.state, NOTHING) + seen
        if since + seen < until:
            self._gap(since + seen, until, STALE, "Nothing confirmed it for three intervals.")

    def _gap(self, since: datetime, until: datetime, reason: str, said: str) -> None:
        last = self.gaps[-1] if self.gaps else None
        if last is not None and last.end == since and last.reason == reason:
            self.gaps[-1] = Stretch(last.start, until, reason, last.said)
        else:
            self.gaps.append(Stretch(since, until, reason, said))

    def _failing(self, at: datetime, after: Standing | None) -> None:
        opened = self.failures[-1] if self.failures and self.failures[-1].end is None else None
        state = after.state if after else None
        if state is State.FAIL and opened is None and after is not None:
            self.failures.append(Stretch(at, None, after.reason.value, after.said))
        elif opened is not None and state not in (State.FAIL, State.UNKNOWN):
            self.failures[-1] = Stretch(opened.start, at, opened.reason, opened.said)
