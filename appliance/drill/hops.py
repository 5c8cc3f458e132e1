"""Follows a drill's messages: what each step shows, after how long, or why it shows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from appliance.drill.book import MQTT, PERSON, PROMETHEUS, RECORDED, Drill, Hop, Sent
from appliance.drill.prometheus import NoWord, alert_state
from appliance.ledger.store import Store
from appliance.outlets.mqtt import MqttOutlet
from appliance.outlets.soc import SocOutlet
from appliance.publishing import Publishing
from appliance.rounds.round import Rounds
from appliance.site.model import Site


@dataclass(frozen=True)
class Patience:
    """Seconds: how often is looked, and how long is waited for an outlet and for Prometheus."""

    look: float = 0.02
    outlet: float = 60.0
    ask: float = 1.0
    prometheus: float = 180.0


def names(site: Site) -> tuple[str, ...]:
    """Every step a drill of this site has to take, in the order it is told."""
    return (
        RECORDED,
        *((MQTT,) if site.outlets.mqtt is not None else ()),
        *(f"soc-{n}" for n in range(1, len(site.outlets.soc) + 1)),
        *((PROMETHEUS,) if site.drill.prometheus else ()),
        PERSON,
    )


@dataclass(frozen=True)
class Following:
    """
    One drill on its way.

    `since` is the monotonic second of its verdict, None when a restart lies between.
    """

    rounds: Rounds
    publishing: Publishing
    drill: Drill
    since: float | None
    patience: Patience = Patience()

    async def hops(self) -> AsyncIterator[Hop]:
        """Each open step but the person's as soon as something is known of it."""
        open_ = [h.name for h in self.drill.hops if h.shown is None and h.name != PERSON]
        tasks = [asyncio.create_task(self._hop(name)) for name in open_]
        try:
            for done in asyncio.as_completed(tasks):
                yield await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hop(self, name: str) -> Hop:
        if name == PROMETHEUS:
            return await self._prometheus()
        sent = [s for s in self.drill.sent if s.outlet == name]
        if not sent:
            return Hop(name, shown=False, said="nothing was sent: the configuration has changed")
        if name == MQTT:
            return await self._mqtt(sent)
        return await self._soc(name, sent)

    async def _mqtt(self, sent: Sequence[Sent]) -> Hop:
        rows = [s.row for s in sent]
        store: Store = self.rounds.store

        async def acknowledged() -> bool:
            return not await store.wait(rows)

        if await self._until(acknowledged, self.patience.look, self.patience.outlet):
            return self._shown(MQTT, "the broker acknowledged it (PUBACK)")
        made = self.publishing.made(MQTT)
        up = isinstance(made, MqttOutlet) and made.connected
        why = "connected, but the broker has not taken it" if up else "no connection to the broker"
        return self._not_shown(MQTT, self.patience.outlet, f"{why}; it waits in the outbox")

    async def _soc(self, name: str, sent: Sequence[Sent]) -> Hop:
        rows, last = [s.row for s in sent], max(s.sequence for s in sent)

        async def handed() -> bool:
            made = self.publishing.made(name)
            if isinstance(made, SocOutlet) and (made.sequence or 0) >= last:
                return True
            return not await self.rounds.store.wait(rows)

        if await self._until(handed, self.patience.look, self.patience.outlet):
            return self._shown(name, "handed to the syslog peer; whether it arrived it cannot tell")
        made = self.publishing.made(name)
        up = isinstance(made, SocOutlet) and made.connected
        why = "connected, but not its turn yet" if up else "no connection to the collector"
        return self._not_shown(name, self.patience.outlet, f"{why}; it waits in the outbox")

    async def _prometheus(self) -> Hop:
        last = ""

        async def fires() -> bool:
            nonlocal last
            plan, secrets = self.rounds.site.drill, self.rounds.secrets
            try:
                state = await alert_state(plan, secrets, self.drill.code)
            except NoWord as error:
                last = str(error)
                return False
            last = "its rule is pending" if state else "no rule has noticed: is rules.yml loaded?"
            return state == "firing"

        if await self._until(fires, self.patience.ask, self.patience.prometheus):
            return self._shown(PROMETHEUS, "its rule fires, says Prometheus")
        return self._not_shown(PROMETHEUS, self.patience.prometheus, last)

    async def _until(
        self, true: Callable[[], Awaitable[bool]], every: float, patience: float
    ) -> bool:
        clock = self.rounds.clock
        end = clock.monotonic() + patience
        while not await true():
            if clock.monotonic() >= end:
                return False
            await asyncio.sleep(every)
        return True

    def _shown(self, name: str, said: str) -> Hop:
        if self.since is None:
            return Hop(name, shown=True, said=f"{said}, after a restart")
        ms = round((self.rounds.clock.monotonic() - self.since) * 1000)
        return Hop(name, shown=True, said=said, ms=ms)

    def _not_shown(self, name: str, after: float, why: str) -> Hop:
        return Hop(name, shown=False, said=f"not shown within {after:g} s: {why}")
