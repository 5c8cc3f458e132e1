"""
Sends what waits in the outbox to one SOC as syslog, one message at a time.

A message has settled when the peer's kernel acknowledged it and the connection stayed whole for a
moment; only then the next one goes.  It stays in the outbox until the peer proves that it read:
at the latest every quarter of an hour the connection is closed in order and made anew, which also
takes up renewed certificates.  So after a broken connection only the message that had not settled
is sent again, at most one duplicate, and where nothing was read (a refused certificate, a peer that
hung) everything since the last proof is.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from time import monotonic
from typing import Self, TypeVar

import structlog

from appliance.clock import Clock, SystemClock
from appliance.ledger.entry import Waiting
from appliance.outlets import syslog, syslog_heads, syslog_messages
from appliance.outlets.mqtt import STEADY_SECONDS, jittered
from appliance.outlets.outbox import Outbox
from appliance.outlets.syslog_peer import Connect, Peer, Target
from appliance.outlets.syslog_stream import Lost
from appliance.site.model import Site
from appliance.site.secrets import SecretError, Secrets

log = structlog.get_logger()

BATCH = 100
IDLE_SECONDS = 1.0

T = TypeVar("T")


@dataclass(frozen=True)
class Pace:
    """
    Seconds, and how many messages may wait for a proof that they were read.

    `trial` is how long a new connection must last before anything that must arrive goes over it:
    a certificate refused under TLS 1.3 shows only after the handshake.
    """

    heartbeat: float = 60.0
    trial: float = 1.0
    settle: float = 0.1
    renew: float = 900.0
    unproven: int = 100


@dataclass
class SocOutlet:
    """
    One SOC.  `note` gives the newest checkpoint for the heartbeat, `backoff` the seconds before
    the n-th try in a row.  `handed` is the newest checkpoint it took, and how sure that is.
    """

    name: str
    site: str
    appliance: str
    connect: Connect
    outbox: Outbox
    note: Callable[[], str] = str
    backoff: Callable[[int], float] = jittered
    clock: Clock = field(default_factory=SystemClock)
    pace: Pace = Pace()
    datagrams: bool = False
    connected: bool = False
    sequence: int | None = None
    handed: tuple[str, str] | None = None
    _failures: int = 0
    _works: bool | None = None
    _proves: bool = True
    _tail: dict[int, Waiting] = field(default_factory=dict)
    _beat_at: float = 0.0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(
        cls, site: Site, n: int, secrets: Secrets, outbox: Outbox, *, note: Callable[[], str] = str
    ) -> Self:
        """
        As the n-th of the site's `outlets.soc` has it, from 1.

        Raises `SecretError` and `ssl.SSLError` for certificates that are of no use now.
        """
        target = Target.stated(site.outlets.soc[n - 1], secrets)
        return cls(
            f"soc-{n}",
            site.site.id,
            site.appliance.id,
            target.connect,
            outbox,
            note,
            datagrams=target.scheme == "udp",
        )

    def wake(self) -> None:
        """Something new waits in the outbox."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; a lost collector is tried again, ever more slowly."""
        while not stop.is_set():
            began, pause = monotonic(), 0.0
            try:
                await self._connection(stop)
            except Lost as lost:
                await self._kept(lost)
                pause = self._after(lost, lasted=monotonic() - began)
            finally:
                self.connected = False
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)

    async def _connection(self, stop: asyncio.Event) -> None:
        """One connection, to its orderly end.  Raises `Lost`."""
        self._tail.clear()
        try:
            peer = await _unless(stop, self.connect())
        except (SecretError, ssl.SSLError) as error:
            raise Lost(str(error), unread=True) from error
        if peer is None:
            return
        orderly = False
        try:
            await self._try_out(peer)
            await self._send_all(peer, stop)
            orderly = True
        finally:
            proven = await peer.close(orderly=orderly)
        if proven:
            self._proves = True
            await self._prove()
        elif self._tail and self._proves:
            # Once: a collector that never closes would else get everything again and again.
            # Also at a stop: who hung will have read nothing of it when we are back.
            self._proves = False
            why = "it does not close in order; what it may not have read goes again"
            raise Lost(why, unread=True)
        else:
            await self._prove()

    async def _try_out(self, peer: Peer) -> None:
        # Nothing is sent before: a reset over unread data would swallow the alert that says why.
        try:
            await peer.quiet(self.pace.trial)
        except Lost as lost:
            hint = "right after connecting, as over TLS for a client certificate it does not want"
            raise Lost(f"{lost} ({hint})", unread=True) from lost
        await self._beat(peer)
        await peer.quiet(self.pace.settle)
        self._working()

    async def _send_all(self, peer: Peer, stop: asyncio.Event) -> None:
        """Until `stop`, or until it is time for a proof.  Raises `Lost`."""
        renew_at = monotonic() + self.pace.renew
        while not stop.is_set() and monotonic() < renew_at:
            self._woken.clear()
            ready = await self._ready()
            for waiting in ready:
                if stop.is_set():
                    return
                await self._message(peer, waiting)
                if len(self._tail) >= self.pace.unproven:
                    return
                await self._beat_if_due(peer)
            if not ready:
                await self._idle(peer, stop, renew_at)

    async def _ready(self) -> list[Waiting]:
        rows = await self.outbox.waiting(self.name, BATCH + len(self._tail))
        return [w for w in rows if w.id not in self._tail]

    async def _message(self, peer: Peer, waiting: Waiting) -> None:
        stated = json.loads(waiting.message.headers)
        counted = waiting.message.stream == syslog_messages.EVENTS
        line = self._line(
            waiting.message.body,
            severity=stated["severity"],
            kind=stated["kind"],
            at=datetime.fromisoformat(stated["at"]),
            sequence=waiting.sequence if counted else None,
        )
        await peer.send(line)
        await peer.quiet(0.0 if self.datagrams else self.pace.settle)
        if counted:
            self.sequence = waiting.sequence
        self._tail[waiting.id] = waiting
        if self.datagrams or not self._proves:
            await self._prove()

    async def _idle(self, peer: Peer, stop: asyncio.Event, renew_at: float) -> None:
        """Until something waits; heartbeats meanwhile.  Raises `Lost`."""
        while not (self._woken.is_set() or stop.is_set()) and monotonic() < renew_at:
            await self._beat_if_due(peer)
            due = min(self._beat_at + self.pace.heartbeat, renew_at)
            wait = min(max(due - monotonic(), 0.0), IDLE_SECONDS)
            woken = asyncio.ensure_future(self._woken.wait())
            stopping = asyncio.ensure_future(stop.wait())
            whole = asyncio.ensure_future(peer.quiet(wait))
            try:
                await asyncio.wait({woken, stopping, whole}, return_when=asyncio.FIRST_COMPLETED)
                if whole.done():
                    whole.result()
            finally:
                for future in (woken, stopping, whole):
                    future.cancel()

    async def _beat_if_due(self, peer: Peer) -> None:
        if monotonic() - self._beat_at >= self.pace.heartbeat:
            await self._beat(peer)

    async def _beat(self, peer: Peer) -> None:
        now = self.clock.now()
        waiting = (await self.outbox.backlog()).get(self.name, 0) - len(self._tail)
        body = syslog_heads.heartbeat(
            self.site,
            self.appliance,
            sequence=self.sequence,
            waiting=waiting,
            note=self.note(),
            at=now,
        )
        kind, severity = "appliance.heartbeat", syslog.INFORMATIONAL
        await peer.send(self._line(body, severity=severity, kind=kind, at=now))
        self._beat_at = monotonic()

    def _line(
        self, body: bytes, *, severity: int, kind: str, at: datetime, sequence: int | None = None
    ) -> bytes:
        return syslog.line(
            body,
            severity=severity,
            at=at,
            host=f"{self.appliance}.{self.site}",
            kind=kind,
            version=version("upheld"),
            sequence=sequence,
        )

    async def _kept(self, lost: Lost) -> None:
        """What had settled was read, unless the way it ended says otherwise."""
        if lost.unread:
            self._tail.clear()
        else:
            await self._prove()

    async def _prove(self) -> None:
        settled = dict(self._tail)
        self._tail.clear()
        if settled:
            await self.outbox.delivered(settled)
        for waiting in settled.values():
            if note := json.loads(waiting.message.headers).get("note"):
                self.handed = (note, self._sureness)

    @property
    def _sureness(self) -> str:
        if self.datagrams:
            return "datagram"
        return "read" if self._proves else "sent"

    def _working(self) -> None:
        self.connected = True
        if self._works is not True:
            log.info("soc works", outlet=self.name)
        self._works = True

    def _after(self, lost: Lost, *, lasted: float) -> float:
        """Seconds until the next connection."""
        if self._works is not False:
            log.warning("soc lost", outlet=self.name, why=str(lost))
        self._works = False
        self._failures = 1 if lasted >= STEADY_SECONDS else self._failures + 1
        return self.backoff(self._failures)


async def _unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """What the work gives, or None when `stop` comes first."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
            with suppress(asyncio.CancelledError, Lost):
                await working
