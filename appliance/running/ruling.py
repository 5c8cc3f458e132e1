"""What people, hold files and a signal tell the guard of a running appliance."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from appliance.ledger.errors import LedgerError
from appliance.rounds.acknowledging import acknowledge, is_alert
from appliance.rounds.round import Rounds
from appliance.visit.guard.commands import COMMANDS, Parts, hold_files, obey
from appliance.visit.guard.event import Event
from appliance.visit.guard.hold import SITE, file_hold
from appliance.visit.guard.peers import Peer, may, operators_group

POLL_SECONDS = 0.4

log = structlog.get_logger()


class Ruling:
    """Holds take effect before anybody is answered; everything is written down with who and why."""

    def __init__(self, rounds: Rounds, directory: Path) -> None:
        self._rounds = rounds
        self._files = hold_files(directory)
        self._signals: set[asyncio.Task[None]] = set()

    def refused(self, command: Mapping[str, Any], peer: Peer) -> str | None:
        """Why this peer may not give this command; None when he may."""
        name = str(command.get("command"))
        return may(name, peer, own=os.getuid(), operators=operators_group())

    async def obey(self, command: Mapping[str, Any], peer: Peer) -> dict[str, Any]:
        """Follow one of the guard's commands, or acknowledge an alert; the answer for the one who gave it."""
        if is_alert(command):
            return await acknowledge(self._rounds, command, peer.who)
        obeyed = obey(command, peer.who, self._parts())
        try:
            await self._done(obeyed.events)
        except LedgerError as error:
            # Who holds us with a full disk must not hear that he failed: it is in force.
            log.error("obeyed and not written down", problem=str(error))
            unwritten = f"That is in force, and could not be written down: {error}"
            return {**obeyed.answer, "said": [*obeyed.answer.get("said", ()), unwritten]}
        return obeyed.answer

    async def look_for_files(self) -> None:
        """Put the site on hold when a hold file has appeared."""
        event = self._rounds.guard.restraints.holds.seen(file_hold(self._files))
        await self._done((event,) if event else ())

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Hold files and SIGUSR1 are obeyed before anything inside is sent, and until its end."""
        await self.look_for_files()
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGUSR1, self._signal)
        looking = asyncio.create_task(self._look(stop))
        try:
            yield
        finally:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                # Ignored, not defaulted: whoever stops us late must not find us dead of it.
                loop.remove_signal_handler(signal.SIGUSR1)
                signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            stop.set()
            await asyncio.gather(looking, *self._signals, return_exceptions=True)

    async def _look(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look_for_files()
            except Exception:
                log.exception("the hold is in force and could not be written down")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    def _signal(self) -> None:
        task = asyncio.create_task(self.signalled())
        self._signals.add(task)
        task.add_done_callback(self._signals.discard)

    async def signalled(self) -> None:
        """SIGUSR1: the site goes on hold."""
        holds = self._rounds.guard.restraints.holds
        await self._done((holds.put(SITE, "whoever sent SIGUSR1", "a signal", "signal"),))

    async def _done(self, events: Sequence[Event]) -> None:
        if events:
            # Before anything is written down: a full disk must not keep us sending.
            self._rounds.guard.enforce_holds(events[0].said)
            for event in events:
                log.warning("guard", kind=event.kind, subject=event.subject, said=event.said)
            await self._rounds.record(events)

    def _parts(self) -> Parts:
        held = self._rounds.guard.restraints
        return Parts(
            site=self._rounds.site,
            holds=held.holds,
            trusts=held.trusts,
            latches=held.latches,
            stops=held.stops,
            canaries=held.canaries,
            hold_files=self._files,
        )


__all__ = ["COMMANDS", "Ruling"]
