"""A bucket that fills and a window that slides: who wants something of them waits in line."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from appliance.clock import Clock


class Limit(ABC):
    """
    Something of which there is only so much at a time.

    What is `admitted` is reserved until it is either spent or released.  A part of it may be
    `standing`: kept reserved all the time by somebody who stays.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reserved = 0
        self._standing = 0
        self._changed = asyncio.Event()
        # Who opens a connection must not stand in the way of those who want to end theirs.
        self._lines = {False: asyncio.Lock(), True: asyncio.Lock()}

    @property
    @abstractmethod
    def most(self) -> int:
        """The most there can ever be."""

    @abstractmethod
    def _wait(self, amount: int) -> float | None:
        """Seconds until there is so much; 0: now; None: not before something is released."""

    @abstractmethod
    def _take(self, amount: int) -> None: ...

    async def admitted(self, amount: int, *, standing: int = 0, spare: int = 0) -> None:
        """
        Wait, in line, until there is so much; then reserve it.

        Who wants something `standing` also waits until all that stands leaves `spare`, because
        those who stay could else wait for each other.
        """
        async with self._lines[standing > 0]:
            while (wait := self._until(amount, standing, spare)) != 0:
                changed = self._changed
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await changed.wait()
            self._reserved += amount
            self._standing += standing

    def _until(self, amount: int, standing: int, spare: int) -> float | None:
        if standing and self._standing and self._standing + standing + spare > self.most:
            return None
        return self._wait(amount)

    def left(self, standing: int) -> None:
        """Somebody who stayed is gone."""
        self._standing -= standing
        self._wake()

    def spend(self, amount: int, covered: int) -> None:
        """So much is used, of which `covered` had been reserved."""
        self._take(amount)
        self._reserved -= covered
        self._wake()

    def release(self, amount: int) -> None:
        """So much of what was reserved is not needed."""
        if amount:
            self._reserved -= amount
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Bucket(Limit):
    """Fills by `rate` a second up to `burst`, both of which may change; begins empty at `since`."""

    def __init__(
        self, clock: Clock, numbers: Callable[[], tuple[int, float]], since: float
    ) -> None:
        super().__init__(clock)
        self._numbers = numbers
        self._held = 0.0
        self._at = since

    @property
    def most(self) -> int:
        return self._numbers()[0]

    def _fill(self) -> None:
        now, (burst, rate) = self._clock.monotonic(), self._numbers()
        self._held = min(float(burst), self._held + (now - self._at) * rate)
        self._at = now

    def _wait(self, amount: int) -> float | None:
        self._fill()
        burst, rate = self._numbers()
        short = min(amount, burst) + self._reserved - self._held
        if short <= 1e-9:
            return 0
        full = self._held >= burst
        return None if full else max(short / rate, 0.001)

    def _take(self, amount: int) -> None:
        self._fill()
        self._held -= amount


class Window(Limit):
    """At most so many in any so many seconds, both of which may change."""

    def __init__(self, clock: Clock, numbers: Callable[[], tuple[int, float]]) -> None:
        super().__init__(clock)
        self._numbers = numbers
        self._used: deque[tuple[float, int]] = deque()
        self._sum = 0

    @property
    def most(self) -> int:
        return self._numbers()[0]

    def _wait(self, amount: int) -> float | None:
        most, seconds = self._numbers()
        now = self._clock.monotonic()
        while self._used and self._used[0][0] + seconds <= now:
            self._sum -= self._used.popleft()[1]
        if self._sum + self._reserved + min(amount, most) <= most:
            return 0
        if not self._used:
            return None
        return max(self._used[0][0] + seconds - now, 0.001)

    def _take(self, amount: int) -> None:
        if amount:
            self._used.append((self._clock.monotonic(), amount))
            self._sum += amount
