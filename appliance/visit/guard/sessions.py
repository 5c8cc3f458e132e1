"""
At most one session of ours left behind on a device, however we die.

A server keeps a session until its timeout when its client vanishes, and some have three in all.  So
a session is noted before it is opened; whoever finds the note of one that was never closed waits
until the server must have dropped it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.kept import Kept

KIND = "session"
LEAST_SECONDS = 60.0
"""Servers look for dead sessions now and then only."""
MOST_SECONDS = 86_400.0
"""A server that says more would never be asked again."""


class Sessions:
    """Which addresses may still hold a session of ours."""

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        self._left: set[str] = set()

    def wait(self, address: str) -> float:
        """Seconds until the device holds no session of ours; 0 when it holds none."""
        noted = self._kept.get(KIND, address)
        if noted is None:
            return 0.0
        return max(0.0, float(noted["holds"]) - Stamp.of(noted["since"]).ago(self._clock))

    @contextmanager
    def open(self, address: str, timeout_ms: int) -> Iterator[None]:
        """
        One session of at most `timeout_ms` milliseconds.

        The note goes when the work inside ends well and `left_open` was not called; after any
        failure nobody knows whether the server heard that we left.
        """
        holds = max(LEAST_SECONDS, timeout_ms / 1000)
        self._kept.put(KIND, address, {"since": Stamp.now(self._clock).plain(), "holds": holds})
        self._left.discard(address)
        yield
        if address not in self._left:
            self._kept.drop(KIND, address)

    def lasts(self, address: str, timeout_ms: int) -> None:
        """The device keeps the session that is open for so long, which it need not be asked for."""
        noted = self._kept.get(KIND, address)
        holds = min(MOST_SECONDS, timeout_ms / 1000)
        if noted is not None and holds > noted["holds"]:
            self._kept.insist(KIND, address, {**noted, "holds": holds})

    def left_open(self, address: str) -> None:
        """The device was not heard to close the session."""
        self._left.add(address)
