"""
The process: wires the rooms, keeps the schedule, reloads, stops.

Stops within ten seconds of SIGTERM; a broken configuration on SIGHUP changes nothing.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from appliance import commands, lock
from appliance.clock import Clock, SystemClock
from appliance.ledger import bodies, keys
from appliance.ledger.store import Store
from appliance.notify import notify
from appliance.outlets import messages, telling, web
from appliance.outlets.mqtt import MqttOutlet
from appliance.outlets.picture import Picture
from appliance.painting import paint
from appliance.reporting import report, status
from appliance.round import Rounds
from appliance.site.difference import difference
from appliance.site.loading import Loaded, load
from appliance.site.problems import Problem, SiteError
from appliance.visit.guard import Guard
from appliance.visit.schedule import next_turn
from checks import BY_ID

STOP_SECONDS = 8.0
HOUSEKEEPING_SECONDS = 2.0
WEDGED_SECONDS = 45.0
CATCH_UP = timedelta(minutes=15)

log = structlog.get_logger()


@dataclass
class Daemon:
    """One running appliance over one configuration directory."""

    directory: Path
    clock: Clock = field(default_factory=SystemClock)
    ready: Callable[[Rounds], None] = lambda _: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run until `stop` is set.  Raises `SiteError`, `LedgerError` or `Taken` before it starts."""
        loaded = load(self.directory)
        state_dir = Path(loaded.site.appliance.state_dir)
        state_dir.mkdir(parents=True, exist_ok=True)
        owned = lock.take(state_dir)
        self.started = self.clock.now()
        self.reloaded = True
        self.checkpoint_at: datetime | None = None
        self.backlog: dict[str, int] = {}
        self.told_size = -1
        store = open_store(loaded, state_dir)
        try:
            await self._with(store, loaded, state_dir)
        finally:
            await store.close()
            owned.close()

    async def _with(self, store: Store, loaded: Loaded, state_dir: Path) -> None:
        self.rounds = Rounds(loaded, self.directory, store, self.clock, Guard(self.clock))
        await self.rounds.restore()
        await record_configuration(self.rounds, ("started",))
        self._signals()
        tasks = [asyncio.create_task(self._housekeeping()), *self._outlets(loaded)]
        server = await commands.serve(state_dir, self._command)
        self.scheduler = AsyncIOScheduler(timezone="UTC")
        self.scheduler.start()
        self._schedule()
        self._catch_up()
        notify("READY=1")
        log.info("running", site=loaded.site.site.id, assets=len(loaded.site.assets))
        self.ready(self.rounds)
        try:
            await self.stop.wait()
        finally:
            notify("STOPPING=1")
            self.scheduler.shutdown(wait=False)
            server.close()
            await _ended(tasks)
            log.info("stopped")

    def picture(self) -> Picture:
        """What the page and the metrics show now."""
        return paint(
            self.rounds,
            started=self.started,
            checkpoint_at=self.checkpoint_at,
            outbox=self.backlog,
            reloaded=self.reloaded,
        )

    def _outlets(self, loaded: Loaded) -> list[asyncio.Task[None]]:
        listen = loaded.site.appliance.web
        app = web.create(self.picture, self._health, lambda: self.rounds.site.metrics.states)
        tasks = [asyncio.create_task(web.serve(app, listen.host, listen.port, self.stop))]
        if loaded.site.outlets.mqtt is not None:
            outlet = MqttOutlet.of(
                loaded.site, self.rounds.secrets, self.rounds.store, refill=self._retained
            )
            self.rounds.told = outlet.wake
            tasks.append(asyncio.create_task(outlet.run(self.stop)))
        return tasks

    def _retained(self) -> list[Any]:
        return telling.retained(
            self.rounds.site.site.id,
            self.rounds.standings,
            BY_ID,
            entry=self.rounds.store.size,
            at=self.clock.now(),
        )

    async def _tell_heads(self) -> None:
        """The newest checkpoint and each zone's counts, when the ledger has grown."""
        size = self.rounds.store.size
        if self.rounds.site.outlets.mqtt is None or size == self.told_size:
            return
        self.told_size = size
        site = self.rounds.site.site.id
        note = await self.rounds.store.latest_checkpoint()
        heads = telling.summaries(site, self.rounds.standings, at=self.clock.now())
        await self.rounds.store.commit([], [messages.checkpoint(site, note), *heads])
        self.rounds.told()

    def _health(self) -> web.Health:
        return web.Health(healthy=not self._wedged(), ready=True)

    def _wedged(self) -> bool:
        return self.clock.monotonic() - self.alive_at > WEDGED_SECONDS

    def _schedule(self) -> None:
        self.scheduler.remove_all_jobs()
        for asset in self.rounds.visitable():
            every = self.rounds.every(asset)
            self.scheduler.add_job(
                self._turn,
                IntervalTrigger(
                    seconds=every.total_seconds(),
                    start_date=next_turn(asset.id, every, self.clock.now()),
                    timezone="UTC",
                ),
                args=[asset.id],
                id=asset.id,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def _catch_up(self) -> None:
        """
        Soon take the turns that were missed while nobody ran, one after the other.

        An asset whose turn lies where the machine is restarted every night would never be visited.
        """
        for asset in self.rounds.visitable():
            if self.rounds.overdue(asset):
                within = min(self.rounds.every(asset), CATCH_UP)
                soon = next_turn(asset.id, within, self.clock.now())
                self.scheduler.add_job(self._turn, DateTrigger(soon, "UTC"), args=[asset.id])

    async def _turn(self, asset: str) -> None:
        try:
            visited = await self.rounds.visit(asset)
        except Exception:
            # One asset's visit must never end the schedule of the others; the log has the cause.
            log.exception("visit failed", asset=asset)
            return
        self.alive_at = self.clock.monotonic()
        for judged in visited.judged if visited else ():
            if judged.changed:
                log.info(
                    "state changed",
                    key=str(judged.key),
                    state=judged.after.state.value,
                    reason=judged.after.reason.value,
                    said=judged.after.said,
                )

    async def _housekeeping(self) -> None:
        self.alive_at = self.clock.monotonic()
        while not self.stop.is_set():
            await self.rounds.age()
            await self._tell_heads()
            self.backlog = await self.rounds.store.backlog()
            self.checkpoint_at = await self.rounds.store.signed_at()
            # The loop turned and the ledger answered: that is the progress the watchdog is fed by.
            self.alive_at = self.clock.monotonic()
            notify("WATCHDOG=1")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), HOUSEKEEPING_SECONDS)

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop.set)
            loop.add_signal_handler(signal.SIGHUP, lambda: asyncio.ensure_future(self.reload()))

    async def reload(self) -> str:
        """Take up the configuration on disk if it is whole; says in one line what happened."""
        notify("RELOADING=1")
        try:
            loaded = load(self.directory)
            _refuse_identity_change(self.rounds.loaded, loaded)
        except SiteError as error:
            self.reloaded = False
            log.error("configuration refused, the old one stays", problem=str(error))
            return f"refused: {error}"
        finally:
            notify("READY=1")
        self.reloaded = True
        changes = difference(self.rounds.loaded.plain, loaded.plain)
        if not changes:
            return "nothing changed"
        self.rounds.adopt(loaded)
        await self.rounds.forget()
        await record_configuration(self.rounds, changes)
        self._schedule()
        log.info("configuration taken up", changes=len(changes))
        return f"taken up: {len(changes)} changes"

    async def _command(self, command: dict[str, Any]) -> dict[str, Any]:
        match command.get("command"):
            case "check":
                return await run_checks(self.rounds, command)
            case "reload":
                return {"said": await self.reload()}
            case "status":
                return status(self.picture())
            case _:
                return {"error": f"unknown command {command.get('command')!r}"}


