"""Counts and logs what the guard refuses, whichever guard it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from collectors.errors import NotPermitted
from collectors.wire import Connections, Gate, Target

# Our own code asked for what is on no allow-list: stopped, harmless, and a bug.
FAULT = "fault"

log = structlog.get_logger()


@dataclass
class Refusals:
    """
    A gate before the gate.

    `counts` has how often each asset was refused, by reason: `fault`, or the token of the record
    (`not-permitted`, `budget-spent`).  A fault is logged each time; of the others the first of
    each asset and reason, since one that lasts comes with every visit.
    """

    gate: Gate
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def connections(self) -> Connections:
        return self.gate.connections

    def may_connect(self, target: Target) -> None:
        with self._counted(target):
            self.gate.may_connect(target)

    async def turn(self, target: Target) -> None:
        with self._counted(target):
            await self.gate.turn(target)

    async def pace(self, target: Target, packets: int) -> None:
        with self._counted(target):
            await self.gate.pace(target, packets)

    def may_send(self, target: Target, octets: int) -> None:
        with self._counted(target):
            self.gate.may_send(target, octets)

    def refused(self, target: Target, why: str) -> None:
        self.counts[target.asset, FAULT] += 1
        log.error("our own request was stopped", asset=target.asset, target=str(target), why=why)
        self.gate.refused(target, why)

    def sent(self, target: Target, packets: int, octets: int) -> None:
        self.gate.sent(target, packets, octets)

    def closed(self, target: Target) -> None:
        self.gate.closed(target)

    def now(self) -> float:
        return self.gate.now()

    def wall(self) -> datetime:
        return self.gate.wall()

    @contextmanager
    def _counted(self, target: Target) -> Iterator[None]:
        try:
            yield
        except NotPermitted as error:
            key = (target.asset, error.reason.value)
            self.counts[key] += 1
            if self.counts[key] == 1:
                log.warning("refused", asset=target.asset, target=str(target), why=error.what)
            raise
