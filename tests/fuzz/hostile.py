"""A TCP device whose answers are right until one of them is not, and what came of asking it."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from collectors.allowed import Permissions
from collectors.errors import CollectError
from collectors.wire import Target, Wire
from tests.devices.snmp_peers import OpenGate
from tests.fuzz.generating import LONG, mutated

LANES = 8
Answering = Callable[[Any, Any], Awaitable[None]]


GATE = OpenGate(share=1 << 40)


def wire(**more: Any) -> Wire:
    return replace(Wire(GATE, connect=0.3, whole=0.3), **more)


def series(short: int, long: int) -> int:
    return long if LONG else short


def broken(rng: Random, answer: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """What a device sends in place of a right answer."""
    match rng.randrange(10):
        case 0:
            return answer[: rng.randrange(len(answer))]
        case 1:
            return answer + rng.randbytes(rng.randint(1, 300))
        case 2:
            return rng.randbytes(rng.randrange(len(answer) * 2 + 1))
        case 3:
            return answer + answer
        case 4:
            return rng.choice((b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", answer[::-1]))
        case _:
            return mutated(rng, answer, others)


@dataclass
class Breaking:
    """Stands where a device's writer stands and spoils write number `nth`; keeps what left.

    `how` is "spoilt", "sliced" (right, in single octets) or "right".
    """

    inner: asyncio.StreamWriter
    rng: Random
    how: str
    nth: int
    sent: list[bytes] = field(default_factory=list)
    _over: bool = False

    def write(self, data: bytes) -> None:
        if self._over:
            return
        if self.how == "spoilt" and len(self.sent) == self.nth:
            data = broken(self.rng, data, tuple(self.sent))
            self._over = True
        self.sent.append(data)
        if self.how == "sliced":
            for n in range(len(data)):
                self.inner.write(data[n : n + 1])
        else:
            self.inner.write(data)
        if self._over:
            with suppress(OSError, RuntimeError):
                self.inner.write_eof()


@dataclass
class Lane:
    """One device; `device` answers the next connections, `writers` are what they sent."""

    port: int = 0
    device: Callable[[asyncio.StreamReader, Any], Awaitable[None]] | None = None
    spoiling: Callable[[asyncio.StreamWriter], Breaking] | None = None
    writers: list[Breaking] = field(default_factory=list)
    underway: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.device is not None
        assert self.spoiling is not None
        task = asyncio.current_task()
        assert task is not None
        self.underway.add(task)
        task.add_done_callback(self.underway.discard)
        breaking = self.spoiling(writer)
        self.writers.append(breaking)
        # A scripted device may stumble over what we ask after it lied; that is its own affair.
        with suppress(Exception):
            await self.device(reader, breaking)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    @property
    def sent(self) -> bytes:
        return b"".join(data for writer in self.writers for data in writer.sent)


@asynccontextmanager
async def lane() -> AsyncIterator[Lane]:
    it = Lane()
    server = await asyncio.start_server(it.serve, "127.0.0.1", 0)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        await server.wait_closed()
        if it.underway:
            await asyncio.wait(it.underway)


def target(port: int, protocol: str) -> Target:
    return Target("asset-1", "127.0.0.1", "tcp", port, protocol, permits=Permissions(unit=1))


async def many(
    name: str, count: int, one: Callable[[Lane, Random], Awaitable[str]]
) -> Counter[str]:
    """`one` so many times, side by side; what each came to."""
    outcomes: Counter[str] = Counter()

    async def run(number: int) -> None:
        rng = Random(f"upheld {name} {number}")
        async with lane() as device:
            for _ in range(count // LANES):
                outcomes[await one(device, rng)] += 1

    async with asyncio.TaskGroup() as side_by_side:
        for number in range(LANES):
            side_by_side.create_task(run(number))
    return outcomes


async def outcome(asking: Awaitable[Any], judge: Callable[[Any], None]) -> str:
    """The kind of `CollectError`, or "facts" after they were judged; anything else is raised."""
    failure = None
    try:
        facts = await asking
    except CollectError as error:
        failure = error
    # Whatever a device says, it never makes us say what the gate has to stop.
    assert GATE.refusals == []
    if failure is None:
        judge(facts)
        return "facts"
    assert str(failure).isprintable(), ascii(str(failure))
    return type(failure).__name__


def row(outcomes: Counter[str]) -> list[object]:
    return [outcomes.total(), *(f"{name} {n:,}" for name, n in sorted(outcomes.items()))]


@asynccontextmanager
async def bounded(seconds: float, octets: int = 4 << 20) -> AsyncIterator[None]:
    """Neither longer nor more memory than this."""
    loop = asyncio.get_running_loop()
    tracemalloc.start()
    started = loop.time()
    try:
        yield
        assert loop.time() - started < seconds
        assert tracemalloc.get_traced_memory()[1] < octets
    finally:
        tracemalloc.stop()
