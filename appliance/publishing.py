"""Keeps the outlets that push running: begun, mended, and replaced when the configuration says so."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Protocol

import structlog

from appliance.ledger.entry import Message
from appliance.ledger.store import Store
from appliance.outlets import messages, telling
from appliance.outlets.mqtt import STEADY_SECONDS, MqttOutlet, jittered
from appliance.outlets.picture import Link
from appliance.outlets.soc import SocOutlet
from appliance.rounds.round import Rounds
from appliance.site.model import Site
from appliance.site.problems import Problem, SiteError
from appliance.site.secrets import SecretError, Secrets

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


class Outlet(Protocol):
    """What pushes to somebody until it is told to stop."""

    connected: bool

    async def run(self, stop: asyncio.Event) -> None: ...

    def wake(self) -> None:
        """Something new waits in the outbox."""


@dataclass
class _Running:
    """One outlet as it was configured; `made` is None while it is being begun again."""

    stated: object
    stop: asyncio.Event
    task: asyncio.Task[None] | None = None
    made: Outlet | None = None


class Publishing:
    """The outlets as the configuration in force has them; `follow` after each change of that."""

    def __init__(self, rounds: Rounds) -> None:
        self.rounds = rounds
        self.note = ""
        self._running: dict[str, _Running] = {}
        # What the broker retains is evidence of what we had: ours takes its place once it was read.
        self._looked = False

    async def follow(self) -> None:
        """
        Begin, go on or end.

        Raises `SiteError` for a secret or certificate of no use, and `LedgerError`.
        """
        wanted = _wanted(self.rounds.site)
        changed = [n for n, stated in wanted.items() if self._stated(n) != stated]
        for name in changed:
            self._made(name)
        await self._end([*changed, *(self._running.keys() - wanted.keys())])
        for name in changed:
            running = _Running(wanted[name], asyncio.Event())
            self._running[name] = running
            running.task = asyncio.create_task(
                kept_running(name, partial(self._publish, name, running), running.stop)
            )
        self.rounds.told = self._wake
        self.rounds.links = self._links
        await self._forget(wanted)

    async def _forget(self, wanted: Collection[str]) -> None:
        """
        Drop what waits for outlets that are configured no more.

        Nobody could be told it: it would count as backlog for ever, and if a broker came back under
        that name, the states of then would take the place of those of now.
        """
        store = self.rounds.store
        for name in (await store.backlog()).keys() - set(wanted):
            dropped = 0
            while rows := await store.waiting(name):
                await store.delivered([row.id for row in rows])
                dropped += len(rows)
            log.warning("dropped what waited for an outlet that is gone", outlet=name, n=dropped)

    async def end(self) -> None:
        """Say goodbye, or leave without when that takes too long."""
        self.rounds.told = _nobody
        await self._end(list(self._running))

    def made(self, name: str) -> Outlet | None:
        """The outlet of that name while it runs, for who wants to know how far it has come."""
        running = self._running.get(name)
        return running.made if running else None

    def handed(self, name: str) -> tuple[str, str] | None:
        """The newest checkpoint that SOC took, and how sure that is; None: none yet."""
        made = self.made(name)
        return made.handed if isinstance(made, SocOutlet) else None

    def broker_waits_for_a_look(self) -> bool:
        """Whether it can be reached now and has not been asked what it retains."""
        made = self.made("mqtt")
        return isinstance(made, MqttOutlet) and made.connected and not self._looked

    def looked(self) -> None:
        """What the broker retains was read, or the broker keeps it from us: ours may go there."""
        self._looked = True
        self._wake()

    def _links(self) -> dict[str, Link]:
        found = {name: running.made for name, running in self._running.items()}
        return {
            name: Link(made.connected, getattr(made, "refused", 0)) if made else Link(False)
            for name, made in found.items()
        }

    def _stated(self, name: str) -> object:
        running = self._running.get(name)
        return running.stated if running else None

    async def _end(self, names: Sequence[str]) -> None:
        gone = [self._running.pop(name) for name in names if name in self._running]
        for running in gone:
            running.stop.set()
        tasks = [running.task for running in gone if running.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=ENDS_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self) -> None:
        for running in self._running.values():
            if running.made is not None:
                running.made.wake()

    async def _publish(self, name: str, running: _Running) -> None:
        running.made = self._made(name)
        await running.made.run(running.stop)

    def _retained(self) -> list[Message]:
        """Everything a broker should hold of us, but that we are online."""
        rounds = self.rounds
        at = rounds.clock.now()
        kept = rounds.teller.retained(rounds.standings, entry=rounds.store.size, at=at)
        kept += telling.summaries(rounds.site.site.id, rounds.standings, at=at)
        return [*kept, *([messages.checkpoint(rounds.site.site.id, self.note)] * bool(self.note))]

    def _made(self, name: str) -> Outlet:
        rounds = self.rounds
        return outlet(
            name,
            rounds.site,
            rounds.secrets,
            rounds.store,
            note=lambda: self.note,
            refill=self._retained,
            head_may_go=lambda: self._looked,
        )


def _wanted(site: Site) -> dict[str, object]:
    """Every outlet that pushes, by its name in the outbox, as it is stated."""
    wanted: dict[str, object] = {}
    if site.outlets.mqtt is not None:
        wanted["mqtt"] = site.outlets.mqtt
    return wanted | {f"soc-{n}": soc for n, soc in enumerate(site.outlets.soc, 1)}


def usable(site: Site, secrets: Secrets, store: Store) -> None:
    """Raises `SiteError` when an outlet's secret or certificate is of no use; connects to nobody."""
    for name in _wanted(site):
        outlet(name, site, secrets, store)


def outlet(
    name: str,
    site: Site,
    secrets: Secrets,
    store: Store,
    *,
    note: Callable[[], str] = str,
    refill: Callable[[], Sequence[Message]] = tuple,
    head_may_go: Callable[[], bool] = lambda: True,
) -> Outlet:
    """
    The outlet of that name; what it needs is read, nothing is connected to.

    Raises `SiteError` for a secret or certificate of no use.
    """
    try:
        if name == "mqtt":
            return MqttOutlet.of(site, secrets, store, refill=refill, head_may_go=head_may_go)
        return SocOutlet.of(site, int(name.removeprefix("soc-")), secrets, store, note=note)
    except (SecretError, ssl.SSLError) as error:
        found = str(error)
        write = "secrets and PEM files that upheld may read and that belong together"
        raise SiteError([Problem(f"outlets.{name}", 0, found, write)]) from error


def _nobody() -> None:
    """Nobody waits to be told."""
