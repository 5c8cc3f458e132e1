"""The checkpoint the broker retains, read back: what any late subscriber would get."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from appliance.anchoring.anchor import Contradicted, Failed, Forbidden
from appliance.ledger.anchors.outside import contradiction, found
from appliance.ledger.anchors.receipt import Receipt
from appliance.ledger.errors import NoteError
from appliance.ledger.store import Store
from appliance.outlets import messages
from appliance.outlets.broker import Broker

WITHIN = 10.0
_QUIET = 1.0
"""Seconds after the subscription was accepted; a retained message comes at once or not at all."""


@dataclass
class Reading:
    """What came back: None until the broker has answered."""

    note: str | None = None
    why: str = ""
    forbidden: bool = False


class RetainedAnchor:
    """
    A connection of its own for each look, of another name than the outlet's: the outlet itself
    subscribes to nothing.  What is read changes nothing but what we say of our own evidence.
    """

    kind = "mqtt"

    def __init__(
        self,
        site: str,
        appliance: str,
        broker: Callable[[], Broker],
        every: float,
        store: Store,
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        """`looked` is called when the broker has answered, or has said that it will not."""
        self.id = "mqtt"
        self.every = every
        self._client_id = f"upheld-{site}-{appliance}-look"
        self._topic = f"{messages.root(site)}/ledger/checkpoint"
        self._broker = broker
        self._store = store
        self._looked = looked

    async def take(self) -> Receipt:
        note = await self.known()
        if note is None:
            raise Failed(f"the broker retains nothing at {self._topic}")
        try:
            outside = found("the MQTT broker", note, self._store.verifier)
        except NoteError as error:
            # A stranger's, or damaged: worth a word, and no reason to doubt ourselves.
            raise Failed(
                f"what the broker retains at {self._topic} is not ours: {error}"
            ) from error
        own = self._store.verifier.name
        why = await self._store.read(partial(contradiction, outside=outside, own=own))
        if why is not None:
            raise Contradicted(outside, why)
        if outside.checkpoint.origin != own:
            raise Failed(f"what the broker retains at {self._topic} is of the log before this one")
        return Receipt(self.id, self.kind, note, fields={"topic": self._topic, "retained": True})

    async def known(self) -> str | None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str | None] = loop.create_future()

        def settle(reading: Reading) -> None:
            if reading.forbidden or not reading.why:
                self._looked()
            if future.done():
                return
            if reading.why:
                kind = Forbidden if reading.forbidden else Failed
                future.set_exception(kind(f"the MQTT broker: {reading.why}"))
            else:
                future.set_result(reading.note)

        def thread() -> None:
            try:
                reading = self._read()
            except Exception as error:  # noqa: BLE001 - said where it is awaited
                reading = Reading(why=str(error) or type(error).__name__)
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, reading)

        threading.Thread(target=thread, name="mqtt-look", daemon=True).start()
        return await future

    def _read(self) -> Reading:
        broker = self._broker()
        done, reading = threading.Event(), Reading(why=f"no answer within {WITHIN:g} s")
        # A name of our own for each look: two looks that overlap must not throw each other out.
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._client_id}-{secrets.token_hex(3)}",
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)

        def connected(_c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
            if reason.is_failure:
                reading.why = f"refused: {reason}"
                done.set()
            else:
                client.subscribe(self._topic, qos=1)

        def subscribed(_c: Any, _u: Any, _m: Any, reasons: Any, _p: Any) -> None:
            if any(r.is_failure for r in reasons):
                reading.why = f"it does not let us read {self._topic} ({reasons[0]})"
                reading.forbidden = True
                done.set()
            elif reading.note is None:
                reading.why = ""
                accepted.set()

        def message(_c: Any, _u: Any, received: Any) -> None:
            reading.note, reading.why = received.payload.decode("utf-8", "replace"), ""
            done.set()

        accepted = threading.Event()
        client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, message
        client.connect(broker.host, broker.port, keepalive=30)
        client.loop_start()
        try:
            if not done.wait(0) and not accepted.wait(WITHIN):
                return reading
            done.wait(_QUIET)
        finally:
            client.disconnect()
            client.loop_stop()
        return reading
