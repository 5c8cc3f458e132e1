"""A clock the test moves: time passes, the wall clock is set, the machine restarts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.facts.observation import ClockQuality

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class FakeClock:
    """An `appliance.clock.Clock` that stands still until it is told to move."""

    def __init__(self, at: datetime = START, *, synchronised: bool = True) -> None:
        self.synchronised = synchronised
        self._wall = at
        self._seconds = 1_000.0
        self._boots = 1

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._seconds

    def boot(self) -> str:
        return f"boot-{self._boots}"

    def quality(self) -> ClockQuality:
        return ClockQuality(self.synchronised, 50 if self.synchronised else None)

    def pass_(self, seconds: float) -> None:
        """Time passes, on the wall too."""
        self._seconds += seconds
        self._wall += timedelta(seconds=seconds)

    def step(self, seconds: float) -> None:
        """Somebody sets the wall clock, forward or (negative) back."""
        self._wall += timedelta(seconds=seconds)

    def reboot(self, *, off: float = 30.0, since_boot: float = 10.0) -> None:
        """The machine is off for `off` seconds, then `since_boot` pass before anybody asks."""
        self._wall += timedelta(seconds=off + since_boot)
        self._seconds = since_boot
        self._boots += 1
