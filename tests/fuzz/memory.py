"""
A device in memory behind the wire's interface: no socket, no waiting, the same judging and caps.

A device that has no more to say is silent, which here means the deadline at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

from collectors.errors import BudgetSpent, HungUp, TimedOut, Unintelligible
from collectors.wire import PLAIN_CAP, SECURE_CAP, Metered, Target
from collectors.wire.judging import judged
from tests.devices.snmp_peers import OpenGate
from tests.fuzz.hostile import broken

Says = Callable[[bytes], bytes]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class StillGate(OpenGate):
    """Its clocks stand, so that one seed gives one series."""

    def now(self) -> float:
        return 1_000.0

    def wall(self) -> datetime:
        return NOW


@dataclass
class Spoiling:
    """
    What becomes of answer number `nth`, the last one of its connection; all others are right.

    `how`: "right", "sliced" (right, octet by octet), "broken" (spoilt, then closed), "hanging"
    (spoilt, then silence), "foreign" (somebody else's octets), "cut" (less than all of it).
    """

    rng: Random
    how: str
    nth: int
    foreign: tuple[bytes, ...] = ()
    done: int = 0

    def turn(self) -> bool:
        """Whether the answer that is due now is the one to spoil."""
        number, self.done = self.done, self.done + 1
        return number == self.nth and self.how not in ("right", "sliced")

    def spoilt(self, answer: bytes, earlier: tuple[bytes, ...]) -> bytes:
        if self.how == "cut":
            return answer[: self.rng.randrange(len(answer))]
        if self.how == "foreign" and self.foreign:
            return self.rng.choice(self.foreign)
        return broken(self.rng, answer, earlier)


@dataclass
class Conversation:
    """Everything one connection heard and said, after it was spoilt."""

    device: Says
    spoiling: Spoiling
    heard: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    over: bool = False

    def tell(self, message: bytes) -> bytes:
        """What comes back on `message`; empty: nothing more will."""
        if message:
            self.heard.append(message)
        if self.over:
            return b""
        answer = self.device(message)
        if not answer:
            return b""
        if self.spoiling.turn():
            self.over = True
            answer = self.spoiling.spoilt(answer, tuple(self.said))
        self.said.append(answer)
        return answer

    @property
    def ended(self) -> bool:
        """Whether the device has closed, rather than fallen silent."""
        return self.over and self.spoiling.how != "hanging"


@dataclass
class InMemory:
    """Stands where a `Wire` stands; each connection is a new `device()`."""

    device: Callable[[], Says]
    spoiling: Spoiling
    gate: Any = field(default_factory=StillGate)
    connect: float = 3.0
    whole: float = 15.0
    packets: int = 60
    talks: list[Conversation] = field(default_factory=list)
    left: list[Target] = field(default_factory=list)

    @property
    def said(self) -> bytes:
        return b"".join(part for talk in self.talks for part in talk.said)

    def shook(self, target: Target) -> None:
        return None

    def lasts(self, target: Target, timeout_ms: int) -> None:
        return None

    def left_open(self, target: Target) -> None:
        self.left.append(target)

    def within(self, _: Target, seconds: float | None = None) -> Within:
        return Within()

    def begun(self) -> Conversation:
        self.talks.append(Conversation(self.device(), self.spoiling))
        return self.talks[-1]

    @asynccontextmanager
    async def stream(self, target: Target, *, cap: int = PLAIN_CAP) -> AsyncIterator[MemoryStream]:
        try:
            yield MemoryStream(self, target, self.begun(), cap)
        except TimeoutError:
            raise TimedOut(target, f"no answer within {self.whole:g} s") from None

    @asynccontextmanager
    async def attached(
        self, target: Target, protocol: Callable[[], Any], *, cap: int = SECURE_CAP
    ) -> AsyncIterator[Any]:
        """The wire's own `Metered`, on a transport that is a conversation."""
        link = MemoryLink(self, target)
        metered = Metered(protocol(), link, cap)  # type: ignore[arg-type]
        metered.connection_made(Transport(self.begun(), metered, cap))  # type: ignore[arg-type]
        try:
            yield metered.inner
        finally:
            metered.close()

    @asynccontextmanager
    async def datagrams(
        self, target: Target, *, cap: int = PLAIN_CAP
    ) -> AsyncIterator[MemoryDatagrams]:
        yield MemoryDatagrams(self, target, self.begun(), cap)


class Within:
    """A deadline that nobody has to wait for."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


class MemoryStream:
    """As `collectors.wire.Stream`."""

    def __init__(self, wire: InMemory, target: Target, talk: Conversation, cap: int) -> None:
        self._wire, self._target, self._talk, self._left = wire, target, talk, cap
        self._pending = bytearray(talk.tell(b""))
        self.octets = 0

    async def send(self, message: bytes) -> None:
        judged(self._wire.gate, self._target, message)
        self.octets += len(message)
        self._pending += self._talk.tell(message)

    async def receive(self, most: int = 4096) -> bytes:
        if not self._pending:
            if self._talk.ended:
                raise HungUp(self._target, "the connection was closed", "reading")
            raise TimeoutError
        size = 1 if self._talk.spoiling.how == "sliced" else min(most, self._left + 1)
        data = bytes(self._pending[:size])
        del self._pending[:size]
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answer is longer than we accept")
        return data


class MemoryLink:
    """What `Metered` needs of a link."""

    def __init__(self, wire: InMemory, target: Target) -> None:
        self.gate, self.target = wire.gate, target
        self.underway = SimpleNamespace(buffered=None, shut=False, checked=lambda _: None)
        self.spoke_at = wire.gate.now(), wire.gate.wall()

    async def paced(self, octets: int, answer: int = 1) -> None:
        return None

    def within(self, seconds: float) -> Within:
        return Within()

    def spoken(self, octets: int) -> None:
        return None

    def notice(self) -> bool:
        return False


class Transport:
    """Answers within `write`; a device that says nothing more closes."""

    def __init__(self, talk: Conversation, metered: Metered, cap: int) -> None:
        self._talk, self._metered = talk, metered

    def write(self, data: bytes) -> None:
        answer = self._talk.tell(bytes(data))
        step = 1 if self._talk.spoiling.how == "sliced" else 65_536
        for at in range(0, len(answer), step):
            self._metered.data_received(answer[at : at + step])
        if self._talk.over or not answer:
            # A library that waits for a future cannot be told the deadline: it hears the end.
            self._metered.connection_lost(None)

    def write_eof(self) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0


class MemoryDatagrams:
    """As `collectors.wire.Datagrams` for those who hold it themselves."""

    def __init__(self, wire: InMemory, target: Target, talk: Conversation, cap: int) -> None:
        self._wire, self._target, self._talk, self._left = wire, target, talk, cap
        self._pending: list[bytes] = []
        self._sent = 0
        self.failure: Exception | None = None
        self.spoke_at = wire.gate.now(), wire.gate.wall()

    async def send(self, message: bytes) -> None:
        judged(self._wire.gate, self._target, message)
        if self._sent >= self._wire.packets:
            raise BudgetSpent(self._target, f"one question may cost {self._wire.packets} packets")
        self._sent += 1
        if answer := self._talk.tell(message):
            self._pending.append(answer[:65_507])

    async def receive(self) -> bytes:
        if not self._pending:
            raise TimeoutError
        data = self._pending.pop(0)
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answers are longer than we accept")
        return data
