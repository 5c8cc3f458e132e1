"""Many small Modbus devices, each of which can be cut off, and one of which can die of a question."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

from tests.net.plant import BASIC, TEXTS

# The acceptance queue of a socket that listens for nobody takes one, and drops whoever comes then.
FILLERS = 2
LATER = 0.3


class Device:
    """
    Answers function 43 while it is `alive`; cut off, it is as silent as an unplugged cable.

    `dies`: the next question is the last thing it takes.
    """

    def __init__(self, address: str, port: int) -> None:
        self.address, self.dies, self.alive = address, False, True
        self.connections = 0
        self._sock = socket.create_server((address, port))
        self._sock.setblocking(False)
        self.port = self._sock.getsockname()[1]
        self._fillers: list[socket.socket] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sock, self._accept)

    def cut(self) -> None:
        self.alive = False
        self._loop.remove_reader(self._sock)
        self._sock.listen(0)
        for _ in range(FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.address, self.port))
            self._fillers.append(filler)

    def revive(self) -> None:
        self._empty()
        self.alive, self.dies = True, False
        self._sock.listen(128)
        self._loop.add_reader(self._sock, self._accept)

    async def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._empty()
        self._sock.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _empty(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        try:
            while True:
                self._sock.accept()[0].close()
        except BlockingIOError:
            pass

    def _accept(self) -> None:
        try:
            connection, _ = self._sock.accept()
        except BlockingIOError:
            return
        self.connections += 1
        task = self._loop.create_task(self._serve(connection))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        with connection:
            while True:
                try:
                    request = await self._loop.sock_recv(connection, 260)
                except OSError:
                    return
                if not request:
                    return
                if self.dies and self.alive:
                    self.cut()
                    # Sooner, it would have slammed the door, which is another sign.
                    await asyncio.sleep(LATER)
                    return
                pdu = BASIC + TEXTS
                length = (len(pdu) + 1).to_bytes(2, "big")
                await self._loop.sock_sendall(connection, request[:4] + length + request[6:7] + pdu)


@asynccontextmanager
async def farm(zones: int, each: int):
    """Devices in so many zones, by zone, all at one port."""
    found: dict[int, list[Device]] = {z: [] for z in range(zones)}
    port = 0
    try:
        for zone, devices in found.items():
            for n in range(1, each + 1):
                devices.append(Device(f"127.{70 + zone}.0.{n}", port))
                port = devices[-1].port
        yield found
    finally:
        for devices in found.values():
            for device in devices:
                await device.close()


def name(device: Device) -> str:
    return f"rtu-{device.address.replace('.', '-')}"


def assets(found: dict[int, list[Device]], *, probing: str = "standard", more: str = "") -> str:
    """The inventory's lines for them."""
    return "assets:" + "".join(
        f"""
  - {{id: {name(d)}, zone: cell-{zone}, address: {d.address}, role: rtu, probing: {probing}, {more}
     services: [{{port: tcp/{d.port}, protocol: modbus}}]}}"""
        for zone, devices in found.items()
        for d in devices
    )
