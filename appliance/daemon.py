"""
The process: wires the rooms, begins what runs, stops.

Stops within ten seconds of SIGTERM; a broken configuration on SIGHUP changes nothing.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from appliance import publishing
from appliance.clock import Clock, SystemClock
from appliance.drill.drilling import Drilling
from appliance.drill.obeying import obey as drill
from appliance.ledger import incarnation, keys
from appliance.ledger.store import Store
from appliance.outlets import web
from appliance.outlets.picture import Picture
from appliance.outlets.serving import Door, PageError, serve
from appliance.rounds.acting import acted
from appliance.rounds.matrices import Matrices
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.running import commands, configured, lock
from appliance.running.accepting import guarded_by_the_kernel
from appliance.running.answers import matrix_of, run_checks
from appliance.running.duties import duties
from appliance.running.housekeeping import Housekeeping
from appliance.running.keeping import Keeping
from appliance.running.notify import notify
from appliance.running.painting import paint, sources
from appliance.running.reporting import status
from appliance.running.ruling import COMMANDS, Ruling
from appliance.running.turns import Turns
from appliance.site.loading import Loaded, load
from appliance.site.secrets import Secrets
from appliance.visit.guard import GUARD_FILE, Guard, Kept
from appliance.visit.guard.peers import Peer

STOP_SECONDS = 8.0

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
            await self._with(state_dir)
        finally:
            kept.close()
            await store.close()

    async def _with(self, state_dir: Path) -> None:
        rounds = self.rounds
        self.matrices = Matrices(rounds)
        await restore(rounds)
        self.publishing = publishing.Publishing(rounds)
        self.keeping = Keeping(rounds, self.publishing, state_dir)
        self.house = Housekeeping(rounds, self.publishing)
        self.turns = Turns(rounds, self.house.progress)
        self.configured = configured.Configured(
            self.directory, rounds, self.door, self.publishing, self.turns.follow
        )
        self.ruling = Ruling(rounds, self.directory)
        self.drilling = Drilling(rounds, self.publishing)
        self._signals()
        async with self.ruling.watching():
            await self.keeping.begin()
            await self._running(state_dir)
        await self.keeping.end()

    async def _running(self, state_dir: Path) -> None:
        await self.publishing.follow()
        server = await commands.serve(state_dir, self._command)
        self.turns.start()
        page = asyncio.create_task(self._serve_page())
        tasks = [
            page,
            asyncio.create_task(self.house.run(self.stop)),
            asyncio.create_task(self.turns.look_after(self.stop)),
            *self._duties(),
        ]
        # What was restored lives as long as we do.  Walking it in every full collection would stop
        # the loop for a third of a second at a thousand assets, in the middle of somebody's visit.
        gc.freeze()
        notify("READY=1")
        site = self.rounds.site
        log.info("running", site=site.site.id, assets=len(site.assets))
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

    def _duties(self) -> list[asyncio.Task[None]]:
        return [
            asyncio.create_task(publishing.kept_running(name, partial(duty, self.stop), self.stop))
            for name, duty in duties(self.drilling, self.keeping).items()
        ]

    async def _serve_page(self) -> None:
        app = web.create(
            self.picture,
            self._health,
            lambda: self.rounds.site.metrics.states,
            sources(self.rounds, self.matrices, status),
        )
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
            checkpoint_at=self.house.checkpoint_at,
            outbox=self.house.backlog,
            reloaded=self.configured.successful,
            anchors=self.keeping.anchoring.pictures(),
            unadopted=self.keeping.copies.unadopted,
        )

    def _health(self) -> web.Health:
        return web.Health(healthy=not self.house.wedged, ready=True)

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop.set)
            loop.add_signal_handler(
                signal.SIGHUP, lambda: asyncio.ensure_future(self.configured.reload())
            )

    async def _command(self, command: dict[str, Any], peer: Peer) -> dict[str, Any]:
        if why := self.ruling.refused(command, peer):
            return {"error": why}
        match command.get("command"):
            case name if name in COMMANDS:
                return await self.ruling.obey(command, peer)
            case "check":
                return await run_checks(self.rounds, command, peer)
            case "adopt":
                return await self.keeping.adopt(command, peer.who)
            case "drill":
                if (do := command.get("do")) in ("begin", "confirm"):
                    await acted(self.rounds, f"drill {do}", peer, {"by": command.get("by")})
                return await drill(self.drilling, command, peer.who)
            case "reload":
                await acted(self.rounds, "reload", peer, {})
                return {"said": await self.configured.reload()}
            case "matrix":
                return await matrix_of(self.matrices, command)
            case "status":
                return status(self.picture())
            case _:
                return {"error": f"unknown command {command.get('command')!r}"}


def open_store(loaded: Loaded, state_dir: Path) -> Store:
    """The site's ledger.  Raises `LedgerError`."""
    site = loaded.site
    origin = incarnation.current(state_dir, f"{site.site.id}/{site.appliance.id}/evidence/1")
    key = keys.load_or_create(state_dir, origin)
    return Store.open(state_dir / "ledger.db", origin=origin, key=key)


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
