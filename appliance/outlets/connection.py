"""One connection to an MQTT broker: paho in its own thread, seen from the event loop."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from appliance.ledger.entry import Message
from appliance.outlets import messages
from appliance.outlets.broker import Broker

# A broker whose host was cut off is missed after one of these without a word, and full again within
# a minute of its return.
KEEPALIVE_SECONDS = 20
ACKNOWLEDGED_WITHIN = 10.0
GOODBYE_WITHIN = 2.0
CLOSED_WITHIN = 2.0
SESSION_SECONDS = 86_400

T = TypeVar("T")


class Lost(Exception):
    """The connection is gone; `code` is the reason the broker gave, if any."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class Connection:
    """One paho client in its own thread, seen from the event loop."""

    def __init__(self, site: str, appliance: str, broker: Broker) -> None:
        self._site = site
        self._appliance = appliance
        self.broker = broker
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[Lost] = self._loop.create_future()
        self._acknowledged: dict[int, asyncio.Future[int]] = {}
        self._early: dict[int, int] = {}
        self._left = False
        self._client = self._made()

    def _made(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"upheld-{self._site}-{self._appliance}",
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        if self.broker.tls is not None:
            client.tls_set_context(self.broker.tls)
        if self.broker.user is not None:
            client.username_pw_set(self.broker.user, self.broker.password)
        will = messages.status(self._site, "offline", appliance=self._appliance)
        client.will_set(will.address, will.body, qos=1, retain=True)
        client.max_inflight_messages_set(1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    async def open(self) -> None:
        """Connect; may be cancelled at any moment.  Raises `Lost` with the cause."""
        try:
            await self._aside(self._connect)
        except (OSError, ValueError) as error:
            raise Lost(str(error) or type(error).__name__) from error
        self._client.loop_start()
        await self._or_lost(self._ready)

    def _connect(self) -> None:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it so
        session.SessionExpiryInterval = SESSION_SECONDS
        self._client.connect(
            self.broker.host,
            self.broker.port,
            KEEPALIVE_SECONDS,
            clean_start=False,
            properties=session,
        )
        if self._left:
            self._client.disconnect()

    async def publish(self, message: Message) -> int:
        """Publish and wait for the broker's word on it: its reason code.  Raises `Lost`."""
        headers = json.loads(message.headers)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.PayloadFormatIndicator = 1
        properties.ContentType = headers.get("content_type", "application/octet-stream")
        properties.UserProperty = [("schema", headers.get("schema", ""))]
        if expires := headers.get("expires"):
            properties.MessageExpiryInterval = int(expires)
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

    async def idle(
        self, woken: asyncio.Event, stop: asyncio.Event, longest: float | None = None
    ) -> None:
        """Wait until there is something to do, at most `longest` seconds.  Raises `Lost`."""
        waits = [asyncio.ensure_future(woken.wait()), asyncio.ensure_future(stop.wait())]
        try:
            either: set[asyncio.Future[Any]] = {*waits, self._lost}
            await asyncio.wait(either, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._lost.done():
            raise self._lost.result()

    async def close(self, *, graceful: bool, at: datetime) -> None:
        """
        Leave; after a graceful goodbye the status says offline, as the will would have.

        A broker that fell silent holds this up for `GOODBYE_WITHIN` and `CLOSED_WITHIN` at most.
        """
        self._left = True
        if graceful and self._ready.done() and not self._lost.done():
            gone = messages.status(self._site, "offline", appliance=self._appliance, at=at)
            with suppress(Lost, TimeoutError):
                async with asyncio.timeout(GOODBYE_WITHIN):
                    await self.publish(gone)
        # A broker that only fell silent must still tell the others that we are gone.
        word = "Normal disconnection" if graceful else "Disconnect with will message"
        with suppress(Exception):
            self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, word))
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSED_WITHIN):
                await self._aside(self._client.loop_stop)
                return
        # paho waits for what the broker will never take: without its socket it gives up.
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    async def _aside(self, work: Callable[[], Any]) -> Any:
        """
        In a thread of its own, which nobody waits for at the end of the process.

        Looking up a name or a handshake can hang longer than a stop may take.
        """
        future: asyncio.Future[Any] = self._loop.create_future()

        def thread() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - raised where it is awaited
                # paho's frames hold the socket of a failed handshake, and nothing else closes it.
                traceback.clear_frames(error.__traceback__)
                self._call(_fail, future, error)
            else:
                self._call(_settle, future, result)

        threading.Thread(target=thread, name="mqtt", daemon=True).start()
        return await future

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
        raise Lost(f"the broker said nothing within {ACKNOWLEDGED_WITHIN:g} s")

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
        _settle(self._lost, Lost(why, code))


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
