"""Deadlines that stand still while we wait for our own pace."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from collectors.wire.target import Target


class _Deadline:
    def __init__(self, timeout: asyncio.Timeout) -> None:
        self._timeout = timeout
        self._left: float | None = None

    def rest(self) -> None:
        when = self._timeout.when()
        if self._left is None and when is not None:
            self._left = when - asyncio.get_running_loop().time()
            # One that has just run out cannot be moved any more.
            with suppress(RuntimeError):
                self._timeout.reschedule(None)

    def run(self) -> None:
        if self._left is not None:
            with suppress(RuntimeError):
                self._timeout.reschedule(asyncio.get_running_loop().time() + self._left)
            self._left = None


class Patience:
    """
    How long a device may take: only its own time counts, not the time we hold ourselves back.

    Deadlines and waiting belong together by address, since no device is asked two things at once.
    """

    def __init__(self) -> None:
        self._running: defaultdict[str, list[_Deadline]] = defaultdict(list)
        self._waiting: defaultdict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def within(self, target: Target, seconds: float) -> AsyncIterator[None]:
        """Raises `TimeoutError` after so many seconds, those spent `waiting` not counted."""
        async with asyncio.timeout(seconds) as timeout:
            deadline = _Deadline(timeout)
            self._running[target.address].append(deadline)
            if self._waiting[target.address]:
                deadline.rest()
            try:
                yield
            finally:
                self._running[target.address].remove(deadline)

    @contextmanager
    def waiting(self, target: Target) -> Iterator[None]:
        """While we wait for our own pace."""
        self._waiting[target.address] += 1
        for deadline in self._running[target.address]:
            deadline.rest()
        try:
            yield
        finally:
            self._waiting[target.address] -= 1
            if not self._waiting[target.address]:
                for deadline in self._running[target.address]:
                    deadline.run()
