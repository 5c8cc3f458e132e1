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
import ssl
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Self

import structlog

from appliance.clock import Clock, SystemClock
from appliance.ledger.entry import Message, Waiting
from appliance.outlets import messages
from appliance.outlets.broker import Broker
from appliance.outlets.connection import Connection, Lost
from appliance.outlets.held import Held
from appliance.outlets.outbox import Outbox
from appliance.site.model import Site
from appliance.site.secrets import SecretError, Secrets

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
# So often a certificate is looked at while the connection made with it stands.
RENEW_SECONDS = 60.0
BATCH = 100
MOST_LOOKED_AT = 6_400


def jittered(tries: int, longest: float = 300.0) -> float:
    """Seconds before the next try after so many in a row: 1 s doubling up to 5 min, less a part."""
    return random.uniform(0.5, 1.0) * min(longest, 2.0 ** min(tries - 1, 9))  # noqa: S311 - no secret


def reconnecting(tries: int) -> float:
    """As `jittered` up to 45 s: a broker that comes back empty is to be full within a minute."""
    return jittered(tries, 45.0)


@dataclass
class MqttOutlet:
    """
    One connection at a time to one broker.

    `refill` gives the retained states, which are published again after each connect, because a
    broker may have come back empty.  `head_may_go` says whether the ledger's head may replace the
    one the broker retains.  `broker` is asked before each connection, so that renewed certificates
    are read.  `backoff` gives the seconds before the n-th connection in a row, `patience` those
    before a message the broker refused is tried again.
    """

    site: str
    appliance: str
    broker: Callable[[], Broker]
    outbox: Outbox
    refill: Callable[[], Sequence[Message]] = tuple
    head_may_go: Callable[[], bool] = lambda: True
    backoff: Callable[[int], float] = reconnecting
    patience: Callable[[int], float] = jittered
    clock: Clock = field(default_factory=SystemClock)
    renew: float = RENEW_SECONDS
    refused: int = 0
    connected: bool = False
    _failures: int = 0
    _works: bool | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _held: Held = field(default_factory=Held)
    _host: str = ""

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
        broker = partial(Broker.stated, site, stated, secrets)
        broker()
        return cls(site.site.id, site.appliance.id, broker, outbox, refill, head_may_go)

    def wake(self) -> None:
        """Something new waits in the outbox."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; a lost broker is tried again, ever more slowly."""
        while not stop.is_set():
            began, pause = monotonic(), 0.0
            try:
                await self._connection(stop)
            except Lost as lost:
                pause = self._after(lost, lasted=monotonic() - began)
            await _sleep(stop, pause)

    async def _connection(self, stop: asyncio.Event) -> None:
        """One connection, until `stop` or until a certificate is renewed.  Raises `Lost`."""
        try:
            broker = self.broker()
        except (SecretError, ssl.SSLError) as error:
            raise Lost(str(error)) from error
        self._host = broker.host
        connection = Connection(self.site, self.appliance, broker)
        try:
            await _until(stop, self._served(connection, stop))
        finally:
            self.connected = False
            await connection.close(graceful=stop.is_set(), at=self.clock.now())

    async def _served(self, connection: Connection, stop: asyncio.Event) -> None:
        await connection.open()
        self.connected = True
        await self._publish_all(connection, stop)

    def _renewed(self, connection: Connection) -> bool:
        """Whether another connection would be made otherwise than this one."""
        try:
            return self.broker() != connection.broker
        except (SecretError, ssl.SSLError) as error:
            # Somebody may be writing the pair just now; this connection needs neither.
            log.warning("mqtt certificate of no use, the old one stays", why=str(error))
            return False

    def _after(self, lost: Lost, *, lasted: float) -> float:
        """Seconds until the next connection."""
        if self._works is not False:
            log.warning("mqtt lost", broker=self._host, why=str(lost))
        self._works = False
        if lasted >= STEADY_SECONDS:
            self._failures = 0
        if lost.code == TAKEN_OVER:
            log.error(
                "another client uses our name on the broker; not connecting for a while",
                broker=self._host,
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
        refilled, renew_at = -math.inf, monotonic() + self.renew
        while not stop.is_set():
            if monotonic() >= renew_at:
                if self._renewed(connection):
                    return
                renew_at = monotonic() + self.renew
            if monotonic() - refilled >= messages.REFRESH_SECONDS:
                await self._refill(connection)
                refilled = monotonic()
            self._woken.clear()
            looked = monotonic()
            ready = await self._ready()
            if not ready:
                self._working()
                tries = self._held.next_try(looked)
                again = min(refilled + messages.REFRESH_SECONDS, renew_at) - monotonic()
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
            log.info("mqtt works", broker=self._host)
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
        tries = self._held.hold(message.stream, self.patience)
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
