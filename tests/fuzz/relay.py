"""
An SNMP agent in memory behind the wire's relay.

The client's decoder reads from a socket of its own, so one loopback socket stands between it and
the agent.  When the agent has said all it will and the client still waits, the deadline comes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import BudgetSpent, CollectError, Unintelligible
from collectors.wire import PLAIN_CAP, Target
from collectors.wire.judging import judged
from tests.fuzz.memory import Conversation, InMemory

# Turns of the loop a datagram on loopback needs to reach a waiting reader and wake its task.
TURNS = 40


@dataclass
class RelayMemory(InMemory):
    """As `InMemory`, for questions that are put through `Datagrams.relay`."""

    deadlines: list[asyncio.Timeout] = field(default_factory=list)

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        async with asyncio.timeout(None) as deadline:
            self.deadlines.append(deadline)
            try:
                yield
            finally:
                self.deadlines.remove(deadline)

    def within(self, _: Target, seconds: float | None = None) -> Any:
        return self._within()

    @asynccontextmanager
    async def datagrams(
        self, target: Target, *, cap: int = PLAIN_CAP
    ) -> AsyncIterator[RelayDatagrams]:
        relay = RelayDatagrams(self, target, self.begun(), cap)
        try:
            yield relay
        finally:
            relay.close()


class RelayDatagrams:
    """As `collectors.wire.Datagrams`, for a library with a socket of its own."""

    def __init__(self, wire: RelayMemory, target: Target, talk: Conversation, cap: int) -> None:
        self._wire, self._target, self._talk, self._left = wire, target, talk, cap
        self._local: socket.socket | None = None
        self._asked = 0
        self._passes: Callable[[bytes], bool] = lambda _: True
        self._over = asyncio.get_running_loop().create_future()
        self.failure: CollectError | None = None
        self.spoke_at = wire.gate.now(), wire.gate.wall()

    def relay(self, passes: Callable[[bytes], bool] = lambda _: True) -> int:
        self._passes = passes
        self._local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._local.setblocking(False)
        self._local.bind(("127.0.0.1", 0))
        asyncio.get_running_loop().add_reader(self._local, self._heard)
        return int(self._local.getsockname()[1])

    def _heard(self) -> None:
        assert self._local is not None
        message, library = self._local.recvfrom(65_535)
        try:
            answer = self._answered(message)
            if answer and self._passes(answer):
                self._local.sendto(answer, library)
        except CollectError as error:
            self.failure = error
            if not self._over.done():
                self._over.set_result(None)
            return
        if self._wire.deadlines:
            self._look_again(self._wire.deadlines[-1], self._asked, TURNS)

    def _answered(self, message: bytes) -> bytes:
        judged(self._wire.gate, self._target, message)
        self._asked += 1
        if self._asked > self._wire.packets:
            raise BudgetSpent(self._target, f"one question may cost {self._wire.packets} packets")
        # As many as there are: when one left tells it from the next.
        self.spoke_at = float(self._asked), self._wire.gate.wall()
        answer = self._talk.tell(message)[:65_507]
        self._left -= len(answer)
        if self._left < 0:
            raise Unintelligible(self._target, "the answers are longer than we accept")
        return answer

    def _look_again(self, waiting: asyncio.Timeout, asked: int, turns: int) -> None:
        """Who still waits for the same question will not be answered any more."""
        answered = asked != self._asked or waiting not in self._wire.deadlines
        if self._local is None or answered:
            return
        loop = asyncio.get_running_loop()
        if turns:
            loop.call_soon(self._look_again, waiting, asked, turns - 1)
        else:
            waiting.reschedule(loop.time())

    async def ended(self) -> None:
        await asyncio.shield(self._over)

    def close(self) -> None:
        if self._local is not None:
            asyncio.get_running_loop().remove_reader(self._local)
            self._local.close()
            self._local = None
