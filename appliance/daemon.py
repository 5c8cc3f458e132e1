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
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from appliance import commands, lock, publishing
from appliance.accepting import guarded_by_the_kernel, same_appliance
from appliance.answers import matrix_of, run_checks
from appliance.clock import Clock, SystemClock
from appliance.ledger import bodies, keys
from appliance.ledger.store import Store
from appliance.notify import notify
from appliance.outlets import messages, syslog_messages, telling, web
from appliance.outlets.picture import Picture
from appliance.outlets.serving import Door, PageError, serve
from appliance.painting import paint
from appliance.reporting import status
from appliance.round import Rounds
from appliance.ruling import COMMANDS, Ruling
from appliance.site.difference import difference
from appliance.site.loading import Loaded, load
from appliance.site.problems import SiteError
from appliance.site.secrets import Secrets
from appliance.turns import Turns
from appliance.visit.guard import GUARD_FILE, Guard, Kept
from appliance.visit.guard.peers import Peer
from appliance.visit.plan.difference import difference as plan_difference
from appliance.visit.plan.plan import plan
from checks.facts.codec import canonical

STOP_SECONDS = 8.0
HOUSEKEEPING_SECONDS = 2.0
WEDGED_SECONDS = 45.0

log = structlog.get_logger()


@dataclass
class Daemon:
    """One running appliance over one configuration directory."""

    directory: Path
    clock: Clock = field(default_factory=SystemClock)
    ready: Callable[[Rounds], None] = lambda _: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """
        Run until `stop` is set.

        Raises `SiteError`, `LedgerError`, `Taken` or `PageError` before it starts, and `PageError`
        when the page is lost: nobody would see that nothing is verified any more.
        """
        loaded = load(self.directory)
        state_dir = Path(loaded.site.appliance.state_dir)
        state_dir.mkdir(parents=True, exist_ok=True)
        owned = lock.take(state_dir)
        self.started = self.clock.now()
        self.reloaded = True
        self.checkpoint_at: datetime | None = None
        self.backlog: dict[str, int] = {}
        self.told_size = -1
        try:
            self.door = Door.open(loaded.site.appliance.web, Secrets(self.directory))
            with self.door.listener:
                await self._over(loaded, state_dir)
        finally:
            owned.close()

    async def _over(self, loaded: Loaded, state_dir: Path) -> None:
        guarded_by_the_kernel(loaded.site)
        store = open_store(loaded, state_dir)
        kept = Kept.open(state_dir / GUARD_FILE)
        try:
            guard = Guard(self.clock, kept, loaded.site)
            self.rounds = Rounds(loaded, self.directory, store, self.clock, guard)
            await self._with(loaded, state_dir)
        finally:
            kept.close()
            await store.close()

    async def _with(self, loaded: Loaded, state_dir: Path) -> None:
        await self.rounds.restore()
        await record_configuration(self.rounds, ("started",))
        self.ruling = Ruling(self.rounds, self.directory)
        self._signals()
        async with self.ruling.watching():
            await self._running(loaded, state_dir)

    async def _running(self, loaded: Loaded, state_dir: Path) -> None:
        self.publishing = publishing.Publishing(self.rounds)
        await self.publishing.follow()
        server = await commands.serve(state_dir, self._command)
        self.turns = Turns(self.rounds, self._progress)
        self.turns.start()
        page = asyncio.create_task(self._serve_page())
        tasks = [
            page,
            asyncio.create_task(self._housekeeping()),
            asyncio.create_task(self.turns.look_after(self.stop)),
        ]
        notify("READY=1")
        log.info("running", site=loaded.site.site.id, assets=len(loaded.site.assets))
        self.ready(self.rounds)
        try:
            await self.stop.wait()
        finally:
            notify("STOPPING=1")
            self.turns.end()
            server.close()
            await asyncio.gather(self.publishing.end(), _ended(tasks))
            log.info("stopped")
        page.result()

    async def _serve_page(self) -> None:
        app = web.create(self.picture, self._health, lambda: self.rounds.site.metrics.states)
        try:
            await serve(app, self.door, self.stop, lambda: self.rounds.site.appliance.web.names)
        except Exception as error:
            log.exception("the status page broke")
            raise PageError(f"the status page broke ({error}); the log has the cause") from error
        finally:
            ended_by_itself = not self.stop.is_set()
            self.stop.set()
        if ended_by_itself:
            raise PageError("the status page ended by itself; the log may have the cause")

    def picture(self) -> Picture:
        """What the page and the metrics show now."""
        return paint(
            self.rounds,
            started=self.started,
            checkpoint_at=self.checkpoint_at,
            outbox=self.backlog,
            reloaded=self.reloaded,
        )

    async def _tell_heads(self) -> None:
        """The newest checkpoint and each zone's counts, when the ledger has grown."""
        size = self.rounds.store.size
        site, at = self.rounds.site, self.clock.now()
        if size == self.told_size or not (site.outlets.mqtt or site.outlets.soc):
            return
        self.told_size = size
        self.publishing.note = note = await self.rounds.store.latest_checkpoint()
        heads = syslog_messages.checkpoint(site, note, at=at)
        if site.outlets.mqtt:
            heads += telling.summaries(site.site.id, self.rounds.standings, at=at)
            heads.append(messages.checkpoint(site.site.id, note))
        await self.rounds.store.commit([], heads)
        self.rounds.told()

    def _health(self) -> web.Health:
        return web.Health(healthy=not self._wedged(), ready=True)

    def _progress(self) -> None:
        self.alive_at = self.clock.monotonic()

    def _wedged(self) -> bool:
        return self.clock.monotonic() - self.alive_at > WEDGED_SECONDS

    async def _housekeeping(self) -> None:
        self._progress()
        works = True
        while not self.stop.is_set():
            try:
                await self._keep_house()
                works = True
            except Exception:
                if works:
                    # Unfed, the watchdog restarts us when this does not pass by itself.
                    log.exception("the ledger does not answer")
                works = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), HOUSEKEEPING_SECONDS)

    async def _keep_house(self) -> None:
        await self.rounds.age()
        await self._tell_heads()
        self.backlog = await self.rounds.store.backlog()
        self.checkpoint_at = await self.rounds.store.signed_at()
        # The loop turned and the ledger answered: that is the progress the watchdog is fed by.
        self._progress()
        notify("WATCHDOG=1")

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
            same_appliance(self.rounds.loaded, loaded)
            guarded_by_the_kernel(loaded.site)
            secrets = Secrets(self.directory)
            publishing.usable(loaded.site, secrets, self.rounds.store)
            self.door.renew(loaded.site.appliance.web, secrets)
        except (SiteError, PageError) as error:
            self.reloaded = False
            log.error("configuration refused, the old one stays", problem=str(error))
            return f"refused: {error}"
        finally:
            notify("READY=1")
        self.reloaded = True
        changes = difference(self.rounds.loaded.plain, loaded.plain)
        if not changes:
            return "nothing changed"
        changes += plan_difference(plan(self.rounds.site), plan(loaded.site))
        self.rounds.adopt(loaded)
        await self.rounds.forget()
        await record_configuration(self.rounds, changes)
        await self.publishing.follow()
        self.turns.follow()
        log.info("configuration taken up", changes=len(changes))
        return f"taken up: {len(changes)} changes"

    async def _command(self, command: dict[str, Any], peer: Peer) -> dict[str, Any]:
        if why := self.ruling.refused(command, peer):
            return {"error": why}
        match command.get("command"):
            case name if name in COMMANDS:
                return await self.ruling.obey(command, peer)
            case "check":
                return await run_checks(self.rounds, command)
            case "reload":
                return {"said": await self.reload()}
            case "matrix":
                return matrix_of(self.rounds, command)
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
    # The whole configuration as it was read; secrets are references in it.
    fields["content"] = rounds.loaded.digest
    await rounds.store.commit(
        [bodies.entry("config.change", rounds.clock.now(), fields)],
        contents={rounds.loaded.digest: canonical(rounds.loaded.plain)},
    )


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
