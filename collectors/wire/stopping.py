"""
Ending what is under way at once, and the little that may still leave.

From the moment of a stop no question goes on and no connection attempt is left to the kernel,
which would repeat it.  A session may still be closed properly for `MUTE` seconds.  What a device
has not acknowledged by `RESET` is aborted, because the kernel would repeat that too, so that after
one second nothing leaves but FIN and ACK; after `END` nothing at all does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import IntEnum

from collectors.errors import NotPermitted
from collectors.wire.accounting import SomeSocket, unacknowledged, will_reset
from collectors.wire.target import Target

MUTE, RESET, END = 0.6, 0.85, 2.8


class Phase(IntEnum):
    """How far a stop has come."""

    RUNNING = 0
    STOPPED = 1
    MUTED = 2
    ABORTED = 3


class Underway:
    """One connection or datagram socket, from waiting for its turn until it is closed."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.phase = Phase.RUNNING
        self.sock: SomeSocket | None = None
        self.buffered: Callable[[], int] = lambda: 0
        self.shut = False
        self._why = ""
        self._scopes: dict[asyncio.Timeout, Phase] = {}

    @asynccontextmanager
    async def until(self, phase: Phase) -> AsyncIterator[None]:
        """What runs inside ends as soon as a stop has come so far; raises `NotPermitted`."""
        self.checked(phase)
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._scopes[scope] = phase
                try:
                    yield
                finally:
                    self._scopes.pop(scope, None)
        except TimeoutError:
            if scope.expired():
                raise self._stopped() from None
            raise

    def checked(self, phase: Phase) -> None:
        """Raises `NotPermitted` when a stop has come so far already."""
        if self.phase >= phase:
            raise self._stopped()

    def reach(self, phase: Phase, why: str) -> None:
        if phase <= self.phase:
            return
        self.phase, self._why = phase, why
        if phase is Phase.ABORTED and self.sock is not None:
            will_reset(self.sock)
        now = asyncio.get_running_loop().time()
        for scope in [s for s, until in self._scopes.items() if until <= phase]:
            del self._scopes[scope]
            scope.reschedule(now)

    def owes(self) -> bool:
        """Whether payload of ours waits, in the kernel or before it, to be sent once more."""
        if self.buffered() > 0:
            return True
        return self.sock is not None and unacknowledged(self.sock) > int(self.shut)

    def _stopped(self) -> NotPermitted:
        return NotPermitted(self.target, self._why or "it was stopped")


class Connections:
    """Everything under way, for one process."""

    def __init__(self) -> None:
        self._underway: set[Underway] = set()
        self._stopping: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._underway)

    @contextmanager
    def entered(self, target: Target) -> Iterator[Underway]:
        it = Underway(target)
        self._underway.add(it)
        try:
            yield it
        finally:
            self._underway.discard(it)

    def stop_all(
        self, matches: Callable[[Target], bool], why: str = "everything is on hold"
    ) -> asyncio.Task[None]:
        """
        End what is under way to the targets that match, beginning before this returns.

        The task ends when all of it is gone, after 3 s at most.  Whoever asked gets
        `NotPermitted`; that nothing new begins is the business of `Gate.may_connect`.
        """
        chosen = [it for it in self._underway if matches(it.target)]
        for it in chosen:
            it.reach(Phase.STOPPED, why)
        task = asyncio.get_running_loop().create_task(self._ended(chosen, why))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        return task

    async def _ended(self, chosen: list[Underway], why: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while left := [it for it in chosen if it in self._underway]:
            since = loop.time() - began
            for it in left:
                if since >= MUTE:
                    it.reach(Phase.MUTED, why)
                if since >= END or (since >= RESET and it.owes()):
                    it.reach(Phase.ABORTED, why)
            await asyncio.sleep(0.02)
