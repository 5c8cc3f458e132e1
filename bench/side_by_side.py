"""How two ways of doing the same compare: run in turn, so that a busy machine slows both."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Ratio:
    """`times` is our time over theirs: the median of the rounds, and where their middle half lies."""

    what: str
    against: str
    times: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return (
            f"| {self.what} | {self.against} | {self.times:.2f} "
            f"| {self.lower:.2f} to {self.upper:.2f} |"
        )


async def compare(
    what: str, ours: Work, against: str, theirs: Work, *, rounds: int = 11, times: int = 1
) -> Ratio:
    """Each round runs both `times` over, ours first in every other one; one round warms up."""
    found = []
    for turn in range(rounds + 1):
        pair = [(0, ours), (1, theirs)]
        took = [0.0, 0.0]
        for place, work in pair if turn % 2 else reversed(pair):
            took[place] = await _timed(work, times)
        if turn:
            found.append(took[0] / took[1])
    lower, middle, upper = quantiles(found, n=4)
    return Ratio(what, against, middle, lower, upper)


async def _timed(work: Work, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        await work()
    return time.perf_counter() - started
