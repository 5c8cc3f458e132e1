"""Datagrams to and from one UDP port, each judged before it leaves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from collectors.errors import BudgetSpent, CollectError, Unintelligible
from collectors.wire.gate import Gate
from collectors.wire.judging import judged, reached
from collectors.wire.patience import Patience
from collectors.wire.stopping import Phase, Underway
from collectors.wire.target import Target


class Datagrams:
    """
    What a collector holds of a UDP socket.

    `spoke_at` is when the last datagram left: our monotonic seconds and wall clock.
    """

    def __init__(
        self,
        gate: Gate,
        target: Target,
        sock: socket.socket,
        underway: Underway,
        patience: Patience,
        *,
        cap: int,
        most: int,
    ) -> None:
        self.failure: CollectError | None = None
        self.spoke_at: tuple[float, datetime] = (gate.now(), gate.wall())
        self._gate = gate
        self._target = target
        self._sock = sock
        self._underway = underway
        self._patience = patience
        self._left = cap
        self._most = most
        self._sent = 0
        self._local: socket.socket | None = None
        self._pump: asyncio.Task[None] | None = None

    async def send(self, message: bytes) -> None:
        """
        One datagram, when the device's pace has room for it.

        Raises `NotPermitted` for one not on the allow-list, `BudgetSpent` past the packet cap.
        """
        judged(self._gate, self._target, message)
        if self._sent >= self._most:
            raise BudgetSpent(self._target, f"one question may cost {self._most} packets")
        async with self._underway.until(Phase.STOPPED):
            with self._patience.waiting(self._target):
                await self._gate.pace(self._target, 1)
        self.spoke_at = self._gate.now(), self._gate.wall()
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, message)
        except OSError as error:
            # Often what the device said to the datagram before: this one has not left.
            raise reached(self._target, error) from error
        self._sent += 1
        self._gate.sent(self._target, 1, len(message))

    async def receive(self) -> bytes:
        """
        One datagram.

        Raises `Refused` when the host says the port is closed, `Unintelligible` for an empty one
        and past the cap.
        """
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, 65_535)
        except OSError as error:
            raise reached(self._target, error) from error
        self._left -= len(data)
        if self._left < 0:
            raise Unintelligible(self._target, "the answers are longer than we accept")
        if not data:
            raise Unintelligible(self._target, "the answer is empty")
        return data

    def relay(self, passes: Callable[[bytes], bool] = lambda _: True) -> int:
        """
        A port on 127.0.0.1 for a library that insists on a socket of its own.

        What it sends there goes on to the device through `send`, what the device answers comes
        back if it `passes`.  The first failure ends the relay and stays in `failure`; `ended`
        waits for that.
        """
        local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        local.setblocking(False)
        local.bind(("127.0.0.1", 0))
        self._local = local
        self._pump = asyncio.get_running_loop().create_task(self._relaying(local, passes))
        return cast(int, local.getsockname()[1])

    async def _relaying(self, local: socket.socket, passes: Callable[[bytes], bool]) -> None:
        loop = asyncio.get_running_loop()
        library: Any = None

        async def outwards() -> None:
            nonlocal library
            while True:
                message, sender = await loop.sock_recvfrom(local, 65_535)
                # The first to speak is the library; another process of this machine is not.
                library = library or sender
                if sender == library:
                    await self.send(message)

        async def inwards() -> None:
            while True:
                message = await self.receive()
                if library is not None and passes(message):
                    await loop.sock_sendto(local, message, library)

        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(outwards())
                both.create_task(inwards())
        except* CollectError as errors:
            first = errors.exceptions[0]
            assert isinstance(first, CollectError)
            self.failure = first
            # Closing it makes the library's next datagram fail at once instead of timing out.
            local.close()

    async def ended(self) -> None:
        """Until the relay has ended, which `failure` then explains."""
        if self._pump is not None:
            await asyncio.shield(self._pump)

    async def close(self) -> None:
        if self._pump is not None:
            # Waited for: the loop must have let go of the sockets before their numbers are free.
            self._pump.cancel()
            await asyncio.wait({self._pump})
        if self._local is not None:
            self._local.close()
