"""
Publishes what waits in the outbox over MQTT 5, one message at a time.

A message leaves the outbox when the broker has acknowledged it (PUBACK with reason code below
128), so nothing is lost when either side dies; a subscriber may see the last one twice.  Nothing is
subscribed to: this outlet cannot be told anything.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Self

import structlog

from appliance.clock import Clock, SystemClock
from appliance.ledger.entry import Message, Waiting
from appliance.outlets import messages
from appliance.outlets.broker import Broker
from appliance.outlets.connection import Connection, Lost
from appliance.outlets.outbox import Outbox
from appliance.site.model import Site
from appliance.site.secrets import Secrets

log = structlog.get_logger()

TAKEN_OVER = 0x8E
TAKEN_OVER_PAUSE = 300.0
# A connection that lasts less has not mended anything: two clients of one name, where the broker
# does not tell them so, or a broker that hangs up over our first message.
STEADY_SECONDS = 30.0
REFUSED = 128
# Malformed, protocol error, topic invalid, packet too large, payload format, retain or QoS not
# supported: the broker hangs up over one message, and would again over the same.
BLAMES_THE_MESSAGE = frozenset({0x81, 0x82, 0x90, 0x95, 0x99, 0x9A, 0x9B})
MOMENT_SECONDS = 1.0
BATCH = 100
MOST_LOOKED_AT = 6_400


def jittered(tries: int) -> float:
    """Seconds before the next try after so many in a row: 1 s doubling up to 5 min, less a part."""
    return random.uniform(0.5, 1.0) * min(300.0, 2.0 ** min(tries - 1, 9))  # noqa: S311 - no secret


@dataclass
class _Held:
    """
    Streams whose next message the broker refused, and when to try each again.

    Order within a stream is a promise, so nothing overtakes a refused message in its own stream.
    """

    _tries: dict[str, int] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)

    def holds(self, stream: str) -> bool:
        return self._until.get(stream, 0.0) > monotonic()

    def hold(self, stream: str, backoff: Callable[[int], float]) -> int:
        """How many times in a row it was refused."""
        self._tries[stream] = self._tries.get(stream, 0) + 1
        self._until[stream] = monotonic() + backoff(self._tries[stream])
        return self._tries[stream]

    def release(self, stream: str) -> None:
        self._tries.pop(stream, None)
        self._until.pop(stream, None)

    def next_try(self, since: float) -> float | None:
        """Seconds until the first of those still held at `since` may be tried; None: there are none."""
        now = monotonic()
        ends = (max(end - now, 0.0) for end in self._until.values() if end > since)
        return min(ends, default=None)


@dataclass
class MqttOutlet:
    """
    One connection at a time to one broker.

    `refill` gives the retained states, which are published again after each connect, because a
    broker may have come back empty.  `head_may_go` says whether the ledger's head may replace the
    one the broker retains.  `backoff` gives the seconds before the n-th try in a row.
    """

    site: str
    appliance: str
    broker: Broker
    outbox: Outbox
    refill: Callable[[], Sequence[Message]] = tuple
    head_may_go: Callable[[], bool] = lambda: True
    backoff: Callable[[int], float] = jittered
    clock: Clock = field(default_factory=SystemClock)
    refused: int = 0
    connected: bool = False
    _failures: int = 0
    _works: bool | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _held: _Held = field(default_factory=_Held)

    @classmethod
    def of(
        cls,
        site: Site,
        secrets: Secrets,
        outbox: Outbox,
        *,
        refill: Callable[[], Sequence[Message]] = tuple,
        head_may_go: Callable[[], bool] = lambda: True,
    ) -> Self:
        """As the site's `outlets.mqtt` has it.  Raises `SecretError` and `ssl.SSLError`."""
        stated = site.outlets.mqtt
        assert stated is not None
        broker = Broker.stated(site, stated, secrets)
        return cls(site.site.id, site.appliance.id, broker, outbox, refill, head_may_go)

    def wake(self) -> None:
        """Something new waits in the outbox."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; a lost broker is tried again, ever more slowly."""
        while not stop.is_set():
            connection = Connection(self.site, self.appliance, self.broker)
            began, pause = monotonic(), 0.0
            try:
                await _until(stop, self._served(connection, stop))
            except Lost as lost:
                pause = self._after(lost, lasted=monotonic() - began)
            finally:
                self.connected = False
                await connection.close(graceful=stop.is_set(), at=self.clock.now())
            await _sleep(stop, pause)

    async def _served(self, connection: Connection, stop: asyncio.Event) -> None:
        await connection.open()
        self.connected = True
        await self._publish_all(connection, stop)

    def _after(self, lost: Lost, *, lasted: float) -> float:
        """Seconds until the next connection."""
        if self._works is not False:
            log.warning("mqtt lost", broker=self.broker.host, why=str(lost))
        self._works = False
        if lasted >= STEADY_SECONDS:
            self._failures = 0
        if lost.code == TAKEN_OVER:
            log.error(
                "another client uses our name on the broker; not connecting for a while",
                broker=self.broker.host,
                seconds=TAKEN_OVER_PAUSE,
            )
            return TAKEN_OVER_PAUSE
        if lost.code not in BLAMES_THE_MESSAGE:
            self._failures += 1
        # Over a message: soon, while that message waits ever longer and lets others by.
        return self.backoff(max(self._failures, 1))

    async def _publish_all(self, connection: Connection, stop: asyncio.Event) -> None:
        here = messages.status(self.site, "online", appliance=self.appliance, at=self.clock.now())
        await self._accepted(connection, here)
        refilled = -math.inf
        while not stop.is_set():
            if monotonic() - refilled >= messages.REFRESH_SECONDS:
                await self._refill(connection)
                refilled = monotonic()
            self._woken.clear()
            looked = monotonic()
            ready = await self._ready()
            if not ready:
                self._working()
                tries = self._held.next_try(looked)
                again = refilled + messages.REFRESH_SECONDS - monotonic()
                waits = again if tries is None else min(again, tries)
                await connection.idle(self._woken, stop, max(waits, 0.0))
            for waiting in ready:
                if stop.is_set():
                    return
                if self._held.holds(waiting.message.stream):
                    continue
                if await self._accepted(connection, waiting.message):
                    await self.outbox.delivered([waiting.id])
                    self._working()

    async def _refill(self, connection: Connection) -> None:
        """Everything retained, for a broker that came back empty and before it expires."""
        for message in self.refill():
            if not self._waits(message.stream):
                await self._accepted(connection, message)

    def _working(self) -> None:
        if self._works is not True:
            log.info("mqtt works", broker=self.broker.host)
        self._works = True

    async def _ready(self) -> list[Waiting]:
        """Some of the oldest messages whose stream is not held; looks further when all are."""
        limit = BATCH
        while True:
            rows = await self.outbox.waiting(messages.OUTLET, limit)
            ready = [w for w in rows if not self._waits(w.message.stream)]
            if ready or len(rows) < limit or limit >= MOST_LOOKED_AT:
                return ready
            limit *= 8

    def _waits(self, stream: str) -> bool:
        """Held back after a refusal; or a head, while the one it would replace was not read."""
        if stream == messages.CHECKPOINTS and not self.head_may_go():
            return True
        return self._held.holds(stream)

    async def _accepted(self, connection: Connection, message: Message) -> bool:
        """Publish; a message the broker does not take holds its own stream back, no other."""
        try:
            code = await connection.publish(message)
        except Lost as lost:
            if lost.code in BLAMES_THE_MESSAGE:
                self._refused(message, lost.code)
            raise
        if code >= REFUSED:
            self._refused(message, code)
            return False
        self._held.release(message.stream)
        return True

    def _refused(self, message: Message, code: int) -> None:
        self.refused += 1
        tries = self._held.hold(message.stream, self.backoff)
        if tries == 1:
            log.warning("mqtt publish refused", topic=message.address, code=code)


async def _until(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """
    Until the work ends, or a moment after `stop`.

    The moment is for the word on a message under way, which would else be sent twice.
    """
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            await asyncio.wait({working}, timeout=MOMENT_SECONDS)
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
    if not working.cancelled():
        working.result()


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
