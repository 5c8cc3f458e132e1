"""A loop on the test's clock: whenever nothing happens, the time of the next timer comes."""

from __future__ import annotations

import asyncio
import selectors

# Between two programs of one machine everything arrives in less.
GRACE = 0.002


class _Passing(selectors.DefaultSelector):
    def __init__(self, clock) -> None:
        super().__init__()
        self._clock = clock
        self.busy = 0

    def select(self, timeout=None):
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(GRACE)
        # While the ledger writes, it is the machine that is slow: no time passes for the plant.
        if not ready and not self.busy:
            self._clock.pass_(timeout)
        return ready


class PassingLoop(asyncio.SelectorEventLoop):
    """Pauses of hours take no time, and what is measured by the clock agrees with the loop."""

    def __init__(self, clock) -> None:
        self._passing = _Passing(clock)
        super().__init__(self._passing)
        self._clock = clock

    def run_in_executor(self, executor, func, *args):
        self._passing.busy += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._worked)
        return work

    def _worked(self, _):
        self._passing.busy -= 1

    def time(self) -> float:
        return self._clock.monotonic()


def lived(clock, story):
    """Run a coroutine to its end on such a loop."""
    with asyncio.Runner(loop_factory=lambda: PassingLoop(clock)) as runner:
        return runner.run(story)
