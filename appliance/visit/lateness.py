"""How late visits begin, including those that still wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.clock import Clock

WINDOW_SECONDS = 60.0


class Lateness:
    """
    How long due visits waited for their slot.

    A visit waits only while its address, its segment or the site is full.  Whoever was due before
    it has at most one slot for at most a visit's deadline, so it waits no longer than (visits due
    before it) x deadline / slots.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[object, float] = {}
        self._begun: deque[tuple[float, float]] = deque()

    @contextmanager
    def due(self) -> Iterator[Callable[[], None]]:
        """A visit is due; it calls what it is handed when it begins."""
        visit = object()
        self._waiting[visit] = self._clock.monotonic()

        def begins() -> None:
            now = self._clock.monotonic()
            self._begun.append((now, now - self._waiting.pop(visit)))
            self._forget()

        try:
            yield begins
        finally:
            self._waiting.pop(visit, None)

    def worst(self) -> float:
        """The longest wait in seconds, of those that began in the last minute and those waiting."""
        self._forget()
        now = self._clock.monotonic()
        waits = [wait for _, wait in self._begun]
        waits += [now - since for since in self._waiting.values()]
        return max(waits, default=0.0)

    def _forget(self) -> None:
        oldest = self._clock.monotonic() - WINDOW_SECONDS
        while self._begun and self._begun[0][0] < oldest:
            self._begun.popleft()
