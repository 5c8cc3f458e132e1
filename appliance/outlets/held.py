"""Streams of messages that a broker refuses, each tried again on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic


@dataclass
class Held:
    """
    Streams whose next message the broker refused, and when to try each again.

    Order within a stream is a promise, so nothing overtakes a refused message in its own stream.
    """

    _tries: dict[str, int] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)

    def holds(self, stream: str) -> bool:
        return self._until.get(stream, 0.0) > monotonic()

    def hold(self, stream: str, backoff: Callable[[int], float]) -> int:
        """How many times in a row it was refused."""
        self._tries[stream] = self._tries.get(stream, 0) + 1
        self._until[stream] = monotonic() + backoff(self._tries[stream])
        return self._tries[stream]

    def release(self, stream: str) -> None:
        self._tries.pop(stream, None)
        self._until.pop(stream, None)

    def next_try(self, since: float) -> float | None:
        """Seconds until the first of those still held at `since` may be tried; None: there are none."""
        now = monotonic()
        ends = (max(end - now, 0.0) for end in self._until.values() if end > since)
        return min(ends, default=None)
