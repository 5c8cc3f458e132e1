"""
Publishes what waits in the outbox over MQTT 5, one message at a time.

A message leaves the outbox when the broker has acknowledged it (PUBACK with reason code below
128), so nothing is lost when either side dies; a subscriber may see the last one twice.  Nothing is
subscribed to: this outlet cannot be told anything.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.ledger.entry import Message
from appliance.outlets import messages
from appliance.outlets.outbox import Outbox
from appliance.site.credentials import resolve
from appliance.site.model import Mqtt, Site
from appliance.site.secrets import Secrets
from collectors.credentials import Password

log = structlog.get_logger()
T = TypeVar("T")

KEEPALIVE_SECONDS = 60
ACKNOWLEDGED_WITHIN = 10.0
SESSION_SECONDS = 86_400
TAKEN_OVER = 0x8E
TAKEN_OVER_PAUSE = 300.0
REFUSED = 128


@dataclass(frozen=True)
class Broker:
    """Where to, and as whom; `tls` is None for plain TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(
        cls,
        url: str,
        *,
        tls: ssl.SSLContext | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> Broker:
        """From mqtt://host:port or mqtts://host:port; the ports default to 1883 and 8883."""
        parts = urlsplit(url)
        if parts.scheme == "mqtts" and tls is None:
            tls = ssl.create_default_context()
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        return cls(parts.hostname or "", port, tls, user, password)


class _Lost(Exception):
    """The connection is gone; `code` is the reason the broker gave, if any."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class MqttOutlet:
    """
    One connection at a time to one broker.

    `refill` gives the retained states, which are published again after each connect, because a
    broker may have come back empty.  `backoff` gives the seconds before the n-th try in a row.
    """

    site: str
    appliance: str
    broker: Broker
    outbox: Outbox
    refill: Callable[[], Sequence[Message]] = tuple
    backoff: Callable[[int], float] = lambda n: random.uniform(0.5, 1.0) * min(300.0, 2.0**n)  # noqa: S311
    refused: int = 0
    connected: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(
        cls,
        site: Site,
        secrets: Secrets,
        outbox: Outbox,
        *,
        refill: Callable[[], Sequence[Message]] = tuple,
    ) -> Self:
        """As the site's `outlets.mqtt` has it.  Raises `SecretError` and `ssl.SSLError`."""
        stated = site.outlets.mqtt
        assert stated is not None
        login = resolve(site, secrets, stated.credential) if stated.credential else None
        user = login if isinstance(login, Password) else None
        broker = Broker.at(
            stated.broker,
            tls=_context(stated, secrets) if stated.broker.startswith("mqtts:") else None,
            user=user.user if user else None,
            password=user.password if user else None,
        )
        return cls(site.site.id, site.appliance.id, broker, outbox, refill)

    def wake(self) -> None:
        """Something new waits in the outbox."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; a lost broker is tried again, ever more slowly."""
        failures = 0
        while not stop.is_set():
            connection = _Connection(self)
            pause = 0.0
            try:
                await connection.open()
                failures = 0
                log.info("mqtt connected", broker=self.broker.host)
                self.connected = True
                await self._publish_all(connection, stop)
            except _Lost as lost:
                failures += 1
                pause = self.backoff(failures)
                if lost.code == TAKEN_OVER:
                    # Two with one id would throw each other out for ever.
                    pause = max(pause, TAKEN_OVER_PAUSE)
                if failures == 1:
                    log.warning("mqtt lost", broker=self.broker.host, why=str(lost))
            finally:
                self.connected = False
                await connection.close(graceful=stop.is_set())
            await _sleep(stop, pause)

    async def _publish_all(self, connection: _Connection, stop: asyncio.Event) -> None:
        for message in (messages.status(self.site, "online", appliance=self.appliance),):
            await connection.publish(message)
        for message in self.refill():
            await connection.publish(message)
        refusals = 0
        while not stop.is_set():
            self._woken.clear()
            for waiting in await self.outbox.waiting(messages.OUTLET):
                code = await connection.publish(waiting.message)
                if code >= REFUSED:
                    refusals += 1
                    self._refused(waiting.message, code)
                    # Order within a stream is a promise, so nothing overtakes a refused message.
                    await _sleep(stop, self.backoff(refusals))
                    break
                refusals = 0
                await self.outbox.delivered([waiting.id])
                if stop.is_set():
                    break
            else:
                await connection.idle(self._woken, stop)

    def _refused(self, message: Message, code: int) -> None:
        self.refused += 1
        log.warning("mqtt publish refused", topic=message.address, code=code)


class _Connection:
    """One paho client in its own thread, seen from the event loop."""

    def __init__(self, outlet: MqttOutlet) -> None:
        self._outlet = outlet
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[_Lost] = self._loop.create_future()
        self._acknowledged: dict[int, asyncio.Future[int]] = {}
        self._early: dict[int, int] = {}
        self._client = self._made(outlet)

    def _made(self, outlet: MqttOutlet) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"upheld-{outlet.site}-{outlet.appliance}",
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        if outlet.broker.tls is not None:
            client.tls_set_context(outlet.broker.tls)
        if outlet.broker.user is not None:
            client.username_pw_set(outlet.broker.user, outlet.broker.password)
        will = messages.status(outlet.site, "offline", appliance=outlet.appliance)
        client.will_set(will.address, will.body, qos=1, retain=True)
        client.max_inflight_messages_set(1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    async def open(self) -> None:
        """Connect.  Raises `_Lost` with the cause."""
        broker = self._outlet.broker
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it so
        session.SessionExpiryInterval = SESSION_SECONDS
        try:
            await asyncio.to_thread(
                self._client.connect,
                broker.host,
                broker.port,
                KEEPALIVE_SECONDS,
                clean_start=False,
                properties=session,
            )
        except (OSError, ValueError) as error:
            raise _Lost(str(error) or type(error).__name__) from error
        self._client.loop_start()
        await self._or_lost(self._ready)

    async def publish(self, message: Message) -> int:
        """Publish and wait for the broker's word on it: its reason code.  Raises `_Lost`."""
        headers = json.loads(message.headers)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = headers.get("content_type", "application/octet-stream")
        properties.UserProperty = [("schema", headers.get("schema", ""))]
        info = self._client.publish(
            message.address,
            message.body,
            qos=1,
            retain=bool(headers.get("retain")),
            properties=properties,
        )
        future: asyncio.Future[int] = self._loop.create_future()
        if info.mid in self._early:
            return self._early.pop(info.mid)
        self._acknowledged[info.mid] = future
        return await self._or_lost(future)

    async def idle(self, woken: asyncio.Event, stop: asyncio.Event) -> None:
        """Wait until there is something to do.  Raises `_Lost`."""
        waits = [asyncio.ensure_future(woken.wait()), asyncio.ensure_future(stop.wait())]
        try:
            either: set[asyncio.Future[Any]] = {*waits, self._lost}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._lost.done():
            raise self._lost.result()

    async def close(self, *, graceful: bool) -> None:
        """Leave; after a graceful goodbye the status says offline, as the will would have."""
        if graceful and self._ready.done() and not self._lost.done():
            will = messages.status(self._outlet.site, "offline", appliance=self._outlet.appliance)
            with suppress(_Lost):
                await self.publish(will)
        with suppress(Exception):
            self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def _or_lost(self, future: asyncio.Future[T]) -> T:
        either: set[asyncio.Future[Any]] = {future, self._lost}
        done, _ = await asyncio.wait(
            either,
            timeout=ACKNOWLEDGED_WITHIN,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if future in done:
            return future.result()
        if self._lost.done():
            raise self._lost.result()
        raise _Lost(f"the broker said nothing within {ACKNOWLEDGED_WITHIN:g} s")

    # What follows runs in paho's thread.

    def _on_connect(self, _c: Any, _u: Any, _flags: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            self._call(self._gone, f"refused: {reason}", reason.value)
        else:
            self._call(_settle, self._ready, None)

    def _on_disconnect(self, _c: Any, _u: Any, _flags: Any, reason: Any, _p: Any) -> None:
        self._call(self._gone, str(reason), reason.value)

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: Any, _p: Any) -> None:
        self._call(self._heard, mid, int(reason.value))

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    # Back on the event loop.

    def _heard(self, mid: int, code: int) -> None:
        future = self._acknowledged.pop(mid, None)
        if future is None:
            # The word can come before publish() has told us the number.
            self._early[mid] = code
        else:
            _settle(future, code)

    def _gone(self, why: str, code: int) -> None:
        _settle(self._lost, _Lost(why, code))


def _context(stated: Mqtt, secrets: Secrets) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker checked against the stated CA, our own certificate if any."""
    authority = secrets.bytes(stated.ca).decode() if stated.ca else None
    context = ssl.create_default_context(cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if stated.certificate and stated.key:
        # The ssl module reads certificates from files only.
        with tempfile.TemporaryDirectory() as name:
            pair = [Path(name, part) for part in ("certificate", "key")]
            for path, reference in zip(pair, (stated.certificate, stated.key), strict=True):
                path.touch(mode=0o600)
                path.write_bytes(secrets.bytes(reference))
            context.load_cert_chain(pair[0], pair[1])
    return context


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
