"""One TCP connection's socket: paced, counted, capped, and closed by draining."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime

from collectors.errors import NotPermitted, Unintelligible
from collectors.wire.accounting import (
    SomeSocket,
    segments,
    segments_of,
    unacknowledged,
    will_reset,
)
from collectors.wire.gate import Gate
from collectors.wire.patience import Patience
from collectors.wire.stopping import Phase, Underway
from collectors.wire.target import Target

DRAIN_SECONDS = 1.0
MOST_DRAIN_SECONDS = 10.0
_DRAINED_AT_MOST = 64 * 1024
# A slow link needs this many round trips to say goodbye.
_ROUND_TRIPS = 3
_LOOK_AGAIN_SECONDS = 0.005


class Link:
    """
    What a stream and a library's transport have in common.

    `most` is how many packets the connection may cost the device, `round_trip` how many seconds
    its connect took, `spoke_at` when the last message left: our monotonic seconds and wall clock.
    """

    def __init__(
        self,
        gate: Gate,
        target: Target,
        sock: SomeSocket,
        underway: Underway,
        patience: Patience,
        *,
        most: int,
        round_trip: float = 0.0,
    ) -> None:
        self.gate = gate
        self.target = target
        self.sock = sock
        self.underway = underway
        self.spoke_at: tuple[float, datetime] = (gate.now(), gate.wall())
        self._patience = patience
        self._most = most
        self._told = 0
        self.drain = min(MOST_DRAIN_SECONDS, max(DRAIN_SECONDS, _ROUND_TRIPS * round_trip))
        self.notice()

    async def paced(self, octets: int, answer: int = 1) -> None:
        """
        Wait until the device's pace has room for a message and the `answer` ACKs of its answer.

        Raises `NotPermitted` when a stop ends the waiting.
        """
        self.notice()
        async with self.underway.until(Phase.MUTED):
            with self._patience.waiting(self.target):
                await self.gate.pace(self.target, segments_of(octets) + answer)
        self.spoke_at = self.gate.now(), self.gate.wall()

    def within(self, seconds: float) -> AbstractAsyncContextManager[None]:
        """As `Wire.within`."""
        return self._patience.within(self.target, seconds)

    def spoken(self, octets: int) -> None:
        """A message has been handed to the kernel."""
        self.gate.sent(self.target, 0, octets)
        self.notice()

    def notice(self) -> bool:
        """Account for what the kernel sent since; whether the device has cost us too many."""
        now = segments(self.sock)
        if now > self._told:
            self.gate.sent(self.target, now - self._told, 0)
            self._told = now
        return now > self._most

    def checked(self) -> None:
        """Raises `Unintelligible` for a device that makes us acknowledge crumbs."""
        if self.notice():
            raise self.crumbs()

    def crumbs(self) -> Unintelligible:
        return Unintelligible(
            self.target,
            f"the device answers in too many small pieces, more than {self._most} packets "
            "would be needed",
        )

    def shut(self) -> None:
        """Say that we have nothing more to say."""
        if not self.underway.shut:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)
                self.underway.shut = True

    async def acknowledged(self) -> None:
        """Until the peer has acknowledged all, our FIN included; the kernel tells nobody when."""
        while unacknowledged(self.sock):  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def settled(self, *, ended: bool, reset: bool = False) -> None:
        """
        Before it is closed: what is unacknowledged must not be repeated after we let go of it.

        `ended`: the peer has closed too; where not, the ACK of its FIN is counted ahead.  `reset`:
        it is cut off in any case.
        """
        self.notice()
        stopped = self.underway.phase is Phase.ABORTED
        aborted = reset or stopped or unacknowledged(self.sock) > 0
        if aborted:
            will_reset(self.sock)
        if aborted or not ended:
            self.gate.sent(self.target, 1, 0)


async def drained(link: Link, sock: socket.socket) -> None:
    """
    Close a connection without a reset: our FIN, then all the peer still says until its own FIN.

    A peer that says nothing gets `link.drain` seconds, one that says too much is cut off.
    """
    loop = asyncio.get_running_loop()
    ended = crumbs = False
    try:
        with suppress(OSError, TimeoutError, NotPermitted):
            link.shut()
            async with link.underway.until(Phase.ABORTED), asyncio.timeout(link.drain):
                for _ in range(_DRAINED_AT_MOST // 4096):
                    if ended := not await loop.sock_recv(sock, 4096):
                        break
                    if crumbs := link.notice():
                        return
                await link.acknowledged()
    finally:
        link.settled(ended=ended, reset=crumbs)
        sock.close()