def open_store(loaded: Loaded, state_dir: Path) -> Store:
    """The site's ledger.  Raises `LedgerError`."""
    site = loaded.site
    origin = f"{site.site.id}/{site.appliance.id}/evidence/1"
    key = keys.load_or_create(state_dir, origin)
    return Store.open(state_dir / "ledger.db", origin=origin, key=key)


async def record_configuration(rounds: Rounds, changes: tuple[str, ...]) -> None:
    """Each accepted configuration is an entry, with its difference to the one before."""
    fields: dict[str, Any] = {"digest": rounds.loaded.digest, "changes": list(changes)}
    if rounds.site.site.laboratory:
        fields["laboratory"] = True
    await rounds.store.commit([bodies.entry("config.change", rounds.clock.now(), fields)])


async def run_checks(rounds: Rounds, command: dict[str, Any]) -> dict[str, Any]:
    """Visit what the command names, now; the answer is the report of `upheld check`."""
    started = rounds.clock.now()
    assets = [
        a
        for a in rounds.visitable()
        if command.get("asset") in (None, a.id) and command.get("zone") in (None, a.zone)
    ]
    anyway = bool(command.get("due_anyway"))
    visits = await asyncio.gather(*(rounds.visit(a.id, due_anyway=anyway) for a in assets))
    return report(
        rounds.site,
        [v for v in visits if v is not None],
        started=started,
        finished=rounds.clock.now(),
        check=command.get("check") or "",
    )


def _refuse_identity_change(old: Loaded, new: Loaded) -> None:
    for what, before, after in (
        ("site.id", old.site.site.id, new.site.site.id),
        ("appliance.id", old.site.appliance.id, new.site.appliance.id),
        ("appliance.state_dir", old.site.appliance.state_dir, new.site.appliance.state_dir),
        ("appliance.web.listen", old.site.appliance.web.listen, new.site.appliance.web.listen),
    ):
        if before != after:
            found = f"{what} changed from {before} to {after}"
            raise SiteError([Problem("site", 0, found, f"{before}, or restart upheld")])


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
