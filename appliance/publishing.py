"""Keeps the outlets that push running: begun, mended, and replaced when the configuration says so."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

import structlog

from appliance.ledger.entry import Message
from appliance.ledger.store import Store
from appliance.outlets import telling
from appliance.outlets.mqtt import STEADY_SECONDS, MqttOutlet, jittered
from appliance.round import Rounds
from appliance.site.model import Mqtt, Site
from appliance.site.problems import Problem, SiteError
from appliance.site.secrets import SecretError, Secrets
from checks import BY_ID

log = structlog.get_logger()

ENDS_WITHIN = 8.0


async def kept_running(
    name: str,
    work: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    backoff: Callable[[int], float] = jittered,
) -> None:
    """
    Run `work` until `stop` is set.

    However it ends before that, it is logged and begun again, ever more slowly: what an outlet
    does not understand must end neither the visits nor the telling.
    """
    tries = 0
    while not stop.is_set():
        began = monotonic()
        try:
            await work()
        except Exception:
            log.exception("outlet broke; it is begun again", outlet=name)
        if stop.is_set():
            return
        tries = 1 if monotonic() - began >= STEADY_SECONDS else tries + 1
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), backoff(tries))


@dataclass
class Publishing:
    """The MQTT outlet as the configuration in force has it; `follow` after each change of that."""

    rounds: Rounds
    _stated: Mqtt | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Begin, go on or end.  Raises `SiteError` for a secret or certificate of no use."""
        stated = self.rounds.site.outlets.mqtt
        if stated == self._stated:
            return
        self._made()
        await self.end()
        self._stated = stated
        if stated is not None:
            self._stop = stop = asyncio.Event()
            self._task = asyncio.create_task(
                kept_running("mqtt", lambda: self._publish(stop), stop)
            )

    async def end(self) -> None:
        """Say goodbye, or leave without when that takes too long."""
        self._stop.set()
        self.rounds.told = _nobody
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=ENDS_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _publish(self, stop: asyncio.Event) -> None:
        if (made := self._made()) is not None:
            self.rounds.told = made.wake
            await made.run(stop)

    def _made(self) -> MqttOutlet | None:
        rounds = self.rounds
        return outlet(
            rounds.site,
            rounds.secrets,
            rounds.store,
            refill=lambda: telling.retained(
                rounds.site.site.id,
                rounds.standings,
                BY_ID,
                entry=rounds.store.size,
                at=rounds.clock.now(),
            ),
        )


def outlet(
    site: Site, secrets: Secrets, store: Store, refill: Callable[[], Sequence[Message]] = tuple
) -> MqttOutlet | None:
    """
    The outlet the site wants, or None; what it needs is read, nothing is connected to.

    Raises `SiteError` for a secret or certificate of no use.
    """
    if site.outlets.mqtt is None:
        return None
    try:
        return MqttOutlet.of(site, secrets, store, refill=refill)
    except (SecretError, ssl.SSLError) as error:
        found = str(error)
        write = "secrets and PEM files that upheld may read and that belong together"
        raise SiteError([Problem("outlets.mqtt", 0, found, write)]) from error


def _nobody() -> None:
    """Nobody waits to be told."""
