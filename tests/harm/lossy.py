"""A bad path between us and a device: late, and every fifth piece is lost on the way."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress

LOSS = 0.2
# A lost segment is not lost to TCP: it comes when it was sent again, at least a second later.
AGAIN = 1.0


class Path:
    """`delay` seconds there and back together; `scale` shortens the second a lost segment costs."""

    def __init__(
        self, delay: float, *, scale: float = 1.0, seed: int = 1, loss: float = LOSS
    ) -> None:
        self.delay, self.again, self.loss = delay, AGAIN * scale, loss
        self.rng = random.Random(seed)
        self.late = self.lost = 0

    @asynccontextmanager
    async def tcp(self, source: str, target: str, port: int):
        """`source` is where it is connected to, `target` where that leads."""
        serving: set[asyncio.Task[None]] = set()

        async def behaviour(reader, writer):
            serving.add(asyncio.current_task())
            inwards, outwards = await asyncio.open_connection(target, port)
            await asyncio.gather(self._carry(reader, outwards), self._carry(inwards, writer))

        server = await asyncio.start_server(behaviour, source, port)
        try:
            yield
        finally:
            server.close()
            await asyncio.gather(*serving)

    async def _carry(self, reader, writer) -> None:
        """In order, each piece as late as the path makes it."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver():
            while True:
                at, data = await pieces.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    break
                with suppress(ConnectionError):
                    writer.write(data)
            writer.close()

        delivering = asyncio.create_task(deliver())
        data = b"-"
        while data:
            try:
                data = await reader.read(1_448)
            except ConnectionError:
                data = b""
            late = 0.0
            while self.rng.random() < self.loss:
                late += self.again
                self.late += 1
            pieces.put_nowait((loop.time() + self.delay / 2 + late, data))
        await delivering

    @asynccontextmanager
    async def udp(self, source: str, target: str, port: int):
        loop = asyncio.get_running_loop()
        path, waiting, outside = self, set(), {}

        def later(send, data):
            if path.rng.random() < path.loss:
                path.lost += 1
                return
            handle = loop.call_later(path.delay / 2, send, data)
            waiting.add(handle)

        class Back(asyncio.DatagramProtocol):
            def __init__(self, asker):
                self.asker = asker

            def datagram_received(self, data, _):
                later(lambda d: front.sendto(d, self.asker), data)

        class Front(asyncio.DatagramProtocol):
            def datagram_received(self, data, asker):
                task = loop.create_task(self.forward(data, asker))
                waiting.add(task)

            async def forward(self, data, asker):
                if asker not in outside:
                    outside[asker], _ = await loop.create_datagram_endpoint(
                        lambda: Back(asker), remote_addr=(target, port)
                    )
                later(outside[asker].sendto, data)

        front, _ = await loop.create_datagram_endpoint(Front, local_addr=(source, port))
        try:
            yield
        finally:
            for handle in waiting:
                handle.cancel()
            for transport in (front, *outside.values()):
                transport.close()
